import JSON
import YAML

/// One scenario of the conformance kit, read from its Gherkin file.
struct Scenario: Sendable {
    var feature: String
    var name: String
    var definition = ""
    var input: JSONValue = [:]
    var steps: [Step] = []

    /// What must be true afterwards, with the text block under it.
    struct Step: Sendable {
        var text: String
        var block: JSONValue?
    }

    static func read(_ text: String, feature: String) throws -> [Scenario] {
        var scenarios: [Scenario] = []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let line = lines.popFirst() {
            let words = line.drop { $0 == " " || $0 == "\t" }
            if words.hasPrefix("Scenario: ") {
                scenarios.append(Scenario(feature: feature, name: String(words.dropFirst(10))))
            }
            let keywords = ["Given ", "When ", "Then ", "And "]
            guard let keyword = keywords.first(where: words.hasPrefix), !scenarios.isEmpty else { continue }
            let step = words.dropFirst(keyword.count)
            let block = block(after: &lines)
            let last = scenarios.count - 1
            if step.hasPrefix("a workflow with definition") {
                scenarios[last].definition = block ?? ""
            } else if step.hasPrefix("given the workflow input is") {
                scenarios[last].input = try YAMLDocument(parsing: block ?? "").value
            } else if step != "the workflow is executed" {
                let value = try block.map { try YAMLDocument(parsing: $0).value }
                scenarios[last].steps.append(Step(text: step.trimmedEnd, block: value))
            }
        }
        return scenarios
    }

    /// The text between `"""yaml` and `"""`, without the indentation of its first line.
    private static func block(after lines: inout ArraySlice<Substring>) -> String? {
        guard let next = lines.first, next.drop(while: { $0 == " " }).hasPrefix("\"\"\"") else { return nil }
        lines.removeFirst()
        let indentation = next.prefix { $0 == " " }.count
        var content: [Substring] = []
        while let line = lines.popFirst() {
            let words = line.drop { $0 == " " }
            if words.hasPrefix("\"\"\"") { break }
            content.append(line.dropFirst(min(indentation, line.count - words.count)))
        }
        return content.joined(separator: "\n")
    }
}

extension Substring {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == " " || text.last == "\r" { text.removeLast() }
        return String(text)
    }
}
