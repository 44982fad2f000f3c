import ArgumentParser
import Primitives

/// Attacks this very program: its language layer with input, its shell with a simulated world, its processes with faults.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Hostile input for the language layer, and faults for the shell and a whole installation: nothing may break.",
        subcommands: [FuzzCommand.self, BudgetCommand.self, SimulationCommand.self, FaultsCommand.self])

    /// The folder with `Samples` and `Templates`.
    static var home: String { EnvironmentText.value("MILLWRIGHT_HOME") ?? Settings.defaultHome }
}

struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Damaged and mutated inputs: each must be refused or taken, and what is taken must hold.",
        discussion: """
            A worker process does the work on a small stack. When it dies, hangs, or finds something, the seed and the \
            input's position are printed, the input is kept in a file, and the exit code is 1. The same seed gives the same \
            inputs. What must hold: JSON that was written reads back equal; a schema's two verdicts agree; a jq program ends \
            the same way twice; YAML can be written as JSON; a refused definition says why.
            """)

    @Option(help: "json, schema, jq, yaml, workflow or all.")
    var target = "json"
    @Option(help: "How many inputs, of each target.")
    var inputs: UInt64 = 1_000_000
    @Option(help: "Where the inputs come from. Default: random, and printed.")
    var seed: UInt64?
    @Option(help: "Only the input of this position, in this process.")
    var only: UInt64?
    @Flag(help: "One JSON line a target.")
    var json = false
    @Option(help: .hidden)
    var worker: String?

    func validate() throws {
        if target != "all", FuzzTarget(rawValue: target) == nil {
            throw ValidationError("--target is json, schema, jq, yaml, workflow or all.")
        }
        if !(1...1_000_000_000).contains(inputs) { throw ValidationError("--inputs is from 1 to 1000000000.") }
        if only != nil || worker != nil, seed == nil || target == "all" {
            throw ValidationError("--only needs --seed and one --target.")
        }
    }

    func run() throws {
        let targets = FuzzTarget(rawValue: target).map { [$0] } ?? FuzzTarget.allCases
        let seed = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
        if let only { return try repeatOne(targets[0], seed, only) }
        if let worker {
            let progress = try FuzzProgress(path: worker, create: false)
            return try work(targets[0], seed, 0..<inputs, progress)
        }
        var isHeld = true
        for target in targets {
            let supervisor = FuzzSupervisor(
                target: target, inputs: inputs, seed: seed, home: CheckCommand.home, isJSON: json)
            isHeld = try supervisor.run() && isHeld
        }
        if !isHeld { throw ExitCode(1) }
    }

    private func repeatOne(_ target: FuzzTarget, _ seed: UInt64, _ position: UInt64) throws {
        var outcome = FuzzTrial.Outcome.refused
        let input = try target.mutator(home: CheckCommand.home).input(seed: seed, position: position)
        try SmallStack.run { outcome = FuzzTrial(target: target).run(input) }
        Terminal.writeLine("\(target.rawValue), input \(position) of seed \(seed), \(input.count) bytes: \(outcome)")
        if case .broken = outcome { throw ExitCode(1) }
    }

    private func work(
        _ target: FuzzTarget, _ seed: UInt64, _ positions: Range<UInt64>, _ progress: FuzzProgress
    ) throws {
        let worker = FuzzWorker(target: target, mutator: try target.mutator(home: CheckCommand.home), seed: seed)
        guard let (position, reason) = try worker.run(positions, progress) else { return }
        Terminal.writeError("check fuzz: \(target.rawValue): input \(position) of seed \(seed): \(reason)\n")
        throw ExitCode(1)
    }
}

struct BudgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Hundreds of jq programs that try to take the machine: each must end within its budget.",
        discussion: """
            The programs are in Samples/hostile-programs.jq. Each runs on a small stack, and an ordinary program after it. \
            Exit code 1 when one of them ends in another way than the file says, takes too long, or takes too much memory.
            """)

    @Flag(help: "One JSON line a class.")
    var json = false

    func run() throws {
        let check = BudgetCheck(hostile: try HostilePrograms(home: CheckCommand.home), isJSON: json)
        if try !check.run() { throw ExitCode(1) }
    }
}
