import Database
import Execution
import JSON
import Logging
import Primitives
import RunnerProtocol
import Synchronization
import Tenancy
import TestSupport
import Workflow

/// One control plane on a database of its own, with one plant.
struct ShellFixture: Sendable {
    let tenants: TenantFixture
    let place: TenantFixture.Place
    let clock: TestClock
    let board: DispatchBoard
    let intake: EventIntake
    let sync: SyncService
    let runs: RunDirectory
    let tasks: HumanTaskService
    let runners: RunnerStore
    let events: EventDirectory
    let bell: DeadlineBell

    var database: Database { tenants.database }
    var scope: TenantScope { place.scope }

    init(_ tenants: TenantFixture, _ place: TenantFixture.Place, clock: TestClock = TestClock()) {
        self.tenants = tenants
        self.place = place
        self.clock = clock
        let database = tenants.database
        let triggers = DatabaseTriggerSource(database: database, logger: PostgresFixture.logger)
        board = DispatchBoard(clock: clock)
        bell = DeadlineBell()
        intake = EventIntake(
            database: database, board: board, triggers: triggers, clock: clock, logger: PostgresFixture.logger)
        sync = SyncService(
            database: database, board: board, triggers: triggers, definitions: FixedDefinitions(),
            settings: FixedSettings(), zones: TestZones(), deadlines: bell, clock: clock, logger: PostgresFixture.logger
        )
        runs = RunDirectory(database: database, board: board, definitions: FixedDefinitions(), clock: clock)
        tasks = HumanTaskService(database: database, board: board, clock: clock)
        runners = RunnerStore(database: database, board: board, clock: clock)
        events = EventDirectory(database: database)
    }

    static func with(_ body: (ShellFixture) async throws -> Void) async throws {
        try await TenantFixture.with { tenants in
            try await body(ShellFixture(tenants, try await tenants.makePlant()))
        }
    }

    /// Another control plane on the same database, which knows nothing of the first.
    func restarted(clock other: TestClock? = nil) -> ShellFixture {
        ShellFixture(tenants, place, clock: other ?? clock)
    }

    func sibling() async throws -> ShellFixture {
        ShellFixture(tenants, try await tenants.makePlant(in: place.partnerID, place.clientID), clock: clock)
    }

    // MARK: Workflows

    static let alarm = "com.millwright.machine.alarm.raised"

    /// A workflow that is started by events of the type, as the catalogue would store it.
    @discardableResult
    func addWorkflow(
        _ name: String, startedBy type: String? = nil, filter: JSONValue? = nil, contract: JSONValue? = nil
    ) async throws -> WorkflowID {
        let id = WorkflowID()
        let version = TemplateVersionID()
        let digest = String(repeating: "0", count: 64 - name.utf8.count) + name.utf8.map { String($0 % 10) }.joined()
        let partner = place.partnerID
        let slug = "t\(UInt64.random(in: 0 ... .max))"
        var statements: [Statement] = [
            """
            INSERT INTO millwright.template (partner_id, slug, origin, created_at)
            VALUES (\(partner), \(slug), 'partner', now())
            """,
            """
            INSERT INTO millwright.template_version (
              partner_id, template_version_id, slug, version, digest, origin, name, summary, package, published_at,
              published_by)
            VALUES (\(partner), \(version), \(slug), '1.0.0', \(digest), 'partner', \(name), 'For tests.', '{}', now(), 'x')
            """,
            """
            INSERT INTO millwright.workflow (
              partner_id, client_id, plant_id, workflow_id, name, template_version_id, document_namespace,
              document_name, document_version, parameters, bindings, digest, is_enabled, created_at, updated_at)
            VALUES (
              \(partner), \(place.clientID), \(place.plantID), \(id), \(name), \(version), 'tests', \(name), '1.0.0', '{}',
              '{}', \(digest), true, now(), now())
            """,
        ]
        if let type {
            let attributes: JSONValue = ["type": .string(type)]
            let filter: JSONValue = filter ?? ["attributes": attributes]
            statements.append(
                """
                INSERT INTO millwright.workflow_trigger (
                  partner_id, client_id, plant_id, workflow_id, position, event_type, filter)
                VALUES (\(partner), \(place.clientID), \(place.plantID), \(id), 0, \(type), \(filter))
                """)
            if let contract {
                statements.append(
                    """
                    INSERT INTO millwright.event_contract (
                      partner_id, client_id, plant_id, workflow_id, event_type, schema)
                    VALUES (\(partner), \(place.clientID), \(place.plantID), \(id), \(type), \(contract))
                    """)
            }
        }
        _ = try await database.pipeline(scope, statements)
        return id
    }

    // MARK: Events

    static func event(
        _ id: String, type: String = alarm, subject: String? = nil, data: JSONValue = ["asset": "press-7"]
    )
        -> IncomingEvent
    {
        IncomingEvent(source: "press-7", id: id, type: type, subject: subject, data: data)
    }

    @discardableResult
    func send(_ events: IncomingEvent..., by actor: Actor = .system) async throws -> [EventOutcome] {
        try await intake.accept(scope, events, by: actor)
    }

    // MARK: Runners

    func startRunner() async throws -> TestRunner {
        let (runnerID, epoch) = try await runners.beginEpoch(of: scope)
        return TestRunner(shell: self, runnerID: runnerID, epoch: epoch)
    }

    // MARK: Looking

    func count(_ table: Statement, _ condition: Statement = "true") async throws -> Int {
        let rows = try await database.readPipeline(
            scope,
            ["SELECT count(*) AS number FROM \(fragment: table) WHERE \(fragment: condition)"])
        return try rows[0][0].decode("number")
    }

    /// The sum of a meter, as it will be billed.
    func metered(_ meter: Meter) async throws -> Int {
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT coalesce(sum(quantity), 0)::bigint AS quantity FROM millwright.usage_record
                WHERE meter = \(meter.rawValue)
                """
            ])
        return try rows[0][0].decode("quantity")
    }
}

/// What a runner says, without an engine: the tests say what it found.
struct TestRunner: Sendable {
    let shell: ShellFixture
    let runnerID: RunnerID
    let epoch: Int64

    func call(
        _ commits: [RunCommit] = [], capacity: Int = 100, waitMilliseconds: Int = 0, isFirst: Bool = false,
        isDraining: Bool = false
    ) async throws -> SyncResponse {
        try await shell.sync.sync(
            shell.scope,
            SyncRequest(
                runnerID: runnerID, epoch: epoch, publicKey: Array(repeating: 1, count: 32), commits: commits,
                capacity: capacity, waitMilliseconds: waitMilliseconds, settingsRevision: isFirst ? 0 : 1,
                isDraining: isDraining, isFirst: isFirst))
    }

    /// Takes everything that is there, as a runner does when it starts.
    func begin() async throws -> [WorkItem] { try await call(isFirst: true).work }
}

extension WorkItem {
    static let moment = Timestamp(unixSeconds: 1_700_000_000)

    /// A run of two tasks that ended.
    func completed(output: JSONValue = ["ok": true], emitted: [JSONValue] = []) -> RunCommit {
        RunCommit(
            runID: runID, expectedSequence: sequence, status: .completed, state: nil, output: output,
            journal: journal(tasks: 2, last: .runCompleted), emitted: emitted, consumedInputs: consumed)
    }

    /// A run that waits after its first task.
    func waiting(for waits: [Wait], status: RunStatus = .waiting, closed: [String] = []) -> RunCommit {
        RunCommit(
            runID: runID, expectedSequence: sequence, status: status, state: ["step": JSONValue(sequence + 1)],
            journal: journal(tasks: 1, last: nil), opened: waits, closed: closed,
            timers: OpenTimer.timers(in: waits), consumedInputs: consumed)
    }

    private var consumed: [Int64] { inputs.map(\.number).filter { $0 > 0 } }

    private func journal(tasks: Int, last: JournalEntry.Kind?) -> [JournalEntry] {
        // The engine counts on from what it recorded; two entries a transition are what these tests make before.
        var ordinal = Int(sequence) * 2
        func entry(_ kind: JournalEntry.Kind, _ task: String? = nil) -> JournalEntry {
            ordinal += 1
            return JournalEntry(
                ordinal: ordinal, kind: kind, taskReference: task, taskType: task == nil ? nil : "set",
                startedAt: Self.moment, endedAt: Self.moment.adding(seconds: 1), output: ["n": JSONValue(ordinal)])
        }
        var entries: [JournalEntry] = sequence == 0 ? [entry(.runStarted)] : []
        for task in 0..<tasks { entries.append(entry(.taskCompleted, "/do/\(task)/step")) }
        if let last { entries.append(entry(last)) }
        return entries
    }
}

/// A clock that the test moves; it stands at the real time when it is made.
final class TestClock: WallClock {
    private let moment = Mutex(Timestamp.now())

    func now() -> Timestamp { moment.withLock { $0 } }
    func advance(seconds: Double) { moment.withLock { $0 = $0.adding(seconds: seconds) } }
}

struct FixedDefinitions: DefinitionSource {
    func definitions(_ digests: Set<String>, of plant: PlantKey) async throws -> [DefinitionEnvelope] {
        digests.sorted().map {
            DefinitionEnvelope(digest: $0, document: [:], parameters: [:], bindings: [:], facts: [:])
        }
    }
}

struct FixedSettings: SettingsSource {
    func settings(of plant: PlantKey, newerThan revision: Int64, sealedTo publicKey: [UInt8]) async throws
        -> PlantSettings?
    {
        revision >= 1 ? nil : PlantSettings(revision: 1, connections: [], maximumRunsInHand: 100, maximumEffects: 10)
    }
}
