import Database
import Execution
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Primitives
import Synchronization
import Tenancy
import TestSupport
import Testing
import Web

/// The portal on a database of its own, with one plant, and browsers that look at it.
struct PortalFixture: Sendable {
    let tenants: TenantFixture
    let place: TenantFixture.Place
    let tasks: HumanTaskService
    let client: any TestClientProtocol

    static func with<Value: Sendable>(
        cookiesNeedHTTPS: Bool = false, timeZone: String = "Australia/Perth",
        _ body: @Sendable @escaping (PortalFixture) async throws -> Value
    ) async throws -> Value {
        try await TenantFixture.with { tenants in
            let place = try await tenants.makePlant(timeZone: timeZone)
            return try await serving(tenants, place, cookiesNeedHTTPS: cookiesNeedHTTPS, body)
        }
    }

    /// A second control plane on the same database, which hears of the first one's changes through the database alone.
    func withReplica<Value: Sendable>(
        _ body: @Sendable @escaping (PortalFixture) async throws -> Value
    ) async throws -> Value {
        let (replica, place) = (TenantFixture(tenants.database), place)
        return try await replica.listening { try await Self.serving(replica, place, body) }
    }

    private static func serving<Value: Sendable>(
        _ tenants: TenantFixture, _ place: TenantFixture.Place, cookiesNeedHTTPS: Bool = false,
        _ body: @Sendable @escaping (PortalFixture) async throws -> Value
    ) async throws -> Value {
        let tasks = HumanTaskService(database: tenants.database, board: DispatchBoard())
        let router = WebFixture(tenants, limits: WebFixture.wideLimits).surface.router()
        Portal(
            authenticator: tenants.authenticator, principals: tenants.principals,
            sessions: SessionStore(tenants.database), brands: tenants.brands, tenants: tenants.directory,
            humanTasks: tasks, limits: WebFixture.wideLimits, cookiesNeedHTTPS: cookiesNeedHTTPS
        ).addRoutes(to: router)
        let application = Application(responder: HostOfTest(inner: router.buildResponder()))
        return try await application.test(.router) { client in
            try await body(PortalFixture(tenants: tenants, place: place, tasks: tasks, client: client))
        }
    }

    func browser(host: String = "localhost") -> Browser { Browser(client: client, host: host) }

    /// A browser in which somebody has signed in with a key.
    func browser(of holder: TenantFixture.KeyHolder, host: String = "localhost") async throws -> Browser {
        let browser = browser(host: host)
        _ = try await browser.signIn(key: holder.key)
        return browser
    }

    static let password = "a long pass phrase"

    func personWithPassword(_ role: Role = .supervisor) async throws -> TenantFixture.KeyHolder {
        try await tenants.makePrincipal(role, in: place.scope, password: Self.password)
    }

    /// A browser in which somebody has signed in with the password.
    func browser(of person: Principal, password: String = password) async throws -> Browser {
        let browser = browser()
        let page = try await browser.signIn(person, password: password)
        #expect(page.status == 303)
        return browser
    }

    // MARK: Tasks

    static let outcomes: JSONValue = [
        ["name": "approve", "label": "Approve"], ["name": "reject", "label": "Reject", "requiresReason": true],
    ]

    struct Wanted: Sendable {
        var title = "Approve the repair"
        var role = Role.supervisor
        var description: String?
        var form: JSONValue?
        var evidence: JSONValue?
        var outcomes = PortalFixture.outcomes
        var fourEyes = false
        var initiator: PrincipalID?
        var requestedBy: String?
        var dueAt: Timestamp?
        /// Its own name for each task when there is none.
        var workflow: String?
    }

    /// A waiting run with a task, as a runner's commit leaves them.
    func addTask(_ wanted: Wanted = Wanted(), in place: TenantFixture.Place? = nil) async throws -> HumanTask {
        let place = place ?? self.place
        let (workflow, run, id) = (WorkflowID(), RunID(), HumanTaskID())
        let slug = "t\(UInt64.random(in: 0 ... .max))"
        let digest = String(repeating: "0", count: 64)
        _ = try await tenants.database.pipeline(
            place.scope, Self.workflow(workflow, wanted.workflow ?? slug, slug, digest, place))
        _ = try await tenants.database.pipeline(
            place.scope,
            [
                """
                INSERT INTO millwright.run (
                  partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, status, sequence, epoch,
                  priority, chain_depth, journal_length, accepted_at, input)
                VALUES (
                  \(place.partnerID), \(place.clientID), \(place.plantID), \(run), \(workflow), \(digest), 'pending', 0, 0,
                  50, 0, 0, now(), '{}')
                """,
                """
                UPDATE millwright.run
                SET status = 'waiting', sequence = 1, epoch = 1, started_at = now(), state = '{}'
                WHERE partner_id = \(place.partnerID) AND client_id = \(place.clientID) AND plant_id = \(place.plantID)
                  AND run_id = \(run)
                """,
                """
                INSERT INTO millwright.human_task (
                  partner_id, client_id, plant_id, human_task_id, run_id, wait_id, workflow_id, status, role, title,
                  description, form, evidence, outcomes, priority, four_eyes, initiator_principal_id, requested_by,
                  opened_at, due_at, on_due, escalation_level, next_action_at)
                VALUES (
                  \(place.partnerID), \(place.clientID), \(place.plantID), \(id), \(run), 'h#1', \(workflow), 'open',
                  \(wanted.role.rawValue), \(wanted.title), \(wanted.description),
                  \(wanted.form?.serialized())::text::json, \(wanted.evidence?.serialized())::text::json,
                  \(wanted.outcomes.serialized())::text::json, 50, \(wanted.fourEyes), \(wanted.initiator),
                  \(wanted.requestedBy), now(), \(wanted.dueAt), 'expire', 0, \(wanted.dueAt))
                """,
            ])
        return try await tasks.task(id, in: place.scope)
    }

    private static func workflow(
        _ id: WorkflowID, _ name: String, _ slug: String, _ digest: String, _ place: TenantFixture.Place
    ) -> [Statement] {
        let version = TemplateVersionID()
        return [
            """
            INSERT INTO millwright.template (partner_id, slug, origin, created_at)
            VALUES (\(place.partnerID), \(slug), 'partner', now())
            """,
            """
            INSERT INTO millwright.template_version (
              partner_id, template_version_id, slug, version, digest, origin, name, summary, package, published_at,
              published_by)
            VALUES (
              \(place.partnerID), \(version), \(slug), '1.0.0', \(digest), 'partner', 'x', 'For tests.', '{}', now(), 'x')
            """,
            """
            INSERT INTO millwright.workflow (
              partner_id, client_id, plant_id, workflow_id, name, template_version_id, document_namespace,
              document_name, document_version, parameters, bindings, digest, is_enabled, created_at, updated_at)
            VALUES (
              \(place.partnerID), \(place.clientID), \(place.plantID), \(id), \(name), \(version), 'tests', \(slug),
              '1.0.0', '{}', '{}', \(digest), true, now(), now())
            """,
        ]
    }

    func path(_ task: HumanTask) -> String { "/portal/plants/\(task.scope.plantID!)/tasks/\(task.id)" }

    func count(_ table: Statement) async throws -> Int {
        let rows = try await tenants.database.readPipeline(
            .platform, ["SELECT count(*) AS number FROM \(fragment: table)"])
        return try rows[0][0].decode("number")
    }

    func change(_ statement: Statement) async throws {
        _ = try await tenants.database.pipeline(.platform, [statement])
    }
}

/// Requests of a test say by a header which host name they are for; over a socket the `Host` header does.
struct HostOfTest<Inner: HTTPResponder>: HTTPResponder where Inner.Context == MillwrightContext {
    let inner: Inner

    @concurrent
    func respond(to request: Request, context: MillwrightContext) async throws -> Response {
        var head = request.head
        head.authority = head.headerFields[.testHost]
        return try await inner.respond(to: Request(head: head, body: request.body), context: context)
    }
}

extension HTTPField.Name {
    static let testHost = HTTPField.Name("X-Test-Host")!
}
