import ArgumentParser
import Primitives

/// Breaks a whole installation again and again while it works, and sees that nothing is lost and nothing happens twice.
struct FaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract:
            "Kill, stop, cut off and fill what a whole installation runs on, and check that nothing is lost or doubled.",
        discussion: """
            It starts two PostgreSQL servers (one the synchronous standby of the other), two control planes behind a load \
            balancer, runners and other systems of its own, and sends events, decisions and an operator's actions the \
            whole time. When the faults are over, everything must come to its end unaided; then every promise is \
            compared with the database and with what the other systems did. Exit code 1 when one was broken; the data \
            directory is then kept. The same seed gives the same faults, at moments that differ by what the machine does.
            """)

    @OptionGroup var options: SettingsOptions

    @Option(help: "How many faults.")
    var faults = 100
    @Option(help: "Where the faults and their moments come from. Default: random, and printed.")
    var seed: UInt64?
    @Option(help: "No further fault after so many seconds.")
    var secondsLimit = 3600.0
    @Option(help: "Events a second, over all plants.")
    var rate = 24.0
    @Option(help: "How many plants, each with a runner.")
    var plants = 3
    @Option(
        help: """
            One part alone: runners, control-planes, postgresql, network, failover, disk-full, restart-with-open-runs, \
            upgrade.
            """)
    var only: FaultPart?
    @Option(help: "Open runs of restart-with-open-runs.")
    var openRuns = 100_000
    @Option(
        help:
            "The next version's millwright for upgrade; its millwright-runner stands beside it. Default: a copy of this one."
    )
    var nextProgram: String?
    @Flag(help: "Leave the standby out: faster, and without failover.")
    var noStandby = false
    @Flag(
        help:
            "Leave out the faults that take long: those of victims that stand still, and half-open networks."
    )
    var quick = false
    @Flag(help: "Print the outcome as one JSON object.")
    var json = false

    func validate() throws {
        if !(1...10_000).contains(faults) { throw ValidationError("--faults is from 1 to 10000.") }
        if !(1...20).contains(plants) { throw ValidationError("--plants is from 1 to 20.") }
        if !(0.1...1000).contains(rate) { throw ValidationError("--rate is from 0.1 to 1000.") }
        if !(1...2_000_000).contains(openRuns) { throw ValidationError("--open-runs is from 1 to 2000000.") }
    }

    func run() async throws {
        let settings = try await options.settings()
        JSONLinesLogHandler.bootstrap(level: settings.logLevel)
        let seed = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
        let session = try FaultSession(
            settings,
            plan: .init(
                faults: faults, seed: seed, secondsLimit: secondsLimit, rate: rate, plants: plants, part: only,
                openRuns: openRuns, nextProgram: nextProgram,
                hasStandby: !noStandby && (only.map { $0 == .failover } ?? true), isQuick: quick, isJSON: json))
        let isHeld = try await Interruption.stopping { try await session.run() }
        if isHeld != true { throw ExitCode(1) }
    }
}

/// What can be checked alone.
enum FaultPart: String, Sendable, CaseIterable, ExpressibleByArgument {
    case runners, postgresql, network, failover, upgrade
    case controlPlanes = "control-planes"
    case diskFull = "disk-full"
    case restartWithOpenRuns = "restart-with-open-runs"

    var kinds: [FaultKind] {
        switch self {
        case .runners: [.killRunner, .stopRunner]
        case .controlPlanes: [.killProvisioner, .killReplica, .stopProvisioner, .stopReplica]
        case .postgresql: [.killDatabase, .killBackend, .stopDatabase, .restartFast, .restartImmediate]
        case .network:
            [
                .cutRunner, .slowRunner, .halfOpenRunner, .deafRunner, .cutDatabase, .slowDatabase, .halfOpenDatabase,
                .cutClients,
            ]
        case .failover: [.failOver]
        case .diskFull: [.diskFull]
        case .restartWithOpenRuns, .upgrade: []
        }
    }
}
