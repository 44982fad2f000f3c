import Connectors
import Database
import Glibc
import Logging
import Primitives
import Tenancy
import Vault

/// A private cluster and a control plane for one bench, in a directory of their own that is removed afterwards.
struct BenchHost: Sendable {
    let settings: Settings
    let data: DataDirectory
    let logger = Logger(label: "bench")

    init(_ given: Settings) throws {
        guard given.databaseHost == nil else {
            throw Problem(.invalidParameters, "A bench uses a private cluster. Leave --database-host out.")
        }
        var settings = given
        settings.dataDirectory = try DataDirectory.absolute(given.dataDirectory) + "/bench"
        settings.masterKey = .file(settings.dataDirectory + "/master.key")
        self.settings = settings
        data = try DataDirectory(path: settings.dataDirectory)
        try DataDirectory.make(data.logDirectory, mode: 0o700)
    }

    /// Everything that a bench may use while it measures.
    struct Stage: Sendable {
        var host: BenchHost
        var domain: Domain
        var cluster: PrivateCluster
        var client: APIClient
        var controlPlane: SupervisedProcess
        var port: Int
    }

    func run(_ measure: @escaping @Sendable (Stage) async throws -> Void) async throws {
        let lock = try FileLock(
            data.path + "/bench.lock", busy: "A bench runs in \(data.path) already. Wait for it, or stop it.")
        defer { lock.release() }
        let cluster = try PrivateCluster(data, logger: logger)
        try await cluster.remove()
        let ended: Bool? = try await Interruption.stopping {
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await perform(measure, cluster))
            } catch {
                outcome = .failure(error)
            }
            // Also when it was cancelled: what was started is stopped, and what was written is removed.
            await Task { try? await cluster.remove() }.value
            try outcome.get()
            return true
        }
        if ended == nil { throw Problem(.timeout, "The bench was stopped.") }
    }

    private func perform(
        _ measure: @escaping @Sendable (Stage) async throws -> Void, _ cluster: PrivateCluster
    ) async throws {
        let prepared = try await PreparedDatabase.prepare(settings, data, logger: logger)
        let domain = try await Domain(settings, database: prepared.configuration, logger: logger)
        let key = try await DemoKeys.platformKey(domain, name: "bench")
        let port = try FreePort.any()
        let controlPlane = SupervisedProcess(
            name: "control plane",
            arguments: [
                "serve", "--data-dir", data.path, "--host", "127.0.0.1", "--port", String(port),
                "--database-host", prepared.configuration.host,
                "--database-port", String(prepared.configuration.port),
                "--database-name", prepared.configuration.database, "--log-level", settings.logLevel.rawValue,
                // One key sends all there is: what is measured is not the limit.
                "--rate-limit", "off",
                // The systems that are called stand on this machine.
                "--private-networks", PrivateNetworks.loopback.description,
            ], logPath: data.logDirectory + "/control-plane.log")
        let stage = Stage(
            host: self, domain: domain, cluster: cluster,
            client: APIClient(base: "http://127.0.0.1:\(port)", key: key.token), controlPlane: controlPlane,
            port: port)
        let outcome: Result<Void, any Error> = await withTaskGroup(of: Result<Void, any Error>?.self) { group in
            group.addTask {
                await controlPlane.run()
                return nil
            }
            group.addTask {
                do {
                    try await waitUntilReady(stage.client)
                    return .success(try await measure(stage))
                } catch {
                    return .failure(error)
                }
            }
            var outcome: Result<Void, any Error> = .failure(CancellationError())
            while let ended = await group.next() {
                guard let ended else { continue }
                outcome = ended
                group.cancelAll()
            }
            return outcome
        }
        await domain.database.shutdown()
        try outcome.get()
    }

    private func waitUntilReady(_ client: APIClient) async throws {
        let deadline = ContinuousClock.now + .seconds(DemoSession.readySeconds)
        while ContinuousClock.now < deadline {
            if (try? await client.get("/health/ready")) != nil { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Problem(
            .unavailable, "The control plane did not become ready. See \(data.logDirectory)/control-plane.log.")
    }
}
