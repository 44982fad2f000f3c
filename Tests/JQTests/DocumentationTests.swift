import Foundation
import JQ
import JSON
import Testing

/// The example of the documentation, which must compile and do what it says, and the defaults that it names.
@Suite("The documentation of JQ")
struct JQDocumentationTests {
    private static let catalogue = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/JQ/JQ.docc/JQ.md")

    @Test("has an example that works, word for word")
    func example() throws {
        var printed: [String] = []
        func print(_ items: Any...) { printed.append(items.map { "\($0)" }.joined(separator: " ")) }
        // example
        let program = try JQProgram(".order.cost > $limit", variables: ["limit"])
        let event: JSONValue = ["order": ["cost": 1200]]
        let results = try program.evaluate(event, variables: [1000], budget: JQBudget(steps: 100_000))
        print(results)  // [true]
        // end
        #expect(printed == ["[true]"])
        let ours = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
            .components(separatedBy: "// example\n")[1].components(separatedBy: "        // end")[0]
            .replacing("\n        ", with: "\n").dropFirst(8)
        let theirs = try String(contentsOf: Self.catalogue, encoding: .utf8).components(separatedBy: "```swift\n")[1]
            .components(separatedBy: "```")[0]
        #expect(String(ours) == theirs)
    }

    @Test("names the defaults of the budget as they are")
    func defaults() throws {
        let text = try String(contentsOf: Self.catalogue, encoding: .utf8)
        let budget = JQBudget.default
        for (name, amount) in [
            ("steps", budget.steps == 10_000_000 ? "10,000,000" : ""),
            ("depth", budget.depth == 10_000 ? "10,000" : ""),
            ("nesting", "\(budget.nesting)"), ("outputs", budget.outputs == 100_000 ? "100,000" : ""),
            ("outputBytes", "\(budget.outputBytes >> 20) MiB"), ("memoryBytes", "\(budget.memoryBytes >> 20) MiB"),
        ] {
            let row = text.split(separator: "\n").first { $0.hasPrefix("| ``JQBudget/\(name)``") }
            #expect(row?.hasSuffix("| \(amount) |") == true, "\(name)")
        }
    }
}
