import ArgumentParser
import Glibc
import Primitives

struct SimulationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulation",
        abstract:
            "The real shell under faults, on virtual time: each seed is another story, and what must hold must hold.",
        discussion: """
            Two control planes on a PostgreSQL of their own, runners, systems and people, in one process on one thread. Answers \
            of the database are lost after the commit, processes die at any await, messages are lost, delayed and said twice, \
            clocks jump. Then everything must end, and each seed is checked: every transition once, no accepted event lost, no \
            effect twice, no decision lost, timers and SLA events once, limits kept, usage equal to the journal. A seed that does not hold is printed with its last \
            steps, and the exit code is 1. The same seed gives the same steps: --seed N --trace shows them.
            """)

    @Option(help: "How many seeds.")
    var seeds: UInt64 = 10_000
    @Option(help: "The first of them.")
    var first: UInt64 = 0
    @Option(help: "Only this one.")
    var seed: UInt64?
    @Flag(help: "Print every step, and the digest of all of them.")
    var trace = false
    @Option(help: "Processes, each with a PostgreSQL of its own. Default: one a core.")
    var workers: Int?
    @Option(help: "Apply Tests/Mutations/NAME.sql to the database first: the simulation must find it.")
    var mutation: String?
    @Option(help: .hidden)
    var worker: String?
    @Option(help: .hidden)
    var every: UInt64 = 1

    func validate() throws {
        if !(1...10_000_000).contains(seeds) { throw ValidationError("--seeds is from 1 to 10000000.") }
        if let workers, !(1...64).contains(workers) { throw ValidationError("--workers is from 1 to 64.") }
        if let mutation, !mutation.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" }) {
            throw ValidationError("--mutation is the name of a file in Tests/Mutations, without its ending.")
        }
    }

    func run() async throws {
        if let worker {
            let worker = SimulationSupervisor.worker(
                worker, first: first, count: seeds, every: every, isTraced: trace)
            if try !worker.run() { throw ExitCode(1) }
            return
        }
        let range = seed.map { $0..<$0 + 1 } ?? first..<first + seeds
        let cores = workers ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let supervisor = SimulationSupervisor(
            seeds: range, workers: min(cores, range.count), isTraced: trace, mutation: mutation,
            home: CheckCommand.home)
        if try await !supervisor.run() { throw ExitCode(1) }
    }
}
