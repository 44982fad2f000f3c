import Connectors
import Database
import Glibc
import Hummingbird
import JSON
import Logging
import Primitives
import ServiceLifecycle
import Vault

/// One run of the check: everything is started, broken, checked and put away.
struct FaultSession: Sendable {
    struct Plan: Sendable {
        var faults: Int
        var seed: UInt64
        var secondsLimit: Double
        var rate: Double
        var plants: Int
        var part: FaultPart?
        var openRuns: Int
        var nextProgram: String?
        var hasStandby: Bool
        var isQuick: Bool
        var isJSON: Bool

        var kinds: [FaultKind] { (part?.kinds ?? FaultKind.allCases).filter { !isQuick || !$0.takesLong } }
    }

    static let readySeconds = 90.0

    let settings: Settings
    let plan: Plan
    let data: DataDirectory
    let report: FaultReport
    /// Of the check's own connections, which the faults strike too: nothing of that is news.
    let logger: Logger

    init(_ given: Settings, plan: Plan) throws {
        guard given.databaseHost == nil else {
            throw Problem(.invalidParameters, "The check uses servers of its own. Leave --database-host out.")
        }
        var settings = given
        settings.dataDirectory = try DataDirectory.absolute(given.dataDirectory) + "/faults"
        settings.masterKey = .file(settings.dataDirectory + "/master.key")
        settings.privateNetworks = .loopback
        self.settings = settings
        self.plan = plan
        data = try DataDirectory(path: settings.dataDirectory)
        report = FaultReport()
        var logger = Logger(label: "faults")
        logger.logLevel = .critical
        self.logger = logger
    }

    /// - Returns: whether every promise was kept.
    func run() async throws -> Bool {
        let lock = try FileLock(
            data.runtimePath + "/faults.lock", busy: "A check runs in \(data.path) already. Wait for it, or stop it.")
        defer { lock.release() }
        try await DrillRemains.remove(data)
        try DataDirectory.make(data.logDirectory, mode: 0o700)
        report.say("seed \(plan.seed)")
        let database = try DrillDatabase(
            data, hasSmallDisk: plan.kinds.contains(.diskFull), hasStandby: plan.hasStandby, logger: logger)
        let outcome: Result<Bool, any Error>
        do {
            report.say("Starting PostgreSQL …")
            try await database.prepare(migrations: settings.home + "/Migrations")
            outcome = .success(try await withWorld(database))
        } catch {
            outcome = .failure(error)
        }
        // Also when it was cancelled: what was started is stopped.
        let keeps = (try? outcome.get()) != true
        await Task {
            await database.stop(keepingDisks: keeps)
            if !keeps { try? await DrillRemains.remove(data) }
        }.value
        if keeps { report.say("What it looked like is kept in \(data.path).") }
        return try outcome.get()
    }

    private func withWorld(_ database: DrillDatabase) async throws -> Bool {
        let points = FaultPoints()
        let systems = DrillSystems(points: points)
        let systemsPort = try FreePort.any()
        let domain = try await Domain(settings, database: database.configuration, logger: logger)
        let tenants = DrillTenants(
            domain: domain, folder: data.path, plantCount: plan.plants, systemsPort: systemsPort)
        let (administrator, supervisors) = try await tenants.apply()
        let planes = try ["one", "two"].map { try plane($0, database, points) }
        let balancerPort = try FreePort.any()
        let balancer = FaultyLink(.port(balancerPort), to: planes.map { .port($0.port) }) { isToServer, _ in
            points.pass(isToServer ? .eventSent : .eventAnswered)
        }
        try await balancer.open()
        for link in planes.flatMap(\.databaseLinks) { try await link.open() }
        let taps = try RunnerTaps(
            root: data.plantsDirectory, aside: data.runtimePath + "/aside", points: points)
        let base = "http://127.0.0.1:\(balancerPort)"
        let outcome: Result<Bool, any Error> = await withTaskGroup(of: Result<Bool, any Error>?.self) { group in
            group.addTask {
                let application = systems.application(port: systemsPort, logger: logger)
                try? await application.run()
                return nil
            }
            for plane in planes {
                group.addTask {
                    await plane.process.run()
                    return nil
                }
            }
            group.addTask {
                await taps.run()
                return nil
            }
            group.addTask {
                await database.watch()
                return nil
            }
            group.addTask {
                do {
                    for plane in planes { try await ready(plane, administrator) }
                    let client = APIClient(base: base, key: administrator)
                    let plants = try await tenants.furnish(client, supervisors)
                    for plant in plants { try await waitForRunner(of: plant.id, client) }
                    let ledger = DrillLedger()
                    let load = DrillLoad(
                        base: base, plants: plants, administratorKey: administrator, ledger: ledger,
                        name: "s\(plan.seed)", rate: plan.rate)
                    let world = DrillWorld(
                        data: data, domain: domain, database: database, planes: planes, balancer: balancer,
                        taps: taps, systems: systems, points: points, plants: plants, load: load, ledger: ledger,
                        report: report)
                    return .success(try await FaultPlay(world: world, plan: plan).perform())
                } catch {
                    return .failure(error)
                }
            }
            var outcome: Result<Bool, any Error> = .failure(CancellationError())
            while let ended = await group.next() {
                guard let ended else { continue }
                outcome = ended
                // A process that is still stopped would not hear that it shall end.
                for pid in planes.flatMap({ ProcessTree.family(of: $0.process.pid) }) { kill(pid, SIGCONT) }
                group.cancelAll()
            }
            return outcome
        }
        await balancer.close()
        for link in planes.flatMap(\.databaseLinks) { await link.close() }
        await domain.database.shutdown()
        return try outcome.get()
    }

    /// A control plane with a link of its own to each PostgreSQL server.
    private func plane(_ name: String, _ database: DrillDatabase, _ points: FaultPoints) throws -> DrillWorld.Plane {
        var hosts: [String] = []
        let links = try database.nodes.map { node in
            let directory = "\(data.runtimePath)/\(name)-\(node.name)"
            try DataDirectory.make(directory, mode: 0o700)
            hosts.append(directory)
            let server = "\(node.cluster.socketDirectory)/.s.PGSQL.\(node.cluster.port)"
            return FaultyLink(.path(directory + "/.s.PGSQL.5432"), to: [.path(server)]) { isToServer, _ in
                points.pass(isToServer ? .commitSent : .commitAnswered)
            }
        }
        let port = try FreePort.any()
        let process = SupervisedProcess(
            name: "control plane " + name,
            arguments: [
                "serve", "--data-dir", data.path, "--port", String(port), "--log-level", settings.logLevel.rawValue,
                "--database-host", hosts.joined(separator: ","), "--database-name", DrillDatabase.databaseName,
            ],
            // Another version may stand elsewhere.
            environment: [
                "MILLWRIGHT_HOME": settings.home,
                // Not a flag: an older version does not know it.
                "MILLWRIGHT_PRIVATE_NETWORKS": settings.privateNetworks.description,
            ],
            logPath: "\(data.logDirectory)/control-plane-\(name).log")
        return DrillWorld.Plane(name: name, process: process, databaseLinks: links, port: port)
    }

    private func ready(_ plane: DrillWorld.Plane, _ key: String) async throws {
        let client = APIClient(base: "http://127.0.0.1:\(plane.port)", key: key, timeoutSeconds: 2)
        let deadline = ContinuousClock.now + .seconds(Self.readySeconds)
        while ContinuousClock.now < deadline {
            if (try? await client.get("/health/ready")) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem(.unavailable, "A control plane did not become ready. See \(data.logDirectory).")
    }

    private func waitForRunner(of plant: String, _ client: APIClient) async throws {
        let deadline = ContinuousClock.now + .seconds(Self.readySeconds)
        while ContinuousClock.now < deadline {
            if (try? await client.get("/v1/plants/\(plant)/runner")["observedState"]) == "ready" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem(.unavailable, "The runner of plant \(plant) did not become ready. See \(data.logDirectory).")
    }
}
