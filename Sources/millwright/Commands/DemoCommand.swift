import ArgumentParser
import Glibc
import Logging
import Primitives

/// The whole platform with sample plants on this machine.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the whole platform here with sample plants, and leave it running to be tried.",
        discussion: """
            It starts a private PostgreSQL cluster, the control plane, a confined runner for each plant and a stand-in \
            CMMS, and replays plant events. Ctrl-C stops all of it; the next start goes on with the data.
            """)

    @OptionGroup var options: SettingsOptions

    @Flag(help: "Delete the demo's data and start over.")
    var fresh = false

    @Flag(
        help: "Run until nothing is left to do, with a scripted approver; print the books; exit 0 only if they balance."
    )
    var once = false

    @Flag(help: "Print the books as one JSON object (with --once).")
    var json = false

    @Option(help: "A file of work orders (CSV, JSON or JSON lines) instead of the bundled sample.")
    var events: String?

    @Option(help: "The jq program that turns a row of --events into an event. Default: for the columns of the sample.")
    var map: String?

    @Option(help: "Kill runners and the control plane this many times at random moments while the events are replayed.")
    var kills = 0

    @Option(help: "Restart PostgreSQL this many times meanwhile.")
    var databaseRestarts = 0

    @Option(help: "The seed of the random moments.")
    var seed: UInt64 = 1

    func validate() throws {
        if json && !once { throw ValidationError("--json goes with --once.") }
        if kills < 0 || kills > 1000 { throw ValidationError("--kills is from 0 to 1000.") }
    }

    func run() async throws {
        let settings = try await options.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        let session = try DemoSession(
            settings,
            plan: .init(
                isFresh: fresh, isOnce: once, isJSON: json,
                eventsFile: events, mapping: map ?? DemoEvents.workOrderMapping,
                faults: .init(kills: kills, databaseRestarts: databaseRestarts, seed: seed)))
        let isBalanced = try await Interruption.stopping { try await session.run() } ?? true
        if !isBalanced { throw ExitCode(1) }
    }
}

/// Runs work until it ends or the user says that it should: Ctrl-C, or a polite signal.
enum Interruption {
    /// - Returns: `nil` when the work was interrupted; it has ended in order by then.
    static func stopping<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        let (signals, continuation) = AsyncStream<Void>.makeStream()
        let watch = SignalWatch([SIGINT, SIGTERM, SIGHUP]) { continuation.yield() }
        defer { watch.end() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                do {
                    return try await work()
                } catch is CancellationError {
                    return nil
                }
            }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            if first == nil { _ = try await group.next() }
            return first
        }
    }
}
