import ArgumentParser
import Primitives

struct PlantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plants", abstract: "The load of 'bench runs' over many plants, beside one plant in the same run.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How many plants, each with its own runner.") var plants = 100
    @Option(help: "How long each load lasts.") var seconds = 8.0
    @Option(help: "Keep-alive connections that send single events; 16 a plant are usual.") var connections = 1600

    func validate() throws {
        try BenchLimits.check(seconds: seconds, connections: connections)
        if !(2...500).contains(plants) { throw ValidationError("--plants is from 2 to 500.") }
    }

    func run() async throws {
        let bench = PlantsBench(
            plants: plants, seconds: seconds, connections: connections, report: options.report("plants"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct SequentialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sequential", abstract: "One run after the other, of 40 and of 400 tasks that do nothing.")

    @OptionGroup var options: BenchOptions
    @Option(help: "Runs of each.") var rounds = 100

    func validate() throws {
        if !(1...10_000).contains(rounds) { throw ValidationError("--rounds is from 1 to 10000.") }
    }

    func run() async throws {
        let bench = SequentialBench(rounds: rounds, report: options.report("sequential"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct WaitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waits", abstract: "Many runs that wait 100 ms, started together, until the last has completed.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How many runs.") var runs = 10_000

    func validate() throws {
        if !(500...1_000_000).contains(runs) { throw ValidationError("--runs is from 500 to 1000000.") }
    }

    func run() async throws {
        let bench = WaitsBench(runs: runs, report: options.report("waits"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct DecisionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decision", abstract: "From a person's decision to the next task.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How many decisions.") var decisions = 300

    func validate() throws {
        if !(1...10_000).contains(decisions) { throw ValidationError("--decisions is from 1 to 10000.") }
    }

    func run() async throws {
        let bench = DecisionBench(decisions: decisions, report: options.report("decision"))
        try await options.host().run { try await bench.measure($0) }
    }
}

struct IdleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle", abstract: "What many warm runners cost while nothing happens.")

    @OptionGroup var options: BenchOptions
    @Option(help: "How many plants, each with its own runner.") var plants = 100
    @Option(help: "How long nothing happens.") var seconds = 60.0

    func validate() throws {
        try BenchLimits.check(seconds: seconds, connections: 1)
        if !(1...500).contains(plants) { throw ValidationError("--plants is from 1 to 500.") }
    }

    func run() async throws {
        let bench = IdleBench(plants: plants, seconds: seconds, report: options.report("idle"))
        try await options.host().run { try await bench.measure($0) }
    }
}
