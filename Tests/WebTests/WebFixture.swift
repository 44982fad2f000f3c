import Billing
import Catalogue
import Connectors
import Database
import Execution
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Insight
import JSON
import Logging
import NIOCore
import Primitives
import Tenancy
import TestSupport
import Vault
import Web

/// The whole API on a database of its own, without a network.
struct WebFixture: Sendable {
    let tenants: TenantFixture
    let surface: APISurface
    let portal: Portal

    /// Tests of permissions present a wrong key for every operation there is: the limits have tests of their own.
    static let wideLimits = RequestLimits(
        refusals: RequestRate(perSecond: 10_000, burst: 100_000),
        signIns: RequestRate(perSecond: 10_000, burst: 100_000))

    let idempotency: IdempotencyStore
    let metrics = PrometheusRegistry()
    let vault: Vault
    let intake: EventIntake
    let catalogue: Catalogue

    /// What tests clone and connect.
    struct Catalogue: Sendable {
        let templates: TemplateDirectory
        let connections: ConnectionDirectory
        let workflows: WorkflowDirectory
    }

    static func with<Value: Sendable>(
        limits: RequestLimits = wideLimits, further: [Operation] = [], logger: Logger = PostgresFixture.logger,
        streamSeconds: Double = 0.3,
        _ body: @Sendable @escaping (WebFixture, any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        try await TenantFixture.with { tenants in
            let fixture = WebFixture(
                tenants, limits: limits, further: further, logger: logger, streamSeconds: streamSeconds)
            let application = Application(responder: fixture.surface.router().buildResponder(), logger: logger)
            return try await application.test(.router) { client in try await body(fixture, client) }
        }
    }

    init(
        _ tenants: TenantFixture, limits: RequestLimits = wideLimits, further: [Operation] = [],
        logger: Logger = PostgresFixture.logger, streamSeconds: Double = 0.3
    ) {
        self.tenants = tenants
        let database = tenants.database
        let board = DispatchBoard()
        let humanTasks = HumanTaskService(database: database, board: board)
        portal = Portal(
            authenticator: tenants.authenticator, principals: tenants.principals, sessions: SessionStore(database),
            brands: tenants.brands, tenants: tenants.directory, humanTasks: humanTasks, limits: limits)
        let triggers = DatabaseTriggerSource(database: database, logger: logger)
        idempotency = IdempotencyStore(database)
        vault = Vault(masterKey: .random(), database: database, audit: VaultInAudit())
        intake = EventIntake(database: database, board: board, triggers: triggers, logger: logger)
        catalogue = Catalogue(
            templates: TemplateDirectory(database: database), connections: ConnectionDirectory(database: database),
            workflows: WorkflowDirectory(database: database))
        let readiness = Readiness(database)
        surface = APISurface(
            .init(
                tenants: tenants.directory, principals: tenants.principals, authenticator: tenants.authenticator,
                brands: tenants.brands,
                egress: EgressDirectory(database: database, feed: tenants.feed) {
                    PrivateNetworks.loopback.objection(to: $0)
                }, privateNetworks: .loopback, processPolicies: tenants.processPolicies,
                audit: tenants.audit,
                vault: vault, templates: catalogue.templates, connections: catalogue.connections,
                workflows: catalogue.workflows, intake: intake,
                runs: RunDirectory(database: database, board: board, definitions: SmallDefinitions()),
                humanTasks: humanTasks,
                calendars: BusinessCalendarDirectory(database: database, bell: DeadlineBell()),
                runners: RunnerStore(database: database, board: board), overview: OverviewReader(database),
                ledger: UsageLedger(database: database), priceBooks: PriceBookDirectory(database: database),
                invoices: InvoiceDirectory(database: database, brands: tenants.brands),
                idempotency: idempotency, limits: limits, metrics: metrics,
                readiness: { await readiness.missing() }),
            further: further, version: "test", streamSeconds: streamSeconds)
    }
}

/// As the control plane wires it.
private struct VaultInAudit: VaultAudit {
    func record(_ change: VaultChange, in transaction: TenantTransaction) async throws {
        try await transaction.record(
            AuditEntry(
                change.kind.rawValue, objectType: "credential", objectID: change.credential.id.description,
                new: ["name": .string(change.credential.name)], reason: change.reason, by: change.actor,
                in: change.credential.scope))
    }
}

extension TestClientProtocol {
    /// - Returns: the status, and the body as JSON where it is JSON.
    func call(
        _ method: HTTPRequest.Method, _ path: String, key: String? = nil, _ body: String? = nil,
        headers more: HTTPFields = [:]
    ) async throws -> (status: Int, body: JSONValue, headers: HTTPFields) {
        var headers: HTTPFields = more
        if let key { headers[.authorization] = "Bearer \(key)" }
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { response in
            let value = (try? JSONValue(parsing: Array(response.body.readableBytesView))) ?? .null
            return (response.status.code, value, response.headers)
        }
    }

    /// The same for a body that is no text.
    func call(
        _ method: HTTPRequest.Method, _ path: String, bytes: [UInt8], headers: HTTPFields
    ) async throws -> (status: Int, body: JSONValue, headers: HTTPFields) {
        try await execute(uri: path, method: method, headers: headers, body: ByteBuffer(bytes: bytes)) { response in
            let value = (try? JSONValue(parsing: Array(response.body.readableBytesView))) ?? .null
            return (response.status.code, value, response.headers)
        }
    }
}
