import Glibc
import Primitives

/// Everything that the check started, with a hand on each piece.
struct DrillWorld: Sendable {
    struct Plane: Sendable {
        var name: String
        var process: SupervisedProcess
        /// Between it and each PostgreSQL server.
        var databaseLinks: [FaultyLink]
        var port: Int
    }

    let data: DataDirectory
    let domain: Domain
    let database: DrillDatabase
    let planes: [Plane]
    let balancer: FaultyLink
    let taps: RunnerTaps
    let systems: DrillSystems
    let points: FaultPoints
    let plants: [DrillPlant]
    let load: DrillLoad
    let ledger: DrillLedger
    let report: FaultReport

    /// The control plane that has the runners now; `nil` when none has.
    var provisioner: Plane? { planes.first { !ProcessTree.runners(of: $0.process.pid).isEmpty } }
    var replica: Plane? {
        guard let provisioner else { return planes.last }
        return planes.first { $0.name != provisioner.name }
    }
    var runners: [Int32] { planes.flatMap { ProcessTree.runners(of: $0.process.pid) } }
}

/// What happened, as it is printed.
final class FaultReport: Sendable {
    private let startedAt = ContinuousClock.now

    func say(_ text: String) {
        let seconds = Decimal1.text((ContinuousClock.now - startedAt).seconds)
        Terminal.writeError("  \(seconds) s  \(text)\n")
    }
}
