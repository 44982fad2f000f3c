import Database
import Primitives
import Tenancy
import Workflow

/// What the service asks of all tenants at once.
extension ScheduleService {
    struct Look: Sendable {
        var due: [WorkflowKey] = []
        var next: Timestamp?
        /// Some schedule waits for the end of a run.
        var isAwaiting = false
    }

    func look(at now: Timestamp) async throws -> Look {
        let rows = try await database.readPipeline(
            .platform,
            [
                """
                SELECT schedule.partner_id, schedule.client_id, schedule.plant_id, schedule.workflow_id
                FROM millwright.workflow_schedule AS schedule
                WHERE schedule.next_due_at <= \(now)
                ORDER BY schedule.next_due_at
                LIMIT \(Self.maximumDue)
                """,
                """
                SELECT schedule.partner_id, schedule.client_id, schedule.plant_id, schedule.workflow_id
                FROM millwright.workflow_schedule AS schedule
                WHERE schedule.awaits_run_id IS NOT NULL AND schedule.status <> 'broken' AND NOT EXISTS (
                  SELECT FROM millwright.run AS run
                  WHERE run.partner_id = schedule.partner_id AND run.client_id = schedule.client_id
                    AND run.plant_id = schedule.plant_id AND run.run_id = schedule.awaits_run_id
                    AND run.ended_at IS NULL)
                LIMIT \(Self.maximumDue)
                """,
                """
                SELECT min(schedule.next_due_at) AS next,
                  EXISTS (
                    SELECT FROM millwright.workflow_schedule AS other
                    WHERE other.awaits_run_id IS NOT NULL AND other.status <> 'broken'
                  ) AS is_awaiting
                FROM millwright.workflow_schedule AS schedule
                WHERE schedule.next_due_at > \(now)
                """,
            ])
        var look = Look()
        var seen: Set<WorkflowKey> = []
        for row in Array(rows[0]) + Array(rows[1]) {
            let key = WorkflowKey(plant: try PlantKey(try row.scope()), workflowID: try row.decode("workflow_id"))
            if seen.insert(key).inserted { look.due.append(key) }
        }
        look.next = try rows[2].first?.decode("next", as: Timestamp?.self)
        look.isAwaiting = try rows[2].first?.decode("is_awaiting") ?? false
        return look
    }

    /// What nobody tells the service: a plant is active again, or its clocks go by another zone; and sets of events that
    /// nobody completes.
    package func sweep() async throws {
        let now = clock.now()
        _ = try await database.pipeline(
            .platform,
            [
                """
                UPDATE millwright.workflow_schedule AS schedule
                SET status = 'new', next_moment = NULL, next_due_at = to_timestamp(0), queued_moment = NULL,
                  awaits_run_id = NULL, detail = NULL
                FROM millwright.plant AS plant
                JOIN millwright.client AS client
                  ON client.partner_id = plant.partner_id AND client.client_id = plant.client_id
                JOIN millwright.partner AS partner ON partner.partner_id = plant.partner_id
                WHERE plant.partner_id = schedule.partner_id AND plant.client_id = schedule.client_id
                  AND plant.plant_id = schedule.plant_id
                  AND (
                    (schedule.status = 'parked' AND plant.status = 'active' AND client.status = 'active'
                      AND partner.status = 'active')
                    OR (schedule.status IN ('planned', 'broken') AND schedule.is_plant_zone
                      AND schedule.time_zone <> plant.time_zone))
                """,
                """
                UPDATE millwright.event_set AS event_set
                SET closed_at = \(now), reason = 'too-old'
                WHERE event_set.closed_at IS NULL
                  AND event_set.opened_at < \(now.adding(seconds: -EventSet.maximumAgeSeconds))
                """,
            ])
    }
}
