package import Primitives

/// Makes the three roles and the database on a cluster, from a superuser's connection. It can be run again at any
/// time: what exists is brought to the wanted state.
package struct ClusterBootstrap: Sendable {
    let superuser: SessionParameters
    let configuration: DatabaseConfiguration

    /// `configuration` names the cluster, the database to make, and the passwords that the roles get (none: the roles
    /// can only log in where the cluster trusts them). `maintenanceDatabase` is any database that exists already.
    package init(
        _ configuration: DatabaseConfiguration, superuser: String, password: Redacted<String>? = nil,
        maintenanceDatabase: String = "postgres"
    ) {
        var parameters = SessionParameters(configuration, role: .owner)
        parameters.user = superuser
        parameters.password = password
        parameters.database = maintenanceDatabase
        self.superuser = parameters
        self.configuration = configuration
    }

    /// Makes or repairs the roles and the database.
    package func ensure() async throws {
        try await DedicatedThread.run("db-bootstrap") { [self] in
            let session = try BlockingSession(superuser)
            // Roles belong to the whole cluster: two bootstraps at once would trip over each other.
            _ = try session.query("SELECT pg_advisory_lock(\(Self.lockKey))")
            for role in DatabaseConfiguration.Role.allCases { try ensure(role, session) }
            try session.run("GRANT millwright_platform TO millwright_owner")
            try ensureDatabase(session)
        }
    }

    /// Makes the database only, as a copy of another one that nobody is connected to; the roles exist already.
    package func ensureDatabase(copying template: String) async throws {
        try await DedicatedThread.run("db-bootstrap") { [self] in
            try ensureDatabase(try BlockingSession(superuser), template: template)
        }
    }

    /// Drops the database with everything in it, and ends the sessions that use it. There is no way back.
    package func dropDatabase() async throws {
        try await DedicatedThread.run("db-bootstrap") { [self] in
            let session = try BlockingSession(superuser)
            try session.run(
                "DROP DATABASE IF EXISTS \(session.quoted(identifier: configuration.database)) WITH (FORCE)")
        }
    }

    /// "millboot" in ASCII.
    private static let lockKey: Int64 = 0x6D69_6C6C_626F_6F74

    private func ensure(_ role: DatabaseConfiguration.Role, _ session: BlockingSession) throws {
        let exists = try session.query("SELECT 1 FROM pg_roles WHERE rolname = \(role.rawValue)").count == 1
        if !exists { try session.run("CREATE ROLE \(role.rawValue)") }
        try session.run(
            """
            ALTER ROLE \(role.rawValue) LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
            ALTER ROLE \(role.rawValue) SET search_path = millwright, pg_temp;
            ALTER ROLE \(role.rawValue) SET timezone = 'UTC';
            """)
        // What a process that froze in the middle of a transaction may hold up.
        if role != .owner {
            try session.run("ALTER ROLE \(role.rawValue) SET idle_in_transaction_session_timeout = '5min'")
        }
        if let password = configuration.passwords.of(role) {
            try session.run("ALTER ROLE \(role.rawValue) PASSWORD \(session.quoted(literal: password.reveal()))")
        }
    }

    private func ensureDatabase(_ session: BlockingSession, template: String = "template0") throws {
        let name = configuration.database
        let quoted = session.quoted(identifier: name)
        let exists = try session.query("SELECT 1 FROM pg_database WHERE datname = \(name)").count == 1
        if !exists {
            let source = session.quoted(identifier: template)
            try session.run("CREATE DATABASE \(quoted) OWNER millwright_owner TEMPLATE \(source) ENCODING 'UTF8'")
        }
        try session.run(
            """
            ALTER DATABASE \(quoted) OWNER TO millwright_owner;
            REVOKE ALL ON DATABASE \(quoted) FROM PUBLIC;
            GRANT CONNECT ON DATABASE \(quoted) TO millwright_app, millwright_platform;
            """)
    }
}
