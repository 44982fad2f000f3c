import Database
import Execution
import JSON
import Logging
import Primitives

/// What the seeds of one process share: the database, the gate before it, and sessions that see everything.
final class SimulationStage {
    let gate = SimulationGate()
    let database: Database
    let session: MaintenanceSession
    let plant: SimulationPlant
    var seedsDone = 0
    private let listener: MaintenanceSession

    init(_ given: DatabaseConfiguration, superuser: String) throws {
        var configuration = given
        // More than can be open at once: no step ever waits for a connection that the scheduler holds up.
        configuration.limits.appConnections = 24
        configuration.limits.platformConnections = 8
        database = Database(
            configuration, gate: gate, logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() })
        session = try MaintenanceSession(configuration, superuser: superuser)
        listener = try MaintenanceSession(configuration, superuser: superuser)
        // Reads that nobody waits for may be ending still.
        try session.run("SET lock_timeout = '30s'")
        plant = SimulationPlant(session: session)
        try listener.run("LISTEN \(DispatchBoard.channel)")
    }

    /// What was notified since it was last asked, without the plants that nobody simulates.
    func notifications() throws -> [String] {
        try listener.notifications().map(\.payload)
    }

    /// What is not at its end, in words; empty when everything is.
    func openWork() throws -> [String] {
        let rows = try session.query(
            """
            SELECT 'run ' || run_id || ' is ' || status AS what FROM millwright.run
            WHERE status IN ('pending', 'running', 'waiting', 'suspended')
            UNION ALL
            SELECT 'human task ' || human_task_id || ' is ' || status FROM millwright.human_task
            WHERE status IN ('open', 'claimed')
            UNION ALL
            SELECT 'the operation on many runs ' || bulk_operation_id || ' is ' || status FROM millwright.bulk_operation
            WHERE status = 'running'
            ORDER BY what
            LIMIT 20
            """)
        return try rows.map { try $0.decode("what") }
    }
}
