package import Database
import Foundation
import Glibc

/// A PostgreSQL cluster for tests: the one that `MILLWRIGHT_TEST_POSTGRES` names (`host=/tmp/x port=5432
/// user=postgres`), or a temporary one of its own.
///
/// A temporary cluster ends when this process does, however it ends: a watcher holds the other end of a pipe.
package final class PostgresCluster: Sendable {
    package let host: String
    package let port: Int
    package let superuser: String
    /// `nil` for a cluster that somebody else started.
    private let directory: String?

    private init(host: String, port: Int, superuser: String, directory: String?) {
        self.host = host
        self.port = port
        self.superuser = superuser
        self.directory = directory
    }

    package func configuration(database: String) -> DatabaseConfiguration {
        DatabaseConfiguration(host: host, port: port, database: database)
    }

    package func bootstrap(database: String) -> ClusterBootstrap {
        ClusterBootstrap(configuration(database: database), superuser: superuser)
    }

    // MARK: A cluster of somebody else

    static func fromEnvironment() throws -> PostgresCluster? {
        guard let text = ProcessInfo.processInfo.environment["MILLWRIGHT_TEST_POSTGRES"], !text.isEmpty else {
            return nil
        }
        var settings: [String: String] = [:]
        for word in text.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { settings[String(parts[0])] = String(parts[1]) }
        }
        guard let host = settings["host"], let port = Int(settings["port"] ?? "5432") else {
            throw ChildProcess.Failure(
                description: "MILLWRIGHT_TEST_POSTGRES should read: host=/socket/dir port=5432 user=postgres")
        }
        return PostgresCluster(host: host, port: port, superuser: settings["user"] ?? "postgres", directory: nil)
    }

    // MARK: A temporary cluster

    /// Makes and starts a cluster that listens on a Unix socket only. What was committed survives a crash
    /// of the server, but not of the machine: no fsync.
    package static func temporary() async throws -> PostgresCluster {
        var template = Array("/tmp/mwt-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ChildProcess.Failure(description: "no temporary folder: \(String(cString: strerror(errno)))")
        }
        let directory = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        chmod(directory, 0o755)
        if let account { try await ChildProcess.run(["chown", account, directory]) }
        let cluster = PostgresCluster(host: directory, port: 5432, superuser: "postgres", directory: directory)
        try cluster.startWatcher(
            then: "kill -QUIT $(head -n 1 \(directory)/data/postmaster.pid); sleep 1; rm -rf \(directory)")
        try await ChildProcess.run(
            try unprivileged([
                "initdb", "-D", "\(directory)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
                "--no-sync",
            ]))
        try await cluster.start()
        return cluster
    }

    package func start() async throws {
        guard let directory else { throw ChildProcess.Failure(description: "this cluster belongs to somebody else") }
        let settings = [
            "-c listen_addresses=", "-c unix_socket_directories=\(directory)", "-c fsync=off",
            "-c full_page_writes=off", "-c max_connections=1000",
            "-c shared_buffers=64MB", "-c max_prepared_transactions=0",
        ].joined(separator: " ")
        try await ChildProcess.run(
            try Self.unprivileged([
                "pg_ctl", "-D", "\(directory)/data", "-l", "\(directory)/log", "-w", "-t", "60", "-o", settings,
                "start",
            ]))
    }

    /// Stops at once, as a crash of the machine would: every session is cut off.
    package func crash() async throws { try await stop(mode: "immediate") }

    /// Ends every session with an error and writes everything down.
    package func stop() async throws { try await stop(mode: "fast") }

    private func stop(mode: String) async throws {
        guard let directory else { throw ChildProcess.Failure(description: "this cluster belongs to somebody else") }
        try await ChildProcess.run(
            try Self.unprivileged(["pg_ctl", "-D", "\(directory)/data", "-w", "-m", mode, "stop"]))
    }

    package func restart() async throws {
        try await stop()
        try await start()
    }

    /// Runs a shell command once this process is gone.
    func startWatcher(then command: String) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ChildProcess.Failure(description: "no pipe") }
        // Only this process may hold the writing end, or the watcher would wait for its other children too.
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        try ChildProcess.spawn(
            ["setsid", "sh", "-c", "cat >/dev/null; \(command)"], input: ends[0], output: "/dev/null")
        close(ends[0])
    }

    // MARK: The server's programs

    /// PostgreSQL refuses to run as root; then it runs as its own account, or as nobody.
    static let account: String? =
        getuid() != 0 ? nil : (getpwnam("postgres") != nil ? "postgres" : "nobody")

    private static func unprivileged(_ arguments: [String]) throws -> [String] {
        let program = try programs() + "/" + arguments[0]
        let rest = Array(arguments.dropFirst())
        guard let account else { return [program] + rest }
        return ["runuser", "-u", account, "--", program] + rest
    }

    private static func programs() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap(Int.init)
        guard let newest = versions.max() else {
            throw ChildProcess.Failure(
                description: "PostgreSQL is not installed (\(root) is missing): apt-get install postgresql")
        }
        return "\(root)/\(newest)/bin"
    }
}
