package import Database
import Foundation

/// What only somebody with the database server's own login can do: look at and change rows behind row level security.
package enum SuperuserSession {
    /// Runs a script in the database and returns what it prints, unaligned and without headers.
    @discardableResult
    package static func run(_ script: String, on database: Database) async throws -> String {
        let configuration = database.configuration
        let user = try PostgresCluster.fromEnvironment()?.superuser ?? "postgres"
        let output = "/tmp/mwt-psql-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: output) }
        try await ChildProcess.run([
            "psql", "-h", configuration.host, "-p", String(configuration.port), "-U", user, "-d",
            configuration.database, "-X", "-qAt", "-v", "ON_ERROR_STOP=1", "-o", output, "-c", script,
        ])
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    /// The tables of which a row holds the text in any column, as it stands or as the bytes of a `bytea`.
    package static func tables(holding text: String, on database: Database) async throws -> [String] {
        let hexadecimal = text.utf8.map { String(format: "%02x", $0) }.joined()
        let found = try await run(
            """
            SELECT found.name
            FROM (
              SELECT relname AS name, (xpath('/row/hits/text()', query_to_xml(
                format(
                  'SELECT count(*) AS hits FROM millwright.%I AS t'
                  ' WHERE position(%L IN t::text) > 0 OR position(%L IN t::text) > 0',
                  relname, '\(text)', '\(hexadecimal)'), false, true, '')))[1]::text::integer AS hits
              FROM pg_catalog.pg_class
              WHERE relnamespace = 'millwright'::regnamespace AND relkind IN ('r', 'p')
            ) AS found
            WHERE hits > 0
            ORDER BY name
            """, on: database)
        return found.split(separator: "\n").map(String.init)
    }
}
