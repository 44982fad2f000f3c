import Database
import Logging
import Primitives
import Tenancy
import Workflow

/// What becomes of a workflow whose turn failed.
extension ScheduleService {
    /// The versions of a workflow's rows as they were before its turn: whoever writes a row gives it another one.
    struct SeenSchedules: Sendable {
        var versions: [String]
    }

    /// Whether the same turn may succeed at the next look: the database did not answer in time, or is not there.
    static func passes(_ error: any Error) -> Bool {
        switch error {
        case let error as DatabaseError: error.isRetryable || error.isOutcomeUnknown
        case let error as Problem: error.code.isRetryable
        default: false
        }
    }

    func seenSchedules(of key: WorkflowKey) async throws -> SeenSchedules {
        let rows = try await database.readPipeline(
            key.plant.scope,
            [
                """
                SELECT schedule.kind || ' ' || schedule.xmin::text AS version
                FROM millwright.workflow_schedule AS schedule
                WHERE \(fragment: key.plant.owns("schedule")) AND schedule.workflow_id = \(key.workflowID)
                """
            ])[0]
        return SeenSchedules(versions: try rows.map { try $0.decode("version") })
    }

    /// So that one workflow which always fails is not looked at again and again. What was due is put off and keeps its
    /// moment; what somebody else has moved on meanwhile stays as it is. Rows are not decoded: that may be what failed.
    func setBroken(_ key: WorkflowKey, _ seen: SeenSchedules, at now: Timestamp) async {
        do {
            try await database.transaction(key.plant.scope) { transaction in
                // Whoever has the lock is at the same rows, and deals with them.
                guard try await lockedPlace(key, in: transaction) != nil else { return }
                try await transaction.execute(
                    """
                    UPDATE millwright.workflow_schedule AS schedule
                    SET status = 'broken', detail = 'It could not be looked after. The log has the reason.',
                      next_due_at = \(now.adding(seconds: ScheduleTurn.retrySeconds))
                    WHERE \(fragment: key.plant.owns("schedule")) AND schedule.workflow_id = \(key.workflowID)
                      AND schedule.kind || ' ' || schedule.xmin::text = ANY (\(seen.versions))
                      AND schedule.status NOT IN ('off', 'parked')
                      AND (
                        schedule.next_due_at <= \(now)
                        OR (schedule.status <> 'broken' AND schedule.awaits_run_id IS NOT NULL))
                    """)
            }
        } catch {
            if Task.isCancelled { return }
            logger.warning(
                "a schedule that fails could not be put off",
                metadata: ["workflow": "\(key.workflowID)", "plant": "\(key.plant.plantID)", "reason": "\(error)"])
        }
    }
}
