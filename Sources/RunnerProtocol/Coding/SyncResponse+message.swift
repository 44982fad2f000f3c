import JSON
import Primitives
import Workflow

extension SyncResponse {
    /// The body of the answer to `POST /sync`.
    package func encoded() -> [UInt8] {
        var writer = MessageWriter(capacity: 256 + work.count * 1024)
        writer.object {
            $0.field("version", SyncRequest.currentVersion)
            $0.list("verdicts", verdicts) { $0.element($1.rawValue) }
            $0.list("work", work) { $1.write(to: &$0) }
            $0.list("definitions", definitions) { $1.write(to: &$0) }
            if let settings { $0.object("settings") { settings.write(to: &$0) } }
            $0.flag("mustStop", mustStop)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(MessageProblem) {
        var reader = try MessageReader(try JSONValue(message: bytes))
        try reader.expectVersion(SyncRequest.currentVersion)
        self.init(
            verdicts: try reader.list("verdicts", of: Word<CommitVerdict>.self).map(\.value),
            work: try reader.list("work"), definitions: try reader.list("definitions"),
            settings: try reader.readIfPresent("settings"), mustStop: try reader.flag("mustStop"))
        try reader.finish()
    }
}

extension WorkItem: MessageReadable {
    func write(to writer: inout MessageWriter) {
        writer.object {
            $0.field("run", runID)
            $0.field("workflow", workflowID)
            $0.field("definition", definitionDigest)
            $0.field("sequence", sequence)
            $0.field("state", state)
            $0.field("input", input)
            $0.field("acceptedAt", acceptedAt)
            $0.list("inputs", inputs) { $1.write(to: &$0) }
            $0.flag("recovered", isRecovered)
        }
    }

    init(message: JSONValue) throws(MessageProblem) {
        var reader = try MessageReader(message)
        self.init(
            runID: try reader.read("run"), workflowID: try reader.read("workflow"),
            definitionDigest: try reader.read("definition"), sequence: try reader.read("sequence"),
            state: reader.optional("state"), input: try reader.value("input"),
            acceptedAt: try reader.read("acceptedAt"), inputs: try reader.list("inputs"),
            isRecovered: try reader.flag("recovered"))
        try reader.finish()
    }
}

extension DeliveredInput: MessageReadable {
    func write(to writer: inout MessageWriter) {
        writer.object {
            $0.field("number", number)
            $0.field("input", input.json)
        }
    }

    init(message: JSONValue) throws(MessageProblem) {
        var reader = try MessageReader(message)
        self.init(number: try reader.read("number"), input: try reader.read("input"))
        try reader.finish()
    }
}
