import ArgumentParser
import Primitives

/// Measures this machine: the platform's own work against the least that PostgreSQL must do for it, in one run.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the platform on this machine, beside the raw-PostgreSQL floor of the same run.",
        discussion: """
            json, jq and workflow need nothing but this program (jq: and libjq to compare with). Each of the others starts a private \
            cluster and a control plane of its own in a directory below the data \
            directory, and removes them afterwards. Figures of different runs are not comparable on a busy machine; \
            the ratio to the floor is.
            """,
        subcommands: [
            AllBenches.self, RunsBenchCommand.self, PlantsCommand.self, SequentialCommand.self, PeersCommand.self,
            CallsCommand.self, WaitsCommand.self, IngestCommand.self, DecisionCommand.self, IdleCommand.self,
            GrowthCommand.self, PayloadsCommand.self, EngineCommand.self, RunnersCommand.self,
            WorkflowBenchCommand.self, JSONBenchCommand.self, JQBenchCommand.self,
        ], defaultSubcommand: AllBenches.self)
}

/// What every bench takes.
struct BenchOptions: ParsableArguments {
    @OptionGroup var settings: SettingsOptions

    @Flag(help: "One JSON line a figure: bench, metric, unit, value, floor, ratio.")
    var json = false

    func report(_ bench: String) -> BenchReport { BenchReport(bench: bench, isJSON: json) }

    func host() async throws -> BenchHost {
        let settings = try await settings.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        return try BenchHost(settings)
    }
}

struct IngestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Events over HTTP into the database: single ones and batches.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How long each load lasts.") var seconds = 8.0
    @Option(help: "Keep-alive connections that send single events.") var connections = 256

    func validate() throws { try BenchLimits.check(seconds: seconds, connections: connections) }

    func run() async throws {
        let bench = IngestBench(seconds: seconds, connections: connections, report: options.report("ingest"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct RunsBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Single events over HTTP to completed runs of two tasks: how many a second, and how soon.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How long each load lasts.") var seconds = 8.0
    @Option(help: "Keep-alive connections that send single events.") var connections = 256
    @Option(help: "Events a second while the time from event to completed is measured.") var rate = 500.0

    func validate() throws {
        try BenchLimits.check(seconds: seconds, connections: connections)
        if !(1...10_000).contains(rate) { throw ValidationError("--rate is from 1 to 10000.") }
    }

    func run() async throws {
        let bench = RunsBench(
            seconds: seconds, connections: connections, rate: rate, report: options.report("runs"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct EngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "The engine alone, and the engine with its database but without HTTP.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How long each load lasts.") var seconds = 5.0

    func validate() throws { try BenchLimits.check(seconds: seconds, connections: 1) }

    func run() async throws {
        let bench = EngineBench(seconds: seconds, report: options.report("engine"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct RunnersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runners", abstract: "A new plant to its ready runner, and what warm, idle runners cost.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How many plants.") var plants = 20

    func validate() throws {
        if !(1...500).contains(plants) { throw ValidationError("--plants is from 1 to 500.") }
    }

    func run() async throws {
        let bench = RunnersBench(plants: plants, report: options.report("runners"))
        try await options.host().run { try await bench.measure($0) }
    }
}

enum BenchLimits {
    /// What the server takes, less some for whoever looks at it meanwhile.
    static let maximumConnections = 4000

    static func check(seconds: Double, connections: Int) throws {
        if !(0.5...600).contains(seconds) { throw ValidationError("--seconds is from 0.5 to 600.") }
        if !(1...maximumConnections).contains(connections) {
            throw ValidationError("--connections is from 1 to \(maximumConnections).")
        }
    }
}
