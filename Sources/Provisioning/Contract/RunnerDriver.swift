package import Primitives

/// A place where runners live: processes on this machine, pods of a cluster, a machine in the plant's own network.
package protocol RunnerDriver: Sendable {
    /// The name by which a configuration chooses it.
    var name: String { get }

    /// What the driver cannot guarantee here, by name; empty when everything it promises holds on this machine.
    func missingProtections() async -> [String]

    /// Runs one runner until it exits. Cancelling the task asks the runner to drain and ends it after the grace period.
    func run(_ specification: RunnerSpecification) async throws -> RunnerExit
}

/// One runner to start.
package struct RunnerSpecification: Sendable {
    package var plant: TenantScope
    package var runnerID: RunnerID
    package var epoch: Int64
    /// The directory with the plant's `sync.sock`, `egress.sock` and, where its policy allows processes,
    /// `processes.sock`. The runner can connect to them and change nothing.
    package var socketDirectory: String
    package var drainSeconds: Int
    package var logLevel: String

    package init(
        plant: TenantScope, runnerID: RunnerID, epoch: Int64, socketDirectory: String, drainSeconds: Int = 10,
        logLevel: String = "info"
    ) {
        self.plant = plant
        self.runnerID = runnerID
        self.epoch = epoch
        self.socketDirectory = socketDirectory
        self.drainSeconds = drainSeconds
        self.logLevel = logLevel
    }
}

/// How a runner ended.
package enum RunnerExit: Sendable, Equatable, CustomStringConvertible {
    /// It drained and left as it was asked to.
    case drained
    /// It was asked to leave and could not finish everything in time.
    case drainedIncompletely
    /// Another runner has the plant now.
    case superseded
    /// `saying` is the last trouble that it or its sandbox named.
    case failed(code: Int32, saying: String?)
    case killed(signal: Int32)

    /// - Parameter code: the runner's exit code, or its sandbox's, which answers 128 and the number for a signal.
    package init(code: Int32, saying lastWords: String?) {
        switch code {
        case 0: self = .drained
        case 3: self = .superseded
        case 4: self = .drainedIncompletely
        case 129...192: self = .killed(signal: code - 128)
        default: self = .failed(code: code, saying: lastWords)
        }
    }

    package var description: String {
        switch self {
        case .drained: "drained"
        case .drainedIncompletely: "left with runs open, which the next runner takes over"
        case .superseded: "superseded by a newer epoch"
        case .failed(let code, let lastWords): "exit code \(code)" + (lastWords.map { ": \($0)" } ?? "")
        case .killed(let signal): "signal \(signal)"
        }
    }
}
