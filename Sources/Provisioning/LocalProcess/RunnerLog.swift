import JSON
import Logging
import Primitives
import Synchronization

/// What a runner and its sandbox write, as records of our own log.
///
/// A runner does not write to our standard error itself: it could forge records of other plants there, or speak to the
/// terminal. Its records are JSON objects, a line each; any other line is a complaint of bubblewrap or of a crash.
final class RunnerLog: Sendable {
    /// The rest of a longer line is left out.
    static let maximumLineBytes = 8192
    static let maximumFields = 16
    static let maximumValueCharacters = 1000
    static let maximumLinesPerMinute = 600

    private struct State {
        var line: [UInt8] = []
        var lastTrouble: String?
        var minute: Int64 = 0
        var linesInMinute = 0
    }

    private let logger: Logger
    private let clock: any WallClock
    private let state = Mutex(State())

    init(plant: TenantScope, epoch: Int64, logger: Logger, clock: any WallClock = SystemWallClock()) {
        var logger = logger
        logger[metadataKey: "plant"] = "\(plant)"
        logger[metadataKey: "epoch"] = "\(epoch)"
        self.logger = logger
        self.clock = clock
    }

    /// The last thing of weight that was said: why a runner ended, when its exit code says little.
    var lastTrouble: String? { state.withLock { $0.lastTrouble } }

    func take(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            keep(rest[..<end])
            endLine()
            rest = rest[rest.index(after: end)...]
        }
        keep(rest)
    }

    /// What came last may lack its line's end.
    func finish() { endLine() }

    private func keep(_ bytes: ArraySlice<UInt8>) {
        state.withLock { $0.line += bytes.prefix(max(0, Self.maximumLineBytes - $0.line.count)) }
    }

    private func endLine() {
        let line = state.withLock { state in
            defer { state.line = [] }
            return state.line
        }
        guard !line.isEmpty else { return }
        let record = (try? JSONValue(parsing: line))?.objectValue
        let message = Self.plain(record?["message"]?.stringValue ?? String(decoding: line, as: UTF8.self))
        let level = record?["level"]?.stringValue.flatMap(Logger.Level.init(rawValue:)) ?? .warning
        if level >= .warning { state.withLock { $0.lastTrouble = message } }
        guard mayLog() else { return }
        logger.log(level: level, "runner: \(message)", metadata: Self.fields(record))
    }

    /// A runner that shouts is cut off until the next minute.
    private func mayLog() -> Bool {
        let minute = Int64(clock.now().unixSeconds / 60)
        let lines = state.withLock { state in
            if state.minute != minute { (state.minute, state.linesInMinute) = (minute, 0) }
            state.linesInMinute += 1
            return state.linesInMinute
        }
        if lines == Self.maximumLinesPerMinute + 1 {
            logger.warning("a runner logs too much; the rest of it is left out")
        }
        return lines <= Self.maximumLinesPerMinute
    }

    private static let ours: Set<String> = ["time", "level", "message", "plant", "epoch"]

    private static func fields(_ record: JSONObject?) -> Logger.Metadata {
        var fields: Logger.Metadata = [:]
        for (key, value) in (record ?? [:]).filter({ !ours.contains($0.key) }).prefix(maximumFields) {
            let text = value.stringValue ?? value.serialized()
            fields[plain(String(key.prefix(64)))] = "\(plain(text))"
        }
        return fields
    }

    /// Bounded, and without what a terminal would act on or what would look like another line.
    private static func plain(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(maximumValueCharacters) {
            kept.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(kept)
    }
}
