import JSON
import Primitives
import Workflow

extension JournalEntry {
    func write(to writer: inout MessageWriter, _ earlier: inout EarlierValues) {
        writer.object {
            $0.field("ordinal", ordinal)
            $0.field("kind", kind.rawValue)
            $0.field("task", taskReference)
            $0.field("type", taskType)
            $0.field("function", function)
            $0.field("attempt", attempt)
            $0.field("startedAt", startedAt)
            $0.field("endedAt", endedAt)
            earlier.write(input, "input", as: "inputAs", to: &$0)
            earlier.write(output, "output", as: "outputAs", to: &$0)
            $0.field("error", error?.json)
            $0.field("detail", detail)
        }
    }
}

extension JournalEntry {
    /// The columns of the journal are narrower than a message's numbers.
    private static let mostNumbered = Int(Int32.max)

    init(message: JSONValue, _ earlier: inout EarlierValues) throws(MessageProblem) {
        var reader = try MessageReader(message)
        self.init(
            ordinal: try reader.read("ordinal", in: 0...Self.mostNumbered),
            kind: try reader.read("kind", as: Word<Kind>.self).value,
            taskReference: try reader.readIfPresent("task"), taskType: try reader.readIfPresent("type"),
            function: try reader.readIfPresent("function"),
            attempt: try reader.read("attempt", in: 0...Self.mostNumbered),
            startedAt: try reader.read("startedAt"), endedAt: try reader.read("endedAt"),
            input: try earlier.read("input", as: "inputAs", from: &reader),
            output: try earlier.read("output", as: "outputAs", from: &reader),
            error: try reader.readIfPresent("error"), detail: reader.optional("detail"))
        try reader.finish()
    }
}
