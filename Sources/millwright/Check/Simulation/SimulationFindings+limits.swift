import Database
import Primitives

/// What was promised by time, by limits, by keys and by operators.
extension SimulationFindings {
    /// No wait is shorter than its definition says. Where clocks are wrong `checkTimers` holds alone.
    func timersFiredInTime() throws -> String? {
        guard !world.plan.clocksDiffer else { return nil }
        let waits = world.plan.workflows.flatMap { workflow in
            workflow.waits.map { (workflow: workflow.id, task: $0.key, seconds: $0.value) }
        }.sorted { ($0.workflow, $0.task) < ($1.workflow, $1.task) }
        guard !waits.isEmpty else { return nil }
        return try complaint(
            """
            SELECT entry.task_reference || ' of run ' || run.run_id || ' waited for ' || entry.ended_at - entry.started_at
              || ' and not for ' || given.seconds || ' s' AS what
            FROM unnest(\(waits.map(\.workflow)), \(waits.map(\.task)), \(waits.map(\.seconds)))
              AS given (workflow_id, task, seconds)
            JOIN millwright.run AS run ON run.workflow_id = given.workflow_id
            JOIN millwright.journal_entry AS entry ON entry.run_id = run.run_id
            WHERE entry.kind = 'task-completed' AND entry.task_type = 'wait'
              AND entry.task_reference LIKE '%/' || given.task
              AND entry.ended_at - entry.started_at < make_interval(secs => given.seconds)
            LIMIT 1
            """)
    }

    /// Two control planes say together what a clock has to say: neither before its moment, and nothing is left out.
    func clocksSaidAll() throws -> String? {
        guard world.plan.workflows.contains(where: \.hasClocks) else { return nil }
        let early = try complaint(
            """
            SELECT 'the clock of run ' || run_id || ' said ' || occasion || ' at ' || recorded_at || ', and it was due at '
              || occurred_at AS what
            FROM millwright.sla_occurrence
            WHERE recorded_at < occurred_at
            UNION ALL
            SELECT 'event ' || event.source_event_id || ' tells what no clock said'
            FROM millwright.event AS event
            WHERE event.type LIKE 'millwright.sla.%' AND NOT EXISTS (
              SELECT FROM millwright.sla_occurrence AS occurrence
              WHERE occurrence.run_id = event.emitted_by_run_id
                AND event.source_event_id LIKE '%/' || replace(occurrence.occasion, 'breached', 'breach'))
            UNION ALL
            SELECT 'the clocks of plant ' || plant_id || ' told ' || count(*) || ' times of ' || subject || ' ' || id
            FROM (
              SELECT plant_id, subject, source || ' ' || substring(source_event_id FROM '[^/]+$') AS id
              FROM millwright.event WHERE type LIKE 'millwright.sla.%'
            ) AS told
            GROUP BY plant_id, subject, id
            HAVING count(*) > 1
            LIMIT 1
            """)
        if early != nil || world.plan.clocksDiffer { return early }
        return try complaint(
            """
            SELECT 'the clock of run ' || run.run_id || ' said ' || coalesce(said.occasions, 'nothing') AS what
            FROM millwright.run AS run
            LEFT JOIN LATERAL (
              SELECT string_agg(
                occasion || ' after ' || extract(epoch FROM occurred_at - started_at)::bigint, ', ' ORDER BY occasion
              ) AS occasions
              FROM millwright.sla_occurrence AS occurrence
              WHERE occurrence.run_id = run.run_id AND occasion IN ('breached', 'warning-1', 'warning-2')
            ) AS said ON true
            WHERE run.status = 'completed' AND CASE run.workflow_id
              WHEN \(SimulationWorkflow.overdue.id) THEN
                said.occasions IS DISTINCT FROM 'breached after 60, warning-1 after 20, warning-2 after 40'
              WHEN \(SimulationWorkflow.promise.id) THEN coalesce(said.occasions NOT LIKE '%warning-1%', true)
              ELSE false END
            LIMIT 1
            """)
    }

    /// Events with one key started one run, and at no time two of those that may not be open at once (`watch`).
    func keysStartedOneRun() throws -> String? {
        for run in world.ledger.started.sorted()
        where try session.query("SELECT FROM millwright.run WHERE run_id = \(run)").isEmpty {
            return "run \(run) was answered and is not there"
        }
        let keys = Set(world.events.filter { $0.type == SimulationWorkflow.keyedType }.map(\.subject)).sorted()
        for workflow in world.plan.workflows where workflow.keyedType != nil {
            let atMost = workflow == .once ? 1 : Int.max
            let found = try complaint(
                """
                SELECT count(run.run_id) || ' runs were started for the key ' || given.key AS what
                FROM unnest(\(keys)) AS given (key)
                LEFT JOIN millwright.run AS run ON run.business_key = given.key AND run.workflow_id = \(workflow.id)
                GROUP BY given.key
                HAVING count(run.run_id) NOT BETWEEN 1 AND \(atMost)
                LIMIT 1
                """)
            if let found { return "\(found) of '\(workflow.rawValue)'" }
        }
        return nil
    }

    /// Slots were counted as they were given, nobody went on without one, and none came faster than the rate.
    func limitsWereKept() throws -> String? {
        guard world.plan.workflows.contains(.limited) else { return nil }
        let limited = SimulationWorkflow.limited.id
        let found = try complaint(
            """
            SELECT 'run ' || run_id || ' began without a slot' AS what FROM millwright.run
            WHERE workflow_id = \(limited) AND started_at IS NOT NULL AND admitted_at IS NULL
            UNION ALL
            SELECT policy.admitted || ' slots were counted, and ' || count(run.run_id) || ' runs have one'
            FROM millwright.workflow_policy AS policy
            LEFT JOIN millwright.run AS run ON run.workflow_id = policy.workflow_id AND run.admitted_at IS NOT NULL
            WHERE policy.workflow_id = \(limited)
            GROUP BY policy.admitted
            HAVING count(run.run_id) <> policy.admitted
            LIMIT 1
            """)
        if found != nil || world.plan.clocksDiffer { return found }
        let moments = try session.query(
            """
            SELECT extract(epoch FROM admitted_at)::double precision AS moment FROM millwright.run
            WHERE workflow_id = \(limited) AND admitted_at IS NOT NULL
            ORDER BY admitted_at
            """
        ).map { try $0.decode("moment", as: Double.self) }
        for first in moments.indices {
            for last in moments.indices[first...] {
                let seconds = moments[last] - moments[first]
                let most = Double(SimulationPlant.burst) + seconds * Double(SimulationPlant.startsPerMinute) / 60
                if Double(last - first + 1) > most + 1e-6 {
                    return "\(last - first + 1) runs were started within \(seconds) s"
                }
            }
        }
        return nil
    }

    /// An operation on many runs changed each once and counted it; a run that was taken to another version does what that says.
    func operatorsWereObeyedOnce() throws -> String? {
        guard world.plan.faults.contains(.operate) else { return nil }
        return try complaint(
            """
            SELECT 'operation ' || operation.reason || ' counts ' || operation.succeeded || ' runs, and changed '
              || count(entry.object_id) || ' times ' || count(DISTINCT entry.object_id) AS what
            FROM millwright.bulk_operation AS operation
            LEFT JOIN millwright.audit_entry AS entry
              ON entry.reason = operation.reason AND entry.object_type = 'run'
            GROUP BY operation.bulk_operation_id, operation.reason, operation.succeeded, operation.status
            HAVING count(entry.object_id) <> operation.succeeded
              OR count(DISTINCT entry.object_id) <> operation.succeeded OR operation.status <> 'completed'
            UNION ALL
            SELECT 'run ' || run.run_id || ' is of version ' || right(run.definition_digest, 4) || ' and did '
              || count(entry.ordinal) || ' further tasks'
            FROM millwright.run AS run
            LEFT JOIN millwright.journal_entry AS entry
              ON entry.run_id = run.run_id AND entry.kind = 'task-completed' AND entry.task_reference LIKE '%/extra'
            WHERE run.workflow_id = \(SimulationWorkflow.move.id) AND run.status = 'completed'
            GROUP BY run.run_id, run.definition_digest
            HAVING count(entry.ordinal)
              <> CASE run.definition_digest WHEN \(SimulationWorkflow.movedDigest) THEN 1 ELSE 0 END
            LIMIT 1
            """)
    }
}
