import Database
import TestSupport

/// Every row of every table, but what is written beside each request: when a key was last used, and Idempotency-Keys.
struct Snapshot: Equatable, CustomStringConvertible {
    private let tables: [String]

    init(_ database: Database) async throws {
        let text = try await SuperuserSession.run(
            """
            SELECT relname || ': ' || (xpath('/row/rows/text()', query_to_xml(
              format(
                'SELECT coalesce(string_agg(r.t, chr(10) ORDER BY r.t), %L) AS rows'
                ' FROM (SELECT (to_jsonb(t) - ''last_used_at'')::text AS t FROM millwright.%I AS t) AS r', '-', relname),
              false, true, '')))[1]::text
            FROM pg_catalog.pg_class
            WHERE relnamespace = 'millwright'::regnamespace AND relkind = 'r' AND relname <> 'idempotency_key'
            ORDER BY relname
            """, on: database)
        tables = text.split(separator: "\n").map(String.init)
    }

    var description: String { tables.joined(separator: "\n") }
}
