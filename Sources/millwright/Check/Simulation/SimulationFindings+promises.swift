import Database
import Primitives
import RunnerCore

/// What was promised to people, to other systems, and by the clock.
extension SimulationFindings {
    /// What was done outside had been recorded as opened.
    func effectsBelongToTransitions() throws -> String? {
        var opened: Set<String> = []
        for row in try session.query(
            "SELECT run_id, task_reference FROM millwright.journal_entry WHERE kind = 'wait-opened'")
        {
            let task = try row.decode("task_reference", as: String?.self) ?? ""
            opened.insert("\(try row.decode("run_id", as: RunID.self)) \(task)")
        }
        for act in world.targets.acts.values.joined() {
            let task = act.id.waitID.split(separator: "#").first.map(String.init) ?? ""
            if !opened.contains("\(act.id.runID) \(task)") {
                return "\(act.id.waitID) of run \(act.id.runID) was done, and no transition opened it"
            }
        }
        return nil
    }

    func deadlinesWereActedOnOnce() throws -> String? {
        try complaint(
            """
            SELECT 'human task ' || object_id || ': ' || action || ' ' || count(*) || ' times at one level' AS what
            FROM millwright.audit_entry
            WHERE action IN ('human-task.escalated', 'human-task.expired', 'human-task.decided')
            GROUP BY object_id, action, coalesce(new ->> 'escalationLevel', '')
            HAVING count(*) > 1
            UNION ALL
            SELECT 'human task ' || human_task_id || ' expired at ' || closed_at || ' and was due at ' || due_at
            FROM millwright.human_task
            WHERE status = 'expired' AND closed_at < due_at
            UNION ALL
            SELECT 'run ' || run_id || ' was answered ' || count(*) || ' times by ' || task_reference
            FROM millwright.journal_entry
            WHERE kind = 'task-completed' AND task_type IN ('wait', 'call', 'listen', 'sla')
            GROUP BY run_id, task_reference
            HAVING count(*) > 1 + (
              SELECT count(*) FROM millwright.journal_entry AS opened
              WHERE opened.run_id = journal_entry.run_id AND opened.kind = 'run-reopened')
            LIMIT 1
            """)
    }

    func momentsStartedOneRun() throws -> String? {
        try complaint(
            """
            SELECT count(*) || ' runs were started for the moment ' || scheduled_at AS what
            FROM millwright.run
            WHERE scheduled_at IS NOT NULL
            GROUP BY workflow_id, schedule_kind, scheduled_at
            HAVING count(*) > 1
            UNION ALL
            SELECT 'the moment ' || moved.next || ' is ' || moved.next - moved.scheduled_at || ' after the one before it'
            FROM (
              SELECT scheduled_at, lead(scheduled_at) OVER (ORDER BY scheduled_at) AS next
              FROM millwright.run WHERE schedule_kind = 'every'
            ) AS moved
            WHERE extract(epoch FROM moved.next - moved.scheduled_at)::bigint % 60 <> 0
            LIMIT 1
            """)
    }

    /// What a clock had to say was said once, and told the plant once; nothing that was due is lost.
    func clocksSpokeOnce() throws -> String? {
        try complaint(
            """
            SELECT 'the clock of run ' || occurrence.run_id || ' said ' || occurrence.occasion || ' and told it '
              || count(event.event_id) || ' times' AS what
            FROM millwright.sla_occurrence AS occurrence
            LEFT JOIN millwright.event AS event
              ON event.emitted_by_run_id = occurrence.run_id AND event.type LIKE 'millwright.sla.%'
              AND event.source_event_id LIKE '%/' || replace(occurrence.occasion, 'breached', 'breach')
            WHERE occurrence.occasion = 'breached' OR occurrence.occasion LIKE 'warning-%'
            GROUP BY occurrence.run_id, occurrence.occasion
            HAVING count(event.event_id) <> 1
            UNION ALL
            SELECT 'the clock of run ' || clock.run_id || ' ran longer than its target and was not breached'
            FROM millwright.sla_clock AS clock
            WHERE clock.breached_at IS NULL AND clock.next_action_at IS NULL AND clock.status = 'stopped'
              AND clock.elapsed_seconds
                + coalesce(extract(epoch FROM clock.stopped_at - clock.running_since), 0) >= clock.target_seconds
            UNION ALL
            SELECT 'the clock of run ' || clock.run_id || ' runs on after the end of its run'
            FROM millwright.sla_clock AS clock
            JOIN millwright.run AS run USING (run_id)
            WHERE run.status IN ('completed', 'faulted', 'cancelled') AND clock.status <> 'stopped'
            LIMIT 1
            """)
    }

    /// Nothing of an ended run stays behind.
    func nothingIsLeft() throws -> String? {
        try complaint(
            """
            SELECT 'an answer to ' || wait_id || ' of run ' || run_id || ' is left' AS what FROM millwright.run_input
            UNION ALL
            SELECT 'run ' || run_id || ' listens still' FROM millwright.run_listener
            UNION ALL
            SELECT 'a set of events is left' FROM millwright.event_set WHERE closed_at IS NULL
            UNION ALL
            SELECT 'run ' || run_id || ' was ended because it could not be recorded' FROM millwright.run
            WHERE error ->> 'title' = 'What the run did cannot be recorded'
            UNION ALL
            SELECT 'an emitted event was not taken: ' || reason FROM millwright.event_quarantine
            LIMIT 1
            """)
    }

    /// A run that was started by another, once for each time that it was asked for; a cancelled run stays cancelled.
    func childrenAnsweredOnce() throws -> String? {
        for run in world.ledger.cancelled.sorted() {
            let found = try complaint(
                """
                SELECT 'run ' || run_id || ' was cancelled and is ' || status AS what FROM millwright.run
                WHERE run_id = \(run) AND status <> 'cancelled'
                """)
            if let found { return found }
        }
        return try complaint(
            """
            SELECT count(*) || ' runs were started by ' || coalesce(parent_wait_id, 'one step') || ' of run '
              || parent_run_id AS what
            FROM millwright.run
            WHERE parent_run_id IS NOT NULL
            GROUP BY parent_run_id, parent_wait_id
            HAVING count(*) > 1
            UNION ALL
            SELECT 'run ' || parent.run_id || ' has no child' FROM millwright.run AS parent
            JOIN millwright.workflow AS workflow USING (workflow_id)
            WHERE workflow.name IN ('parent', 'spawn') AND parent.status = 'completed'
              AND NOT EXISTS (SELECT FROM millwright.run AS child WHERE child.parent_run_id = parent.run_id)
            LIMIT 1
            """)
    }
}
