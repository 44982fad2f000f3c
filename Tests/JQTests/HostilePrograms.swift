import Foundation
import JQ

/// The programs of `Samples/hostile-programs.jq`, which try to take the machine, and how each must end.
struct HostilePrograms {
    enum End: Equatable, Sendable {
        case budget(JQError.Budget)
        case raised, refused, finishes

        init?(_ word: String) {
            switch word {
            case "raised": self = .raised
            case "refused": self = .refused
            case "finishes": self = .finishes
            default:
                guard let budget = JQError.Budget(rawValue: word) else { return nil }
                self = .budget(budget)
            }
        }
    }

    struct Program: Sendable {
        var intent: String
        var end: End
        var source: String
    }

    static let all = HostilePrograms()
    static var budget: JQBudget { all.budget }
    static var programs: [Program] { all.programs }

    private(set) var budget = JQBudget.default
    private(set) var programs: [Program] = []

    private init() {
        // Tests/JQTests/HostilePrograms.swift → the package
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Samples/hostile-programs.jq")
        var heading: (intent: String, end: End)?
        for line in ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n") {
            if line.hasPrefix("#!") {
                readBudget(line.dropFirst(2))
            } else if line.hasPrefix("##") {
                let parts = line.dropFirst(2).split(separator: ":").map { $0.trimmingCharacters(in: .whitespaces) }
                heading = parts.count == 2 ? End(parts[1]).map { (parts[0], $0) } : nil
            } else if !line.hasPrefix("#"), let heading {
                programs.append(Program(intent: heading.intent, end: heading.end, source: String(line)))
            }
        }
    }

    /// `steps 200000, depth 2000`
    private mutating func readBudget(_ text: Substring) {
        for part in text.split(separator: ",") {
            let words = part.split(separator: " ")
            guard words.count == 2, let amount = Int(words[1]) else { continue }
            switch words[0] {
            case "steps": budget.steps = amount
            case "depth": budget.depth = amount
            case "outputs": budget.outputs = amount
            case "memory": budget.memoryBytes = amount
            default: break
            }
        }
    }
}
