import Glibc
import JSON
import Logging
import Primitives

/// One JSON object a line on standard error, for machines; a readable line when a person looks on.
struct JSONLinesLogHandler: LogHandler {
    var logLevel: Logger.Level = .notice
    var metadata: Logger.Metadata = [:]
    private let label: String
    private let isTerminal: Bool

    init(label: String) {
        self.label = label
        isTerminal = isatty(STDERR_FILENO) == 1
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let now = Timestamp.now().description
        if isTerminal {
            let details = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            Terminal.writeError("\(now) \(event.level) \(event.message)\(details.isEmpty ? "" : " " + details)\n")
            return
        }
        var line: JSONObject = [
            "time": .string(now), "level": .string(event.level.rawValue), "logger": .string(label),
            "message": .string(event.message.description),
        ]
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line[key] = .string("\(value)") }
        Terminal.writeError(JSONValue.object(line).serialized() + "\n")
    }

    static func bootstrap(level: Logger.Level) {
        LoggingSystem.bootstrap { label in
            var handler = JSONLinesLogHandler(label: label)
            handler.logLevel = level
            return handler
        }
    }
}
