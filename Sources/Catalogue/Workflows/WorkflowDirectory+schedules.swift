import Database
import JSON
import Primitives
import Workflow

extension WorkflowDirectory {
    /// What the clock starts, as the definition has it now. A schedule that is new, changed, or enabled again is due at
    /// once to be planned: its first moment is found by whoever knows the time zones. One that is as it was goes on.
    static func schedules(
        _ id: WorkflowID, _ plan: WorkflowPlan, isEnabled: Bool, _ plant: PlantKey
    ) -> [Statement] {
        let rules = plan.definition.schedule?.timedRules ?? []
        var statements: [Statement] = [
            """
            DELETE FROM millwright.workflow_schedule
            WHERE \(fragment: plant.condition) AND workflow_id = \(id)
              AND kind <> ALL (\(rules.map(\.kind.rawValue)))
            """
        ]
        statements += rules.map { isEnabled ? planning($0, of: id, plant) : stopping($0, of: id, plant) }
        return statements
    }

    private static func planning(_ rule: TimedRule, of id: WorkflowID, _ plant: PlantKey) -> Statement {
        """
        INSERT INTO millwright.workflow_schedule AS schedule (
          partner_id, client_id, plant_id, workflow_id, kind, rule, status, next_due_at)
        VALUES (
          \(fragment: plant.values), \(id), \(rule.kind.rawValue), \(rule.json.serialized())::json, 'new',
          to_timestamp(0))
        ON CONFLICT (partner_id, client_id, plant_id, workflow_id, kind) DO UPDATE
        SET rule = EXCLUDED.rule, status = 'new', detail = NULL, next_moment = NULL, next_due_at = EXCLUDED.next_due_at,
          queued_moment = NULL, awaits_run_id = NULL
        WHERE schedule.rule::text <> EXCLUDED.rule::text OR schedule.status IN ('off', 'broken')
        """
    }

    private static func stopping(_ rule: TimedRule, of id: WorkflowID, _ plant: PlantKey) -> Statement {
        """
        INSERT INTO millwright.workflow_schedule AS schedule (
          partner_id, client_id, plant_id, workflow_id, kind, rule, status)
        VALUES (
          \(fragment: plant.values), \(id), \(rule.kind.rawValue), \(rule.json.serialized())::json, 'off')
        ON CONFLICT (partner_id, client_id, plant_id, workflow_id, kind) DO UPDATE
        SET rule = EXCLUDED.rule, status = 'off', detail = NULL, next_moment = NULL, next_due_at = NULL,
          queued_moment = NULL, awaits_run_id = NULL
        """
    }
}
