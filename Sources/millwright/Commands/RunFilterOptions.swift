import ArgumentParser
import JSON

/// Which runs are meant.
struct RunFilterOptions: ParsableArguments {
    @Option(help: "Only runs in these states, with commas between them.") var status: String?
    @Option(help: "Only runs of this workflow (its id).") var workflow: String?
    @Option(help: "Only runs that this event started (its id).") var event: String?
    @Option(help: "Only runs with this business key.") var businessKey: String?
    @Option(help: "Only runs whose business key begins so.") var keyPrefix: String?
    @Option(help: "Not accepted before: 2026-01-31T08:00:00Z.") var from: String?
    @Option(help: "Accepted before.") var to: String?
    @Option(help: "Not ended before.") var endedFrom: String?
    @Option(help: "Ended before.") var endedTo: String?
    @Option(help: "Of this priority or a higher one.") var priorityFrom: Int?
    @Option(help: "Of this priority or a lower one.") var priorityTo: Int?
    @Option(help: "Only runs that faulted with an error of this type.") var errorType: String?

    /// `&name=value`, encoded.
    var query: String {
        let values = [
            ("status", status), ("workflow", workflow), ("event", event), ("businessKey", businessKey),
            ("businessKeyPrefix", keyPrefix), ("from", from), ("to", to), ("endedFrom", endedFrom),
            ("endedTo", endedTo),
            ("priorityFrom", priorityFrom.map(String.init)), ("priorityTo", priorityTo.map(String.init)),
            ("errorType", errorType),
        ]
        return values.compactMap { name, value in value.map { "&\(name)=\(Self.encoded($0))" } }.joined()
    }

    /// As an operation on many runs takes it.
    var json: JSONValue {
        var object: JSONObject = [:]
        if let status {
            object["statuses"] = .array(status.split(separator: ",").map { .string(String($0)) })
        }
        let texts = [
            ("workflow", workflow), ("event", event), ("businessKey", businessKey), ("businessKeyPrefix", keyPrefix),
            ("acceptedFrom", from), ("acceptedTo", to), ("endedFrom", endedFrom), ("endedTo", endedTo),
            ("errorType", errorType),
        ]
        for (name, value) in texts { if let value { object[name] = .string(value) } }
        if let priorityFrom { object["priorityFrom"] = JSONValue(priorityFrom) }
        if let priorityTo { object["priorityTo"] = JSONValue(priorityTo) }
        return .object(object)
    }

    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
