import ArgumentParser
import Primitives

struct CallsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls", abstract: "Runs of nine tasks, each an HTTP call to a server on this machine.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How many runs.") var runs = 5_000

    func validate() throws {
        if !(100...100_000).contains(runs) { throw ValidationError("--runs is from 100 to 100000.") }
    }

    func run() async throws {
        let bench = CallsBench(runs: runs, report: options.report("calls"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct PeersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers", abstract: "Runs of four tasks from a queue, and DBOS on the same PostgreSQL.",
        aliases: ["queue"])

    @OptionGroup var options: BenchOptions
    @Option(help: "How many runs.") var runs = 20_000

    func validate() throws {
        if !(100...1_000_000).contains(runs) { throw ValidationError("--runs is from 100 to 1000000.") }
    }

    func run() async throws {
        let settings = try await options.settings.settings()
        let peer = await DBOSPeer.found(home: settings.home)
        let bench = QueueBench(runs: runs, peer: peer, report: options.report("peers"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct GrowthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth", abstract: "How the figures change with open runs, plants and the size of events.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How long each load lasts.") var seconds = 4.0
    @Option(help: "Keep-alive connections that send single events.") var connections = 256
    @Option(parsing: .upToNextOption, help: "Open runs that are there, smallest first.")
    var openRuns = [100, 10_000, 100_000, 1_000_000]
    @Option(parsing: .upToNextOption, help: "Numbers of plants.") var plants = [1, 10, 50]
    @Option(parsing: .upToNextOption, help: "Kilobytes of an event's data.") var payloads = [2, 10, 45]

    func validate() throws {
        try BenchLimits.check(seconds: seconds, connections: connections)
        if openRuns.contains(where: { !(1...5_000_000).contains($0) }) || openRuns.sorted() != openRuns {
            throw ValidationError("--open-runs are from 1 to 5000000, smallest first.")
        }
        if plants.contains(where: { !(1...500).contains($0) }) { throw ValidationError("--plants are from 1 to 500.") }
        if payloads.contains(where: { !(1...200).contains($0) }) {
            throw ValidationError("--payloads are from 1 to 200 KB.")
        }
    }

    func run() async throws {
        let bench = GrowthBench(
            openRuns: openRuns, plants: plants, payloadBytes: payloads.map { $0 << 10 }, seconds: seconds,
            connections: connections, report: options.report("growth"))
        try await options.host().run { try await bench.measure($0) }
    }
}

/// Every row of the table, one after the other, each in a cluster of its own.
struct AllBenches: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all", abstract: "Every row of the performance table, one after the other. About eight minutes.")

    @OptionGroup var options: BenchOptions

    func run() async throws {
        func report(_ name: String) -> BenchReport { options.report(name) }
        let peer = await DBOSPeer.found(home: try await options.settings.settings().home)
        let rows: [@Sendable (BenchHost.Stage) async throws -> Void] = [
            RunsBench(seconds: 8, connections: 256, rate: 500, report: report("runs")).measure,
            PlantsBench(plants: 100, seconds: 8, connections: 1600, report: report("plants")).measure,
            SequentialBench(rounds: 100, report: report("sequential")).measure,
            QueueBench(runs: 20_000, peer: peer, report: report("peers")).measure,
            CallsBench(runs: 5_000, report: report("calls")).measure,
            WaitsBench(runs: 10_000, report: report("waits")).measure,
            IngestBench(seconds: 8, connections: 256, report: report("ingest")).measure,
            DecisionBench(decisions: 300, report: report("decision")).measure,
            IdleBench(plants: 100, seconds: 60, report: report("idle")).measure,
        ]
        let host = try await options.host()
        for row in rows { try await host.run(row) }
    }
}
