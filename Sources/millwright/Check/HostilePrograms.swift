import JQ
import JSON
import Primitives

/// The programs of `Samples/hostile-programs.jq`, what each tries, how it must end, and the budget that all of them get.
struct HostilePrograms: Sendable {
    struct Program: Sendable {
        var intent: String
        var end: String
        var source: String
        /// In the file, from one.
        var line: Int
    }

    var budget = JQBudget.default
    var programs: [Program] = []

    /// In the order of the file.
    var intents: [String] {
        programs.reduce(into: []) { if !$0.contains($1.intent) { $0.append($1.intent) } }
    }

    init(home: String) throws {
        let path = home + "/Samples/hostile-programs.jq"
        var heading: (intent: String, end: String)?
        for (number, line) in try FileText.read(path).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.hasPrefix("#!") {
                try readBudget(line.dropFirst(2))
            } else if line.hasPrefix("##") {
                let parts = line.dropFirst(2).split(separator: ":").map { $0.trimmed }
                heading = parts.count == 2 ? (parts[0], parts[1]) : nil
            } else if !line.isEmpty, !line.hasPrefix("#") {
                guard let heading else {
                    throw Problem(.invalidParameters, "\(path):\(number + 1): no heading says how this must end.")
                }
                programs.append(
                    Program(intent: heading.intent, end: heading.end, source: String(line), line: number + 1))
            }
        }
    }

    /// `steps 200000, depth 2000`
    private mutating func readBudget(_ text: Substring) throws {
        for part in text.split(separator: ",") {
            let words = part.split(separator: " ")
            guard words.count == 2, let amount = Int(words[1]) else {
                throw Problem(.invalidParameters, "The budget of the hostile programs cannot be read: \(part)")
            }
            switch words[0] {
            case "steps": budget.steps = amount
            case "depth": budget.depth = amount
            case "nesting": budget.nesting = amount
            case "outputs": budget.outputs = amount
            case "memory": budget.memoryBytes = amount
            default: throw Problem(.invalidParameters, "There is no budget of \(words[0]).")
            }
        }
    }
}

extension HostilePrograms.Program {
    /// How it ends, in the words of the file.
    func run(_ budget: JQBudget) -> String {
        guard let program = try? JQProgram(source) else { return "refused" }
        do throws(JQError) {
            _ = try program.evaluate(.null, budget: budget)
            return "finishes"
        } catch {
            return switch error {
            case .raised: "raised"
            case .budget(let part): part.rawValue
            }
        }
    }
}
