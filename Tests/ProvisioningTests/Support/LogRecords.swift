import Logging
import Synchronization

/// Keeps what is logged.
final class LogRecords: Sendable {
    struct Record: Sendable {
        var level: Logger.Level
        var message: String
        var metadata: [String: String]
    }

    private let state = Mutex<[Record]>([])
    var all: [Record] { state.withLock { $0 } }

    func contains(_ message: String) -> Bool { all.contains { $0.message.contains(message) } }

    func logger(level: Logger.Level = .debug) -> Logger {
        var logger = Logger(label: "test") { _ in Handler(records: self) }
        logger.logLevel = level
        return logger
    }

    private struct Handler: LogHandler {
        let records: LogRecords
        var logLevel = Logger.Level.debug
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?

        init(records: LogRecords) { self.records = records }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
            let record = Record(
                level: event.level, message: event.message.description, metadata: all.mapValues { "\($0)" })
            records.state.withLock { $0.append(record) }
        }
    }
}
