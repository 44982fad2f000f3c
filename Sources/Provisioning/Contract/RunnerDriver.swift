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
    /// The directory with the plant's `sync.sock` and `egress.sock`; the only thing of this machine the runner can write.
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
    /// Another runner has the plant now.
    case superseded
    case failed(code: Int32)
    case killed(signal: Int32)

    /// The runner's exit code when a newer epoch refused it.
    package static let supersededCode: Int32 = 3

    package var description: String {
        switch self {
        case .drained: "drained"
        case .superseded: "superseded by a newer epoch"
        case .failed(let code): "exit code \(code)"
        case .killed(let signal): "signal \(signal)"
        }
    }
}
