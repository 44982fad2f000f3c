import Database
import JSON
import Primitives
import Tenancy

/// Why a month that is old enough must stay: a run that began in it is not over, or an event of it is still waited with.
/// It is asked in the transaction that drops the month, under the platform's scope.
struct RetentionHold {
    /// A run that ended in an error can go on for so long, and writes to its month then.
    static let daysAfterFault = 31

    private let partition: MonthPartition

    init(_ partition: MonthPartition) { self.partition = partition }

    func reason(in transaction: TenantTransaction) async throws -> String? {
        guard let end = partition.to else { return "The default partition stays." }
        let from = partition.from ?? UUIDv7(high: 0, low: 0)
        // One question for each partial index of run: those of open and of faulted runs, which are few.
        let rows = try await transaction.query(
            """
            (SELECT 'open' AS state, run.run_id FROM millwright.run AS run
             WHERE run.status = 'pending' AND \(fragment: isOfMonth(from, end)) LIMIT 1)
            UNION ALL
            (SELECT 'open', run.run_id FROM millwright.run AS run
             WHERE run.status = 'running' AND \(fragment: isOfMonth(from, end)) LIMIT 1)
            UNION ALL
            (SELECT 'open', run.run_id FROM millwright.run AS run
             WHERE run.status IN ('waiting', 'suspended') AND \(fragment: isOfMonth(from, end)) LIMIT 1)
            UNION ALL
            (SELECT 'faulted', run.run_id FROM millwright.run AS run
             WHERE run.status = 'faulted' AND run.ended_at > now() - make_interval(days => \(Int32(Self.daysAfterFault)))
               AND \(fragment: isOfMonth(from, end)) LIMIT 1)
            LIMIT 1
            """)
        if let row = rows.first {
            let run: RunID = try row.decode("run_id")
            return try row.decode("state", as: String.self) == "open"
                ? "The run \(run) of that month is still open. Let it end, or cancel it."
                : "The run \(run) of that month faulted less than \(Self.daysAfterFault) days ago and can go on."
        }
        guard partition.table == .event else { return nil }
        let sets = try await transaction.query(
            """
            SELECT waiting.event_set_id
            FROM millwright.event_set AS waiting
            WHERE waiting.closed_at IS NULL
              AND EXISTS (
                SELECT FROM unnest(waiting.event_ids) AS member (key) WHERE member.key >= \(from) AND member.key < \(end))
            LIMIT 1
            """)
        return sets.isEmpty ? nil : "An event of that month waits for others to start a run with."
    }

    private func isOfMonth(_ from: UUIDv7, _ end: UUIDv7) -> Statement {
        """
        ((run.run_id >= \(from) AND run.run_id < \(end)) OR (run.event_id >= \(from) AND run.event_id < \(end)))
        """
    }
}

extension MonthPartition {
    var droppingEntry: AuditEntry {
        AuditEntry(
            "partition.dropped", objectType: "partition", objectID: name,
            old: [
                "table": .string(table.rawValue), "rows": JSONValue(rows), "bytes": JSONValue(bytes),
                "lastMonth": lastMonth.map { .string($0.description) } ?? .null,
            ], reason: "It is older than the policy keeps.", by: .system, in: .platform)
    }
}
