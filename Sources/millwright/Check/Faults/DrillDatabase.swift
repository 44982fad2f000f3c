import Database
import Glibc
import Logging
import Primitives
import Subprocess
import Synchronization
import SystemPackage

/// Two PostgreSQL servers of the check: a primary and its synchronous standby, started and replaced as an operator's
/// cluster service does it.
final class DrillDatabase: Sendable {
    struct Node: Sendable {
        var name: String
        var cluster: PrivateCluster
        /// The directory of the data when it stands on a small file system of its own.
        var smallDisk: SmallDisk?
    }

    static let startPatienceSeconds = 60.0
    static let databaseName = "millwright"

    let nodes: [Node]
    private let logger: Logger
    private struct State {
        var primary = 0
        /// Nothing is started unaided meanwhile.
        var isInHand = false
        var hasStandby = false
    }
    private let state = Mutex(State())

    init(_ data: DataDirectory, hasSmallDisk: Bool, hasStandby: Bool, logger: Logger) throws {
        self.logger = logger
        nodes = try (hasStandby ? ["a", "b"] : ["a"]).map { name in
            let cluster = try PrivateCluster(try DataDirectory(path: data.path + "/" + name), logger: logger)
            try cluster.prepareDirectories()
            let disk = hasSmallDisk ? SmallDisk.mount(at: cluster.directory, owner: cluster.account) : nil
            return Node(name: name, cluster: cluster, smallDisk: disk)
        }
    }

    var primary: Node { nodes[state.withLock { $0.primary }] }
    var standby: Node? { nodes.count < 2 ? nil : nodes[1 - state.withLock { $0.primary }] }
    var hasSmallDisk: Bool { primary.smallDisk != nil }

    /// Of both, without any link between.
    var configuration: DatabaseConfiguration {
        DatabaseConfiguration(
            host: nodes.map(\.cluster.socketDirectory).joined(separator: ","), database: Self.databaseName)
    }

    func prepare(migrations: String) async throws {
        try await primary.cluster.start()
        try await settle(primary)
        try await ClusterBootstrap(configuration, superuser: primary.cluster.superuser).ensure()
        _ = try await Migrator(configuration, directory: migrations).apply()
        try await rebuildStandby()
    }

    /// What the check needs beside the usual settings.
    private func settle(_ node: Node) async throws {
        for setting in [
            "max_connections = '100'", "max_wal_size = '192MB'", "min_wal_size = '32MB'", "shared_buffers = '64MB'",
            "restart_after_crash = 'on'", "checkpoint_timeout = '30s'",
            // A standby that looks for its primary only every 5 s keeps every commit waiting for as long.
            "wal_retrieve_retry_interval = '200ms'",
        ] { _ = try await query(node, "ALTER SYSTEM SET \(setting)") }
        try await node.cluster.restart()
    }

    func query(_ node: Node, _ sql: String) async throws -> String {
        try await node.cluster.output(
            "psql",
            [
                "--host", node.cluster.socketDirectory, "--username", node.cluster.superuser, "--no-psqlrc", "-A", "-t",
                "--command", sql, "postgres",
            ]
        ).trimmed
    }

    // MARK: As a cluster service

    /// Starts the primary again whenever it is down.
    func watch() async {
        while !Task.isCancelled {
            if !state.withLock({ $0.isInHand }), (try? await primary.cluster.isRunning()) == false {
                try? await primary.cluster.start()
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Keeps the watch away while `body` runs.
    func inHand<Value>(_ body: () async throws -> Value) async throws -> Value {
        state.withLock { $0.isInHand = true }
        defer { state.withLock { $0.isInHand = false } }
        return try await body()
    }

    /// The primary dies with everything that it has in memory, and the standby takes its place.
    func failOver() async throws {
        guard let standby else { return }
        try await inHand {
            killPrimary()
            _ = try await standby.cluster.output(
                "pg_ctl", ["promote", "--pgdata", standby.cluster.directory, "--wait", "--silent"])
            // Nobody follows it yet: commits must not wait.
            _ = try await query(standby, "ALTER SYSTEM SET synchronous_standby_names = ''")
            _ = try await query(standby, "SELECT pg_reload_conf()")
            state.withLock { state in
                state.primary = 1 - state.primary
                state.hasStandby = false
            }
        }
    }

    /// Makes the other node a synchronous standby of the primary, from nothing.
    func rebuildStandby() async throws {
        guard let standby else { return }
        try? await standby.cluster.stop(mode: "immediate")
        _ = try await Subprocess.run(
            .path("/usr/bin/find"), arguments: [standby.cluster.directory, "-mindepth", "1", "-delete"],
            output: .discarded, error: .discarded)
        try standby.cluster.prepareDirectories()
        _ = try await standby.cluster.output(
            "pg_basebackup",
            [
                "--pgdata", standby.cluster.directory, "--host", primary.cluster.socketDirectory, "--username",
                primary.cluster.superuser, "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast",
                "--no-sync",
            ])
        try await standby.cluster.start()
        _ = try await query(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        _ = try await query(primary, "SELECT pg_reload_conf()")
        try await waitForStandby()
    }

    /// - Throws: `unavailable` when the standby does not follow in time.
    func waitForStandby() async throws {
        let deadline = ContinuousClock.now + .seconds(Self.startPatienceSeconds)
        while ContinuousClock.now < deadline {
            let count = try? await query(
                primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'")
            if count == "1" { return state.withLock { $0.hasStandby = true } }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Problem(.unavailable, "The standby does not follow the primary.")
    }

    /// Whether a synchronous standby follows, so that a failover loses nothing.
    var hasStandby: Bool { state.withLock { $0.hasStandby } }

    /// - Parameter keepingDisks: what stands in memory is copied out first, for whoever wants to look.
    func stop(keepingDisks: Bool) async {
        state.withLock { $0.isInHand = true }
        for node in nodes {
            for pid in ProcessTree.family(of: node.cluster.postmaster) { kill(pid, SIGCONT) }
            try? await node.cluster.stop(mode: "immediate")
            if let disk = node.smallDisk {
                if keepingDisks { await disk.copy(to: node.cluster.directory + ".kept") }
                disk.unmount()
            }
        }
    }

    // MARK: Signals

    /// Kills the primary's processes, all of them.
    func killPrimary() { for pid in ProcessTree.family(of: primary.cluster.postmaster) { kill(pid, SIGKILL) } }

    func signalPrimary(_ signal: Int32) {
        for pid in ProcessTree.family(of: primary.cluster.postmaster) { kill(pid, signal) }
    }

    /// Sessions of the application.
    func backends() -> [Int32] {
        ProcessTree.family(of: primary.cluster.postmaster).filter { pid in
            (try? FileText.read("/proc/\(pid)/cmdline"))?.contains("millwright_app") == true
        }
    }
}
