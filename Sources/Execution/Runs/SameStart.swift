import Database
import Primitives

/// Until when a second start with the same business key is the same start.
package enum Deduplication: String, Sendable, Hashable, CaseIterable {
    /// While the first run is open.
    case open
    /// As long as the first run is kept.
    case ever
}

/// Looks for the run that a start would do again. Whoever asks for the same key meanwhile waits for this transaction, so
/// that of starts at the same time one makes the run and the others find it.
struct SameStart: Sendable {
    let plant: PlantKey
    let workflow: WorkflowID
    let businessKey: String
    let until: Deduplication

    static func lock(_ plant: PlantKey, _ workflow: WorkflowID, _ businessKey: String) -> Statement {
        """
        SELECT pg_advisory_xact_lock(
          hashtextextended(\("\(plant.plantID)/\(workflow)/\(businessKey)"), 20261121))
        """
    }

    func existing(in transaction: TenantTransaction) async throws -> RunID? {
        // Two statements: the second must see what the holder of the lock committed.
        try await transaction.execute(Self.lock(plant, workflow, businessKey))
        let isOpen: Statement =
            until == .open ? "AND run.status IN ('pending', 'running', 'waiting', 'suspended')" : ""
        return try await transaction.one(
            """
            SELECT run.run_id
            FROM millwright.run AS run
            WHERE \(fragment: plant.owns("run"))
              AND run.business_key = \(businessKey) AND run.workflow_id = \(workflow) \(fragment: isOpen)
            ORDER BY run.run_id DESC
            LIMIT 1
            """)?.decode("run_id")
    }
}
