import Database
import Execution
import Glibc
import Primitives
import Tenancy
import TestSupport
import Testing

/// A control plane with its runners as it is in use, on a database of its own, and the stores to change what is desired.
struct LivePlatform: Sendable {
    let fixture: PostgresFixture
    let tenants: TenantFixture
    let runners: RunnerStore
    let data: TestFolder
    let controlPlane: ControlPlaneProcess

    static func with(_ body: (LivePlatform) async throws -> Void) async throws {
        try await withDatabase { fixture in
            let data = try TestFolder()
            let controlPlane = try ControlPlaneProcess(fixture, data: data)
            try await controlPlane.ready()
            let tenants = TenantFixture(fixture.database)
            let runners = RunnerStore(database: fixture.database, board: DispatchBoard())
            try await tenants.listening {
                try await body(
                    LivePlatform(
                        fixture: fixture, tenants: tenants, runners: runners, data: data, controlPlane: controlPlane))
            }
        }
    }

    static func withDatabase(_ body: (PostgresFixture) async throws -> Void) async throws {
        let fixture = try await PostgresFixture.database()
        do {
            try await body(fixture)
            try await fixture.remove()
        } catch {
            try? await fixture.remove()
            throw error
        }
    }

    /// The plant's runner, once the database has seen it.
    func runner(of plant: TenantFixture.Place, epoch: Int64? = nil) async throws -> ProcessView {
        try await eventually("\(plant.plantID) has a runner; \(controlPlane.log.suffix(3000))") {
            guard let row = try await runners.runner(of: plant.scope), row.observedState == .ready,
                epoch.map({ $0 == row.epoch }) ?? true,
                let process = controlPlane.runner(of: "\(plant.plantID)"),
                process.argument(after: "--epoch") == "\(row.epoch)"
            else { return nil }
            return process
        }
    }

    /// How long it took until a plant's runner was gone, from the moment that the change was made.
    func secondsUntilGone(_ runner: ProcessView, after change: () async throws -> Void) async throws -> Double {
        let clock = ContinuousClock()
        try await change()
        let changedAt = clock.now
        try await eventually("the runner \(runner.pid) ends; \(controlPlane.log.suffix(3000))") { !runner.isRunning }
        let (seconds, fraction) = (clock.now - changedAt).components
        return Double(seconds) + Double(fraction) / 1e18
    }
}
