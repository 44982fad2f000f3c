package import Database
package import Primitives
package import Tenancy

/// Reads what was counted: totals, the records behind a total, and (`reconcile`) whether the count is right.
package struct UsageLedger: Sendable {
    /// Into which stretches totals are cut, in UTC.
    package enum Bucket: String, Sendable, Hashable, CaseIterable {
        case none, day, month
    }

    let database: Database

    package init(database: Database) { self.database = database }

    /// Totals of each plant and meter in a scope, for usage that occurred from `from` (inclusive) to `to` (exclusive).
    package func totals(
        in scope: TenantScope, from: Timestamp? = nil, to: Timestamp? = nil, by bucket: Bucket = .none
    ) async throws -> [UsageTotal] {
        try await database.read(scope) { transaction in
            try await transaction.query(
                """
                SELECT partner_id, client_id, plant_id, plant.name AS plant_name, meter,
                  CASE WHEN \(bucket) <> 'none' THEN date_trunc(\(bucket), occurred_at, 'UTC') END AS starts_at,
                  sum(quantity)::bigint AS quantity, count(*) AS records
                FROM millwright.usage_record
                JOIN millwright.plant USING (partner_id, client_id, plant_id)
                WHERE (\(from)::timestamptz IS NULL OR occurred_at >= \(from))
                  AND (\(to)::timestamptz IS NULL OR occurred_at < \(to))
                GROUP BY partner_id, client_id, plant_id, plant.name, meter, starts_at
                ORDER BY partner_id, client_id, plant_id, starts_at, meter
                """
            ).map { row in
                UsageTotal(
                    plant: .plant(
                        try row.decode("partner_id"), try row.decode("client_id"), try row.decode("plant_id")),
                    plantName: try row.decode("plant_name"), meter: try row.decode("meter"),
                    startsAt: try row.decode("starts_at", as: Timestamp?.self),
                    quantity: try row.decode("quantity"), records: try row.decode("records"))
            }
        }
    }

    /// The sum over all plants of a scope.
    package func sums(in scope: TenantScope, from: Timestamp? = nil, to: Timestamp? = nil) async throws
        -> [UsageMeter: Int64]
    {
        try await totals(in: scope, from: from, to: to).reduce(into: [:]) { $0[$1.meter, default: 0] += $1.quantity }
    }

    /// The records behind a total, in the order in which they were recorded.
    ///
    /// - Parameter after: the `position` of the last record that the reader has; the page's `next` is the next one.
    package func entries(
        in scope: TenantScope, meter: UsageMeter? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
        after: Int64? = nil, limit: Int = PageRequest.defaultLimit
    ) async throws -> Page<UsageEntry> {
        try await page(
            in: scope,
            """
            (\(meter)::text IS NULL OR record.meter = \(meter))
            AND (\(from)::timestamptz IS NULL OR record.occurred_at >= \(from))
            AND (\(to)::timestamptz IS NULL OR record.occurred_at < \(to))
            """, after: after, limit: limit)
    }

    /// The records that a condition selects.
    func page(in scope: TenantScope, _ condition: Statement, after: Int64?, limit: Int) async throws
        -> Page<UsageEntry>
    {
        let limit = min(max(limit, 1), PageRequest.limits.upperBound)
        let entries = try await database.read(scope) { transaction in
            try await transaction.query(
                """
                SELECT record.partner_id, record.client_id, record.plant_id, record.meter, record.subject_id,
                  record.sequence, record.quantity, record.occurred_at, record.recorded_at, record.position,
                  human_task.run_id AS task_run_id
                FROM millwright.usage_record AS record
                LEFT JOIN millwright.human_task
                  ON human_task.partner_id = record.partner_id AND human_task.client_id = record.client_id
                  AND human_task.plant_id = record.plant_id AND human_task.human_task_id = record.subject_id
                  AND record.meter = 'human-decisions'
                WHERE \(fragment: condition)
                  AND (\(after)::bigint IS NULL OR record.position > \(after))
                ORDER BY record.position
                LIMIT \(limit + 1)
                """
            ).map(UsageEntry.init(row:))
        }
        let items = Array(entries.prefix(limit))
        return Page(items: items, next: entries.count > limit ? items.last.map { String($0.position) } : nil)
    }
}
