import Database
import Glibc
import Logging
import Primitives

/// Makes a cluster for each worker, starts the workers, and removes everything again.
struct SimulationSupervisor {
    let seeds: Range<UInt64>
    let workers: Int
    let isTraced: Bool
    let mutation: String?
    let home: String

    private static let databaseName = "simulation"
    /// What is simulated is the shell and not PostgreSQL's durability, and nothing may happen by itself.
    private static let settings = [
        "fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off",
        // Who waits for a lock waits for a transaction that the scheduler has stopped: it is told so at once.
        "lock_timeout = '1ms'", "shared_buffers = 64MB", "max_wal_size = 1GB",
    ]

    /// - Returns: whether every seed held.
    func run() async throws -> Bool {
        let root = "\(EnvironmentText.value("TMPDIR") ?? "/tmp")/millwright-simulation-\(getpid())"
        let clusters = try (0..<workers).map { number in
            try PrivateCluster(
                try DataDirectory(path: "\(root)/\(number)"), furtherSettings: Self.settings,
                logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() })
        }
        let holds: Bool? = try await Interruption.stopping {
            let outcome: Result<Bool, any Error>
            do {
                outcome = .success(try await perform(clusters))
            } catch {
                outcome = .failure(error)
            }
            // Also when it was cancelled: what was started is stopped, and what was written is removed.
            await Task { await remove(clusters, root) }.value
            return try outcome.get()
        }
        guard let holds else { throw Problem(.timeout, "The simulation was stopped.") }
        return holds
    }

    private func perform(_ clusters: [PrivateCluster]) async throws -> Bool {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for cluster in clusters { group.addTask { try await prepare(cluster) } }
            try await group.waitForAll()
        }
        return await wait(for: try clusters.enumerated().map { number, cluster in try spawn(number, cluster) })
    }

    private func remove(_ clusters: [PrivateCluster], _ root: String) async {
        for cluster in clusters {
            try? await cluster.remove()
            // The folders that were made for this one alone; what still holds something stays.
            for path in [cluster.socketDirectory, cluster.directory] {
                rmdir(path)
                rmdir(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
            }
        }
        rmdir(root)
    }

    private func prepare(_ cluster: PrivateCluster) async throws {
        try await cluster.start()
        let configuration = DatabaseConfiguration(
            host: cluster.socketDirectory, port: cluster.port, database: Self.databaseName)
        try await ClusterBootstrap(configuration, superuser: cluster.superuser).ensure()
        _ = try await Migrator(configuration, directory: home + "/Migrations").apply()
        let session = try MaintenanceSession(configuration, superuser: cluster.superuser)
        try SimulationPlant(session: session).make()
        if let mutation {
            try session.run(try FileText.read("\(home)/Tests/Mutations/\(mutation).sql"))
        }
    }

    // MARK: Workers

    private func spawn(_ number: Int, _ cluster: PrivateCluster) throws -> pid_t {
        let count = seeds.count / workers + (number < seeds.count % workers ? 1 : 0)
        var arguments = [
            "millwright", "check", "simulation", "--first", "\(seeds.lowerBound + UInt64(number))", "--seeds",
            "\(count)", "--every", "\(workers)", "--worker", cluster.socketDirectory,
        ]
        if isTraced { arguments.append("--trace") }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        // Without it the order of sets and dictionaries is another one in each process.
        setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/proc/self/exe", nil, nil, &words, environ)
        guard code == 0 else {
            throw Problem(.unavailable, "A worker could not be started: \(String(cString: strerror(code))).")
        }
        return pid
    }

    /// One worker that finds something is enough: the others are ended.
    private func wait(for workers: [pid_t]) async -> Bool {
        var running = Set(workers)
        var holds = true
        while !running.isEmpty {
            for pid in running {
                var status: Int32 = 0
                guard waitpid(pid, &status, WNOHANG) == pid else { continue }
                running.remove(pid)
                guard status != 0, holds else { continue }
                holds = false
                for other in running { kill(other, SIGTERM) }
            }
            // Cancelled, it looks at once: then the workers are to end.
            if (try? await Task.sleep(for: .milliseconds(20))) == nil {
                for pid in running { kill(pid, SIGKILL) }
            }
        }
        return holds
    }

    /// What a worker was started for.
    static func worker(
        _ socketDirectory: String, first: UInt64, count: UInt64, every: UInt64, isTraced: Bool
    ) -> SimulationWorker {
        SimulationWorker(
            socketDirectory: socketDirectory, superuser: "postgres", database: databaseName,
            seeds: stride(from: first, to: first + count * every, by: Int(every)), isTraced: isTraced)
    }
}
