import JSON
import Primitives

extension SyncRequest {
    /// The body of `POST /sync`.
    package func encoded() -> [UInt8] { encode(upTo: .max) }

    /// - Returns: `nil` when it is longer; no more than that, and one value, is ever written.
    package func encoded(upTo maximumBytes: Int) -> [UInt8]? {
        let bytes = encode(upTo: maximumBytes)
        return bytes.count <= maximumBytes ? bytes : nil
    }

    private func encode(upTo maximumBytes: Int) -> [UInt8] {
        var writer = MessageWriter(capacity: 512 + commits.count * 1024, maximumBytes: maximumBytes)
        writer.object {
            $0.field("version", version)
            $0.field("runner", runnerID)
            $0.field("epoch", epoch)
            $0.field("publicKey", HexBytes(bytes: publicKey))
            $0.list("commits", commits) { $1.write(to: &$0) }
            $0.field("capacity", capacity)
            $0.field("waitMs", waitMilliseconds)
            $0.list("definitions", knownDefinitions) { $0.element($1) }
            $0.field("settings", settingsRevision)
            $0.flag("draining", isDraining)
            $0.flag("first", isFirst)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(MessageProblem) {
        var reader = try MessageReader(try JSONValue(message: bytes))
        try reader.expectVersion(Self.currentVersion)
        self.init(
            runnerID: try reader.read("runner"), epoch: try reader.read("epoch"),
            publicKey: try reader.read("publicKey", as: HexBytes.self).bytes, commits: try reader.list("commits"),
            capacity: try reader.read("capacity"), waitMilliseconds: try reader.read("waitMs"),
            knownDefinitions: try reader.list("definitions"), settingsRevision: try reader.read("settings"),
            isDraining: try reader.flag("draining"), isFirst: try reader.flag("first"))
        try reader.finish()
        guard capacity >= 0, waitMilliseconds >= 0, epoch >= 1 else {
            throw MessageProblem("has a negative capacity, wait or epoch")
        }
    }
}

extension JSONValue {
    init(message bytes: [UInt8]) throws(MessageProblem) {
        do {
            self = try JSONValue(parsing: bytes, limits: MessageLimits.json)
        } catch {
            throw MessageProblem("is not JSON within the limits of a message")
        }
    }
}

extension MessageReader {
    /// A member of the other version is refused by name before anything else is read.
    mutating func expectVersion(_ version: Int) throws(MessageProblem) {
        let found: Int = try read("version")
        guard found == version else { throw MessageProblem(path: "version", "is \(found); this end speaks \(version)") }
    }
}
