import Database
package import Primitives

extension UsageLedger {
    /// Counts everything in the scope again from what happened, and compares record by record, to the unit.
    ///
    /// Events are counted from `event`, runs, tasks and calls from `journal_entry`, decisions from
    /// `human_task_decision`, active plants from the months in which something was accepted. A month that is recorded
    /// and in which nothing was accepted had only duplicates; that is no difference. Runner seconds are kept nowhere
    /// else and are not recounted. Neither is what happened in a month whose events or journals have aged out: its records
    /// are shown as such and stand.
    package func reconcile(in scope: TenantScope) async throws -> UsageReconciliation {
        // One statement, so that both counts see the same moment: work that is committed in between is no difference.
        let rows = try await database.read(scope, deadline: .seconds(600)) { try await $0.query(Self.comparison) }
        var found = UsageReconciliation(meters: [], differences: [])
        for row in rows {
            let meter = try row.decode("meter", as: UsageMeter.self)
            let recorded = try row.decode("recorded", as: Int64.self)
            let recounted = try row.decode("recounted", as: Int64?.self)
            if try row.decode("is_sum", as: Bool.self) {
                found.meters.append(
                    .init(meter: meter, recorded: recorded, recounted: recounted, agedOut: try row.decode("aged")))
            } else {
                found.differences.append(
                    .init(
                        plant: .plant(
                            try row.decode("partner_id"), try row.decode("client_id"), try row.decode("plant_id")),
                        meter: meter, subjectID: try row.decode("subject_id"), sequence: try row.decode("sequence"),
                        recorded: recorded, recounted: recounted ?? 0))
            }
        }
        found.meters.sort { $0.meter < $1.meter }
        return found
    }

    /// What happened, in the shape of usage records.
    private static let facts: Statement = """
        SELECT partner_id, client_id, plant_id, 'events' AS meter, ingest_id AS subject_id, 1::bigint AS sequence,
          count(*) AS quantity
        FROM millwright.event
        WHERE ingest_id IS NOT NULL
        GROUP BY partner_id, client_id, plant_id, ingest_id
        UNION ALL
        SELECT partner_id, client_id, plant_id, 'runs', run_id, sequence, count(*)
        FROM millwright.journal_entry AS entry
        WHERE kind IN ('run-completed', 'run-faulted', 'run-cancelled')
          -- A run that an operator let go on after its end is counted at its first end.
          AND NOT EXISTS (
            SELECT FROM millwright.journal_entry AS earlier
            WHERE earlier.partner_id = entry.partner_id AND earlier.client_id = entry.client_id
              AND earlier.plant_id = entry.plant_id AND earlier.run_id = entry.run_id
              AND earlier.ordinal < entry.ordinal
              AND earlier.kind IN ('run-completed', 'run-faulted', 'run-cancelled'))
        GROUP BY partner_id, client_id, plant_id, run_id, sequence
        UNION ALL
        SELECT partner_id, client_id, plant_id, 'tasks', run_id, sequence, count(*)
        FROM millwright.journal_entry
        WHERE millwright.is_metered_task(kind, task_type)
        GROUP BY partner_id, client_id, plant_id, run_id, sequence
        UNION ALL
        SELECT partner_id, client_id, plant_id, 'connector-calls', run_id, sequence, count(*)
        FROM millwright.journal_entry
        WHERE millwright.is_connector_call(kind, task_type, function)
        GROUP BY partner_id, client_id, plant_id, run_id, sequence
        UNION ALL
        SELECT partner_id, client_id, plant_id, 'human-decisions', human_task_id, ordinal, 1
        FROM millwright.human_task_decision
        UNION ALL
        SELECT DISTINCT partner_id, client_id, plant_id, 'active-plants', plant_id,
          to_char(received_at AT TIME ZONE 'UTC', 'YYYYMM')::bigint, 1
        FROM millwright.event
        WHERE ingest_id IS NOT NULL
        """

    /// What cannot be counted again, by meter and key. A batch of events has its key a moment after its events have theirs.
    private static let gone: Statement = """
        SELECT counted.meter, coalesce(gone.from_key, \(UUIDv7(high: 0, low: 0))) AS from_key,
          CASE counted.meter
            WHEN 'events' THEN millwright.first_key_at(millwright.moment_of(gone.to_key) + interval '2 hours')
            ELSE gone.to_key
          END AS to_key
        FROM millwright.dropped_partition AS gone
        JOIN (
          VALUES ('event', 'events'), ('event', 'active-plants'), ('journal_entry', 'runs'), ('journal_entry', 'tasks'),
            ('journal_entry', 'connector-calls')
        ) AS counted (parent, meter) ON counted.parent = gone.parent
        """

    /// The key by which a record ages out: of the run, the batch, or the first moment of the month.
    private static let isGone: Statement = """
        EXISTS (
          SELECT FROM gone
          CROSS JOIN LATERAL (
            SELECT CASE counted.meter
              WHEN 'active-plants' THEN millwright.first_key_at(
                make_timestamptz((counted.sequence / 100)::integer, (counted.sequence % 100)::integer, 1, 0, 0, 0, 'UTC'))
              ELSE counted.subject_id
            END AS value
          ) AS key
          WHERE gone.meter = counted.meter AND key.value >= gone.from_key AND key.value < gone.to_key)
        """

    private static let comparison: Statement = """
        WITH gone AS MATERIALIZED (\(fragment: gone)),
        fact AS MATERIALIZED (SELECT * FROM (\(fragment: facts)) AS counted WHERE NOT \(fragment: isGone)),
        kept AS (
          SELECT * FROM millwright.usage_record AS counted
          WHERE counted.meter <> 'runner-seconds' AND NOT \(fragment: isGone)
        ),
        recorded AS (SELECT meter, sum(quantity)::bigint AS quantity FROM millwright.usage_record GROUP BY meter),
        aged AS (
          SELECT meter, sum(quantity)::bigint AS quantity
          FROM millwright.usage_record AS counted
          WHERE \(fragment: isGone)
          GROUP BY meter
        ),
        recounted AS (SELECT meter, sum(quantity)::bigint AS quantity FROM fact GROUP BY meter),
        difference AS (
          SELECT coalesce(record.partner_id, fact.partner_id) AS partner_id,
            coalesce(record.client_id, fact.client_id) AS client_id,
            coalesce(record.plant_id, fact.plant_id) AS plant_id, coalesce(record.meter, fact.meter) AS meter,
            coalesce(record.subject_id, fact.subject_id) AS subject_id,
            coalesce(record.sequence, fact.sequence) AS sequence, coalesce(record.quantity, 0) AS recorded,
            coalesce(fact.quantity, 0) AS recounted
          FROM kept AS record
          FULL JOIN fact
            ON fact.partner_id = record.partner_id AND fact.client_id = record.client_id
            AND fact.plant_id = record.plant_id AND fact.meter = record.meter
            AND fact.subject_id = record.subject_id AND fact.sequence = record.sequence
          WHERE record.quantity IS DISTINCT FROM fact.quantity
            AND NOT (record.meter IS NOT DISTINCT FROM 'active-plants' AND fact.meter IS NULL)
          LIMIT \(UsageReconciliation.namedDifferences)
        )
        SELECT true AS is_sum, NULL::uuid AS partner_id, NULL::uuid AS client_id, NULL::uuid AS plant_id, meter,
          NULL::uuid AS subject_id, NULL::bigint AS sequence, coalesce(recorded.quantity, 0) AS recorded,
          CASE WHEN meter <> 'runner-seconds' THEN coalesce(recounted.quantity, 0) END AS recounted,
          coalesce(aged.quantity, 0) AS aged
        FROM recorded
        FULL JOIN recounted USING (meter)
        LEFT JOIN aged USING (meter)
        UNION ALL
        SELECT false, partner_id, client_id, plant_id, meter, subject_id, sequence, recorded, recounted, 0
        FROM difference
        """
}
