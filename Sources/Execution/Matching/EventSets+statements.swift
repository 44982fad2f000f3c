import Database
import JSON
import Primitives

extension EventSets {
    /// One transaction at a time gathers for a workflow; it waits here for the one before.
    func gate(_ plan: EventSetPlan) -> Statement {
        "SELECT pg_advisory_xact_lock(hashtextextended('event-set ' || \(plan.workflow.id)::text, 0))"
    }

    /// The sets that one of the events could join.
    func openSets(_ plan: EventSetPlan, _ keys: Set<String>) -> Statement {
        """
        SELECT event_set_id, correlation, to_json(event_ids) AS event_ids, opened_at
        FROM millwright.event_set AS event_set
        WHERE \(fragment: plant.owns("event_set")) AND event_set.workflow_id = \(plan.workflow.id)
          AND event_set.closed_at IS NULL AND event_set.plan = \(plan.number)
          AND event_set.opened_at >= \(now.adding(seconds: -EventSet.maximumAgeSeconds))
          AND event_set.correlation::text = ANY (\(keys.sorted()))
        ORDER BY event_set.event_set_id
        """
    }

    func writing(_ assembly: EventSetAssembly, _ plan: EventSetPlan) -> [Statement] {
        var statements: [Statement] = []
        if !assembly.opened.isEmpty { statements.append(insertion(of: assembly.opened, plan)) }
        for set in assembly.changed {
            statements.append(
                """
                UPDATE millwright.event_set AS event_set
                SET event_ids = \(set.array)::uuid[]
                WHERE \(fragment: plant.owns("event_set")) AND event_set.workflow_id = \(plan.workflow.id)
                  AND event_set.event_set_id = \(set.id)
                """)
        }
        if !assembly.completed.isEmpty {
            statements.append(
                """
                DELETE FROM millwright.event_set AS event_set
                WHERE \(fragment: plant.owns("event_set")) AND event_set.workflow_id = \(plan.workflow.id)
                  AND event_set.event_set_id = ANY (\(assembly.completed.map(\.set.id)))
                """)
        }
        if !assembly.opened.isEmpty { statements += bounding(plan) }
        return statements
    }

    private func insertion(of sets: [EventSet], _ plan: EventSetPlan) -> Statement {
        """
        INSERT INTO millwright.event_set (
          partner_id, client_id, plant_id, workflow_id, event_set_id, plan, correlation, event_ids, opened_at)
        SELECT
          \(fragment: plant.values), \(plan.workflow.id), opened.event_set_id, \(plan.number), opened.correlation,
          opened.event_ids::uuid[], \(now)
        FROM unnest(
          \(sets.map(\.id)), \(sets.map { JSONBytes(.object($0.correlation)) }), \(sets.map(\.array))
        ) AS opened (event_set_id, correlation, event_ids)
        """
    }

    /// Gives up what is too old, was gathered for other filters, or is too many; and forgets what was given up long ago.
    private func bounding(_ plan: EventSetPlan) -> [Statement] {
        let own: Statement =
            "\(fragment: plant.owns("event_set")) AND event_set.workflow_id = \(plan.workflow.id)"
        return [
            """
            UPDATE millwright.event_set AS event_set
            SET closed_at = \(now), reason = CASE
                WHEN event_set.plan <> \(plan.number) THEN 'workflow-changed'
                WHEN event_set.opened_at < \(now.adding(seconds: -EventSet.maximumAgeSeconds)) THEN 'too-old'
                ELSE 'too-many'
              END
            WHERE \(fragment: own) AND event_set.closed_at IS NULL
              AND (
                event_set.plan <> \(plan.number)
                OR event_set.opened_at < \(now.adding(seconds: -EventSet.maximumAgeSeconds))
                OR event_set.event_set_id <= (
                  SELECT newer.event_set_id
                  FROM millwright.event_set AS newer
                  WHERE \(fragment: plant.owns("newer")) AND newer.workflow_id = \(plan.workflow.id)
                    AND newer.closed_at IS NULL
                  ORDER BY newer.event_set_id DESC
                  OFFSET \(EventSet.maximumOpen)
                  LIMIT 1))
            """,
            """
            DELETE FROM millwright.event_set AS event_set
            WHERE \(fragment: own) AND event_set.closed_at IS NOT NULL AND event_set.event_set_id <= (
              SELECT newer.event_set_id
              FROM millwright.event_set AS newer
              WHERE \(fragment: plant.owns("newer")) AND newer.workflow_id = \(plan.workflow.id)
                AND newer.closed_at IS NOT NULL
              ORDER BY newer.event_set_id DESC
              OFFSET \(EventSet.maximumGivenUp)
              LIMIT 1)
            """,
        ]
    }

    /// A complete set whose run would be too large is seen among those that were given up.
    func keepingTooLarge(_ set: EventSet, _ plan: EventSetPlan) -> Statement {
        """
        INSERT INTO millwright.event_set (
          partner_id, client_id, plant_id, workflow_id, event_set_id, plan, correlation, event_ids, opened_at, closed_at,
          reason)
        VALUES (
          \(fragment: plant.values), \(plan.workflow.id), \(set.id), \(plan.number),
          \(ExactJSON(.object(set.correlation))), \(set.array)::uuid[], \(set.openedAt), \(now),
          \(EventSet.Reason.tooLarge.rawValue))
        """
    }
}

extension EventSet {
    /// As PostgreSQL writes an array of identifiers.
    fileprivate var array: String {
        "{" + events.map { $0?.description ?? "NULL" }.joined(separator: ",") + "}"
    }

    init(row: Row) throws {
        let events = try row.decode("event_ids", as: JSONValue.self).arrayValue ?? []
        self.init(
            id: try row.decode("event_set_id"),
            correlation: try row.decode("correlation", as: JSONValue.self).objectValue ?? [:],
            events: events.map { $0.stringValue.flatMap { EventRecordID($0) } }, openedAt: try row.decode("opened_at"))
    }
}
