/// Brings a database to the state that the files of `Migrations/` describe: forward only, each file once, in order, in
/// a transaction of its own, by the owner's role.
///
/// It needs a session of its own: where `host` is a pooler it connects to `directHost`.
package struct Migrator: Sendable {
    /// Two migrators of one database wait for each other on this advisory lock ("millwrig" in ASCII).
    private static let lockKey: Int64 = 0x6D69_6C6C_7772_6967
    /// A migration that cannot get a table's lock in time fails instead of stopping everybody who queues behind it.
    private static let lockTimeout = "10s"

    let parameters: SessionParameters
    let directory: String

    /// `directory` holds the files `NNNN_verb_object.sql`.
    package init(_ configuration: DatabaseConfiguration, directory: String) {
        parameters = SessionParameters(configuration, role: .owner, directly: true)
        self.directory = directory
    }

    package struct Plan: Sendable {
        package let applied: [String]
        package let pending: [String]
    }

    /// What `apply` would do. Changes nothing.
    package func plan() async throws -> Plan {
        try await DedicatedThread.run("db-migrate") { [self] in
            let files = try MigrationFile.load(directory: directory)
            let session = try BlockingSession(parameters)
            let pending = try Self.hasLedger(session) ? try Self.pending(session, files) : files
            let applied = files.prefix { !pending.contains($0) }
            return Plan(applied: applied.map(\.name), pending: pending.map(\.name))
        }
    }

    /// Applies what is pending and returns its names. Throws `DatabaseError` with the file's name in the message; the
    /// files before the failing one stay applied.
    @discardableResult
    package func apply() async throws -> [String] {
        try await DedicatedThread.run("db-migrate") { [self] in
            let files = try MigrationFile.load(directory: directory)
            let session = try BlockingSession(parameters)
            _ = try session.query("SELECT pg_advisory_lock(\(Self.lockKey))")
            try Self.createLedger(session)
            let pending = try Self.pending(session, files)
            for file in pending { try Self.apply(file, session) }
            return pending.map(\.name)
        }
    }

    private static func hasLedger(_ session: BlockingSession) throws -> Bool {
        try session.query("SELECT to_regclass('millwright.schema_migration') IS NOT NULL")[0].decode(0)
    }

    private static func createLedger(_ session: BlockingSession) throws(DatabaseError) {
        try session.run(
            """
            CREATE SCHEMA IF NOT EXISTS millwright;
            CREATE TABLE IF NOT EXISTS millwright.schema_migration (
              number integer NOT NULL PRIMARY KEY,
              name text NOT NULL,
              sha256 text NOT NULL,
              applied_at timestamptz NOT NULL DEFAULT now()
            );
            """)
    }

    /// Compares what was applied with the files, name by name and byte by byte, and returns the files that are left.
    ///
    /// What was applied after the newest of the files is of a newer version of the program: while it is rolled out, or
    /// after it was taken back, this version works beside it (a migration keeps what the version before it needs).
    private static func pending(_ session: BlockingSession, _ files: [MigrationFile]) throws -> [MigrationFile] {
        let rows = try session.query("SELECT number, name, sha256 FROM millwright.schema_migration ORDER BY number")
        var left = files
        var faults: [String] = []
        var newest = 0
        let ownNewest = files.map(\.number).max() ?? 0
        for row in rows {
            let name = try row.decode("name", as: String.self)
            newest = try row.decode("number")
            guard let index = left.firstIndex(where: { $0.name == name }) else {
                if newest > ownNewest { continue }
                faults.append("\(name) was applied to this database and its file is missing")
                continue
            }
            if try row.decode("sha256", as: String.self) != digest(of: left[index], session) {
                faults.append("\(name) was edited after it was applied to this database")
            }
            left.remove(at: index)
        }
        for file in left where file.number <= newest {
            faults.append("\(file.name) comes before number \(newest), which was applied to this database already")
        }
        guard faults.isEmpty else { throw DatabaseError(.migration, faults.joined(separator: "; ")) }
        return left
    }

    private static func digest(of file: MigrationFile, _ session: BlockingSession) throws -> String {
        try session.query("SELECT encode(sha256(\(file.text)), 'hex')")[0].decode(0)
    }

    private static func apply(_ file: MigrationFile, _ session: BlockingSession) throws {
        let digest = try digest(of: file, session)
        do {
            try session.run("BEGIN; SET LOCAL lock_timeout = '\(lockTimeout)'")
            try session.run(String(decoding: file.text, as: UTF8.self))
            guard session.isInTransaction else {
                throw DatabaseError(.migration, "it ends the transaction that it runs in")
            }
            _ = try session.query(
                """
                INSERT INTO millwright.schema_migration (number, name, sha256)
                VALUES (\(Int32(file.number)), \(file.name), \(digest))
                """)
            try session.run("COMMIT")
        } catch let error as DatabaseError {
            throw DatabaseError(.migration, "\(file.name): \(error)", sqlState: error.sqlState)
        }
    }
}
