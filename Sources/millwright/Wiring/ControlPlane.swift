import Catalogue
import Connectors
import Database
import Execution
import Glibc
import Hummingbird
import Insight
import Logging
import Metrics
import NIOCore
import NIOPosix
import Primitives
import Provisioning
import Redis
import ServiceLifecycle
import Tenancy
import Vault
import Web

/// The control plane: every part, wired. Reading `services` from top to bottom is reading what the process does.
struct ControlPlane: Sendable {
    let domain: Domain
    let data: DataDirectory
    let metrics: PrometheusRegistry
    let logger: Logger

    private let board = DispatchBoard()
    private let bell = DeadlineBell()

    init(_ domain: Domain, _ data: DataDirectory, metrics: PrometheusRegistry, logger: Logger) {
        self.domain = domain
        self.data = data
        self.metrics = metrics
        self.logger = logger
    }

    /// - Parameter ready: called with the address once requests are served.
    func services(ready: @escaping @Sendable (String) async -> Void) async throws -> [any Service] {
        let database = domain.database
        let triggers = DatabaseTriggerSource(database: database, logger: logger)
        let catalogue = PlantCatalogue(database: database)
        let zones = ZoneFiles()
        let sync = SyncService(
            database: database, board: board, triggers: triggers,
            definitions: CatalogueDefinitions(catalogue: catalogue),
            settings: CatalogueSettings(catalogue: catalogue, vault: domain.vault, logger: logger), zones: zones,
            deadlines: bell,
            clocks: domain.clockBell, duplicates: domain.settings.duplicates, logger: logger)
        let intake = EventIntake(
            database: database, board: board, triggers: triggers, duplicates: domain.settings.duplicates, logger: logger
        )
        let humanTasks = HumanTaskService(database: database, board: board, bell: bell)
        let runners = RunnerStore(database: database, board: board)
        let runs = RunDirectory(
            database: database, board: board, definitions: CatalogueDefinitions(catalogue: catalogue))
        let sessions = SessionStore(database)
        let idempotency = IdempotencyStore(database)
        let limits = RequestLimits(
            limiter: rateLimiter(), perPrincipal: domain.settings.rateLimit,
            trustedProxies: domain.settings.trustedProxies)
        let readiness = Readiness(database)

        let surface = APISurface(
            .init(
                tenants: domain.tenants, principals: domain.principals, authenticator: domain.authenticator,
                brands: domain.brands, egress: domain.egress,
                privateNetworks: domain.settings.privateNetworks, processPolicies: domain.processPolicies,
                audit: domain.audit, vault: domain.vault,
                templates: domain.templates, connections: domain.connections, workflows: domain.workflows,
                intake: intake, runs: runs, humanTasks: humanTasks,
                calendars: domain.calendars, runners: runners,
                overview: domain.overview,
                ledger: domain.ledger, priceBooks: domain.priceBooks, invoices: domain.invoices,
                idempotency: idempotency, limits: limits, metrics: metrics,
                readiness: { await readiness.missing() }),
            version: Version.text)
        let router = surface.router()
        Portal(
            authenticator: domain.authenticator, principals: domain.principals, sessions: sessions,
            brands: domain.brands, tenants: domain.tenants, humanTasks: humanTasks, limits: limits,
            cookiesNeedHTTPS: domain.settings.portalNeedsHTTPS
        ).addRoutes(to: router)

        var services: [any Service] = [
            database,
            Repeated("tenancy feed", logger) { try await domain.feed.run() },
            Repeated("key use", logger) { try await domain.authenticator.run() },
            WorkListener(database: database, board: board),
            ScheduleService(database: database, board: board, zones: zones, logger: logger),
            ServiceLevelWatch(
                database: database, board: board, triggers: triggers, zones: zones, bell: domain.clockBell,
                logger: logger),
            Deadlines(
                service: humanTasks, bell: bell,
                announcer: TaskAnnouncer(database: database, board: board, triggers: triggers), logger: logger),
            SlotService(database: database, board: board, logger: logger),
            BulkService(runs: runs, logger: logger),
            Repeated("old checkpoints", logger, everySeconds: 3600) { try await runs.removeOldCheckpoints() },
            RetentionService(
                Retention(database: database, policy: domain.settings.retention, logger: logger), logger: logger),
            Repeated("expired keys and sessions", logger, everySeconds: 3600) { try await idempotency.removeExpired() },
        ]
        services += try await provisioning(sync, runners)
        let host = domain.settings.host
        let port = domain.settings.port
        services.append(
            Application(
                responder: router.buildResponder(), server: HTTPLimits().server,
                configuration: .init(
                    address: .hostname(host, port: port), serverName: "millwright",
                    availableConnectionsDelegate: .maximum(HTTPLimits.maximumConnections, logger: logger)),
                onServerRunning: { channel in
                    await ready("http://\(host):\(channel.localAddress?.port ?? port)")
                }, logger: logger))
        return services
    }

    /// Shared by all replicas where there is Redis. It is a hint: nothing waits for it to be there.
    private func rateLimiter() -> any RateLimiter {
        guard let endpoint = domain.settings.redis else { return InProcessRateLimiter() }
        return RedisRateLimiter(RedisClient(endpoint), logger: logger)
    }

    /// The runners, when no other process of this data directory has them.
    private func provisioning(_ sync: SyncService, _ runners: RunnerStore) async throws -> [any Service] {
        let account = Account.ofRunners.map {
            LocalProcessDriver.Account(userID: $0.userID, groupID: $0.groupID)
        }
        let driver = LocalProcessDriver(
            runnerPath: try RunnerCopy.place(domain.settings.runnerPath, data),
            bubblewrapPath: domain.settings.bubblewrapPath, account: account, logger: logger)
        let missing = await driver.missingProtections()
        for protection in missing {
            logger.warning("a protection of the runners is missing", metadata: ["protection": "\(protection)"])
        }
        guard missing.isEmpty || domain.settings.mode == .development else {
            throw Problem(
                .unavailable, "Production mode needs every protection of the runners.",
                items: missing.map { .init(path: "sandbox", message: $0) })
        }
        let gateway = EgressGateway(group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let houses = PlantHouses(
            root: data.plantsDirectory, account: account, endpoint: SyncGate(service: sync, logger: logger),
            egress: PlantEgress.server(gateway, domain.egress, domain.settings.privateNetworks),
            processes: await processes(account),
            group: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
        let reconciler = Reconciler(
            registry: StoredRunners(store: runners), driver: driver, houses: houses, logger: logger)
        return [ExclusiveService(reconciler, lockFile: data.provisionerLockFile, logger: logger)]
    }
}

extension ControlPlane {
    /// Where plants' scripts and shell commands run; `nil` where production mode misses a protection of them.
    private func processes(_ account: LocalProcessDriver.Account?) async -> ProcessGate? {
        await ProcessGate.checked(
            policies: PlantProcesses.policies(domain.processPolicies),
            sandbox: ProcessSandbox(bubblewrapPath: domain.settings.bubblewrapPath, account: account),
            needsProtections: domain.settings.mode == .production, logger: logger)
    }
}

/// Runs a body for as long as the process serves, again after a pause when it ends or fails.
struct Repeated: Service {
    let name: String
    let logger: Logger
    let pauseSeconds: Double
    let body: @Sendable () async throws -> Void

    init(
        _ name: String, _ logger: Logger, everySeconds pauseSeconds: Double = 1,
        _ body: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.logger = logger
        self.pauseSeconds = pauseSeconds
        self.body = body
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await body()
                } catch {
                    if Task.isCancelled { return }
                    logger.warning("\(name) failed", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(pauseSeconds))
            }
        }
    }
}
