import JSON
import Primitives
import Workflow

extension RunCommit {
    func write(to writer: inout MessageWriter) {
        var earlier = EarlierValues()
        writer.object {
            $0.field("run", runID)
            $0.field("sequence", expectedSequence)
            $0.field("status", status.rawValue)
            $0.field("state", state)
            $0.field("output", output)
            $0.field("error", error)
            $0.list("journal", journal) { $1.write(to: &$0, &earlier) }
            $0.list("opened", opened) { $0.element($1.json) }
            $0.list("closed", closed) { $0.element($1) }
            $0.list("timers", timers) { $1.write(to: &$0) }
            $0.list("emitted", emitted) { $0.element($1) }
            $0.list("consumed", consumedInputs) { $0.element($1) }
            $0.field("checkpoint", checkpoint)
            $0.field("refusal", refusal)
        }
    }
}

extension RunCommit: MessageReadable {
    /// Another transition follows it.
    private static let lastSequence = Int64.max - 1

    init(message: JSONValue) throws(MessageProblem) {
        var reader = try MessageReader(message)
        var earlier = EarlierValues()
        var journal: [JournalEntry] = []
        for (index, entry) in try reader.list("journal", of: JSONValue.self).enumerated() {
            do {
                journal.append(try JournalEntry(message: entry, &earlier))
            } catch {
                throw error.under("journal/\(index)")
            }
        }
        self.init(
            runID: try reader.read("run"), expectedSequence: try reader.read("sequence", in: 0...Self.lastSequence),
            status: try reader.read("status", as: Word<RunStatus>.self).value, state: reader.optional("state"),
            output: reader.optional("output"), error: reader.optional("error"), journal: journal,
            opened: try reader.list("opened"), closed: try reader.list("closed"), timers: try reader.list("timers"),
            emitted: try reader.list("emitted"), consumedInputs: try reader.list("consumed"),
            checkpoint: reader.optional("checkpoint"))
        refusal = try reader.readIfPresent("refusal")
        repeatedValues = earlier.repeated
        try reader.finish()
    }
}

extension OpenTimer: MessageReadable {
    func write(to writer: inout MessageWriter) {
        writer.object {
            $0.field("wait", waitID)
            $0.field("dueAt", dueAt)
        }
    }

    init(message: JSONValue) throws(MessageProblem) {
        var reader = try MessageReader(message)
        self.init(waitID: try reader.read("wait"), dueAt: try reader.read("dueAt"))
        try reader.finish()
    }
}
