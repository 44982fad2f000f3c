import Connectors
import Database
import Glibc
import JSON
import Logging
import Primitives
import Tenancy

/// One run of the demo, from an empty machine to balanced books.
struct DemoSession: Sendable {
    struct Plan: Sendable {
        var isFresh: Bool
        var isOnce: Bool
        var isJSON: Bool
        var eventsFile: String?
        var mapping: String
        var faults: FaultPlan
    }

    static let readySeconds = 60.0

    let settings: Settings
    let plan: Plan
    let data: DataDirectory
    let logger = Logger(label: "demo")

    init(_ settings: Settings, plan: Plan) throws {
        guard settings.databaseHost == nil else {
            throw Problem(.invalidParameters, "The demo uses a private cluster. Leave --database-host out.")
        }
        var settings = settings
        // The stand-in CMMS stands on this machine.
        settings.privateNetworks = settings.privateNetworks.union(.loopback)
        self.settings = settings
        self.plan = plan
        data = try DataDirectory(path: settings.dataDirectory)
        try DataDirectory.make(data.logDirectory, mode: 0o700)
    }

    /// - Returns: whether the books balance; always true for a demo that is left running.
    func run() async throws -> Bool {
        let lock = try FileLock(
            data.path + "/demo.lock",
            busy: "A demo runs on \(data.path) already. Stop it first, or give another --data-dir.")
        defer { lock.release() }
        let startedAt = ContinuousClock.now
        let cluster = try PrivateCluster(data, logger: logger)
        if plan.isFresh { try await startOver(cluster) }
        say("Starting PostgreSQL …")
        let prepared = try await PreparedDatabase.prepare(settings, data, logger: logger)
        let outcome: Result<Bool, any Error>
        do {
            outcome = .success(try await runProcesses(prepared, cluster, startedAt))
        } catch {
            outcome = .failure(error)
        }
        // Also when the task was cancelled by Ctrl-C: the cluster must be stopped in order.
        await Task { try? await cluster.stop() }.value
        return try outcome.get()
    }

    private func runProcesses(
        _ prepared: PreparedDatabase, _ cluster: PrivateCluster, _ startedAt: ContinuousClock.Instant
    ) async throws -> Bool {
        let standInPort = try FreePort.remembered(in: data.path + "/stand-in.port")
        let port = settings.port != 0 ? settings.port : try FreePort.remembered(in: data.path + "/control-plane.port")
        let standInKey = try standInKey()
        setenv("MILLWRIGHT_STAND_IN_HOST", "127.0.0.1", 1)
        setenv("MILLWRIGHT_STAND_IN_PORT", String(standInPort), 1)
        setenv("MILLWRIGHT_STAND_IN_KEY", standInKey, 1)
        say("Applying Tenants/ …")
        let domain = try await Domain(settings, database: prepared.configuration, logger: logger)
        _ = try await ApplyCommand.apply(
            try await TenantCheck.read(folder: settings.home + "/Tenants", home: settings.home), domain, isDryRun: false
        )
        let keys = try await DemoKeys.ensure(domain, file: data.demoKeysFile)

        let standIn = SupervisedProcess(
            name: "stand-in CMMS",
            arguments: ["stand-in-cmms", "--ledger", data.standInLedgerFile, "--port", String(standInPort)],
            logPath: data.logDirectory + "/stand-in.log")
        let controlPlane = SupervisedProcess(
            name: "control plane", arguments: serveArguments(prepared, port: port),
            logPath: data.logDirectory + "/control-plane.log")
        let stage = DemoStage(
            session: self, domain: domain, cluster: cluster, controlPlane: controlPlane,
            client: APIClient(
                base: "http://\(settings.host):\(port)", key: keys.token(.platformAdmin, in: "") ?? ""),
            standInClient: StandInClient(base: "http://127.0.0.1:\(standInPort)", key: standInKey), keys: keys)
        let outcome: Result<Bool, any Error> = await withTaskGroup(of: Result<Bool, any Error>?.self) { group in
            group.addTask {
                await standIn.run()
                return nil
            }
            group.addTask {
                await controlPlane.run()
                return nil
            }
            group.addTask {
                do {
                    return .success(try await stage.play(startedAt))
                } catch {
                    return .failure(error)
                }
            }
            var outcome: Result<Bool, any Error> = .failure(CancellationError())
            while let ended = await group.next() {
                guard let ended else { continue }
                outcome = ended
                group.cancelAll()
            }
            return outcome
        }
        await domain.database.shutdown()
        return try outcome.get()
    }

    private func serveArguments(_ prepared: PreparedDatabase, port: Int) -> [String] {
        [
            "serve", "--data-dir", data.path, "--host", settings.host, "--port", String(port),
            "--database-host", prepared.configuration.host, "--database-port", String(prepared.configuration.port),
            "--database-name", prepared.configuration.database, "--log-level", settings.logLevel.rawValue,
            "--mode", settings.mode.rawValue, "--private-networks", settings.privateNetworks.description,
        ]
    }

    private func startOver(_ cluster: PrivateCluster) async throws {
        say("Deleting the demo's data in \(data.path) …")
        try await cluster.remove()
        for file in [data.demoKeysFile, data.standInLedgerFile, data.masterKeyFile] { unlink(file) }
    }

    /// The secret between the plants' connections and the stand-in system.
    private func standInKey() throws -> String {
        let path = data.path + "/stand-in.key"
        if let text = try? FileText.read(path), !text.trimmed.isEmpty { return text.trimmed }
        let key = UUIDv7().description + UUIDv7().description
        try FileText.write(key + "\n", to: path, mode: 0o600)
        return key
    }

    /// What happens, for a person who looks on. With `--json` standard output is kept for the books.
    func say(_ text: String) { Terminal.writeError(text + "\n") }
}

/// A lock on a file, held until it is released or the process ends in whatever manner.
struct FileLock: Sendable {
    private let descriptor: Int32

    init(_ path: String, busy: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Problem(.unavailable, "\(path) cannot be opened.") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Problem(.conflict, busy)
        }
    }

    func release() { close(descriptor) }
}
