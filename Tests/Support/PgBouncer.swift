package import Database
import Foundation

/// A PgBouncer in transaction mode before a test's cluster, with one session of the server for each role: whatever one
/// transaction leaves behind, the next one of another tenant would find.
package struct PgBouncer: Sendable {
    package static let port = 6432
    private let directory: String
    private let cluster: PostgresCluster

    package static func start(before cluster: PostgresCluster) async throws -> PgBouncer {
        let directory = "/tmp/mwt-pool-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // The owner is not among them: migrations must go past the pooler.
        let users = [DatabaseConfiguration.Role.app, .platform].map { "\"\($0.rawValue)\" \"\"\n" }.joined()
        let settings = """
            [databases]
            * = host=\(cluster.host) port=\(cluster.port)
            [pgbouncer]
            listen_addr =
            listen_port = \(port)
            unix_socket_dir = \(directory)
            auth_type = trust
            auth_file = \(directory)/users
            pool_mode = transaction
            default_pool_size = 1
            max_client_conn = 200
            logfile = \(directory)/log
            pidfile = \(directory)/pid
            """
        try users.write(toFile: directory + "/users", atomically: true, encoding: .utf8)
        try settings.write(toFile: directory + "/settings", atomically: true, encoding: .utf8)
        var command = ["pgbouncer", "--daemon", directory + "/settings"]
        if let account = PostgresCluster.account {
            try await ChildProcess.run(["chown", "-R", account, directory])
            command = ["runuser", "-u", account, "--"] + command
        }
        try await ChildProcess.run(command)
        // However this process ends, the pooler ends after it, and at once: a gentle end would wait for sessions of a
        // server that is gone.
        try cluster.startWatcher(then: "kill -TERM $(cat \(directory)/pid); sleep 1; rm -rf \(directory)")
        return PgBouncer(directory: directory, cluster: cluster)
    }

    /// The same database through the pooler.
    package func configuration(_ direct: DatabaseConfiguration) -> DatabaseConfiguration {
        var configuration = direct
        configuration.host = directory
        configuration.port = Self.port
        configuration.directHost = direct.host
        configuration.directPort = direct.port
        configuration.preparedStatements = false
        return configuration
    }

    /// What a session of the application's role through the pooler sees that sets no scope.
    package func query(_ text: String, database: String) async throws -> String {
        let output = directory + "-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: output) }
        try await ChildProcess.run([
            "psql", "-h", directory, "-p", String(Self.port), "-U", "millwright_app", "-d", database, "-X", "-qAt",
            "-v",
            "ON_ERROR_STOP=1", "-o", output, "-c", text,
        ])
        return try String(contentsOfFile: output, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
