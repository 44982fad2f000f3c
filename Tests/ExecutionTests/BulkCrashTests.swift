import Database
import Execution
import JSON
import Logging
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

/// A control plane dies as a process does: its sessions end wherever they are, and nothing of its memory is left.
@Suite("a control plane dies in the middle of an operation on many runs", .timeLimit(.minutes(10)))
struct BulkCrashTests {
    /// As many as one call of the runner takes.
    private static let runs = 90

    private static let ask: JSONValue = [
        "call": "human-task:1.0.0@default", "with": ["title": "Release?", "role": "supervisor"],
    ]

    /// Works at operations until they are done, and is killed again and again at it.
    private func workOffDying(_ fixture: RepairFixture, _ id: BulkOperationID) async throws -> Int {
        var logger = Logger(label: "dying")
        logger.logLevel = .critical
        var kills = 0
        for round in 0..<400 {
            let database = Database(fixture.shell.database.configuration, logger: logger)
            let runs = RunDirectory(
                database: database, board: fixture.shell.restarted().board, definitions: fixture.documents,
                clock: fixture.shell.clock)
            let logger = logger
            let work = Task { try await BulkService(runs: runs, logger: logger).workOff() }
            // Where it stands then is another place each time.
            try await Task.sleep(for: .milliseconds(40 + round * 13 % 70))
            try await SuperuserSession.run(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename LIKE 'millwright%'
                  AND (query LIKE '%bulk_operation%' OR state LIKE 'idle in%')
                """, on: database)
            work.cancel()
            _ = await work.result
            await database.shutdown()
            kills += 1
            let operation = try await lookAgain { try await fixture.runs.bulkOperation(id, in: fixture.shell.scope) }
            if operation.status == .completed { break }
        }
        return kills
    }

    /// The fixture's own sessions may have been among those that ended.
    private func lookAgain<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 0..<20 {
            if let value = try? await body() { return value }
            try await Task.sleep(for: .milliseconds(50))
        }
        return try await body()
    }

    private func begin(_ action: RunAction, _ fixture: RepairFixture) async throws -> BulkOperationID {
        fixture.shell.clock.advance(seconds: 1)
        let scope = fixture.shell.scope
        let preview = try await fixture.runs.preview(action, on: .init(), in: scope, reason: "r", by: .system)
        #expect(preview.count == Self.runs && preview.refusals.isEmpty, "\(preview.refusals)")
        return try await fixture.runs.begin(
            action, on: .init(), before: preview.before, planned: preview.count, in: scope, reason: "r", by: .system)
    }

    /// Each run has one audit entry and moved on by one transition.
    private func expectOnce(_ action: String, _ id: BulkOperationID, from sequence: Int64, _ fixture: RepairFixture)
        async throws
    {
        let shell = fixture.shell
        let operation = try await lookAgain { try await fixture.runs.bulkOperation(id, in: shell.scope) }
        #expect(operation.status == .completed)
        #expect(operation.succeeded == Self.runs && operation.failed == 0, "\(operation)")
        let rows = try await shell.database.readPipeline(
            shell.scope,
            [
                """
                SELECT count(*) AS entries, count(DISTINCT object_id) AS runs FROM millwright.audit_entry
                WHERE action = \(action)
                """,
                "SELECT min(sequence) AS low, max(sequence) AS high FROM millwright.run",
            ])
        #expect(try rows[0][0].decode("entries", as: Int.self) == Self.runs)
        #expect(try rows[0][0].decode("runs", as: Int.self) == Self.runs)
        #expect(try rows[1][0].decode("low", as: Int64.self) == sequence + 1)
        #expect(try rows[1][0].decode("high", as: Int64.self) == sequence + 1)
        let ended = try await shell.count("millwright.audit_entry", "action = 'bulk-operation.completed'")
        #expect(ended == 1)
    }

    @Test("every run is cancelled once, whenever it dies")
    func cancel() async throws {
        try await RepairFixture.with([["ask": Self.ask]]) { fixture in
            for _ in 0..<Self.runs { _ = try await fixture.start() }
            while try await !fixture.turn().isEmpty {}
            let id = try await begin(.cancel, fixture)
            let kills = try await workOffDying(fixture, id)
            #expect(kills > 2, "it died \(kills) times")
            try await expectOnce("run.cancelled", id, from: 1, fixture)
            #expect(try await fixture.shell.metered(.runs) == Self.runs)
            #expect(try await fixture.shell.count("millwright.human_task", "status = 'cancelled'") == Self.runs)
        }
    }

    @Test("every run is migrated once, and its open task stays with whoever has it")
    func migrate() async throws {
        let new: JSONValue = [["first": ["set": ["x": 1]]], ["approve": Self.ask]]
        try await RepairFixture.with([["ask": Self.ask]], other: new) { fixture in
            let shell = fixture.shell
            let supervisor = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            for _ in 0..<Self.runs { _ = try await fixture.start() }
            while try await !fixture.turn().isEmpty {}
            for task in try await shell.tasks.list(in: shell.scope, page: PageRequest(limit: 100)).items {
                _ = try await shell.tasks.claim(task.id, in: shell.scope, by: supervisor.principal)
            }
            _ = try await shell.database.pipeline(
                shell.scope, ["UPDATE millwright.workflow SET digest = \(RepairFixture.otherDigest)"])
            let id = try await begin(.migrate(.current, mapping: ["/do/0/ask": "/do/1/approve"]), fixture)
            #expect(try await workOffDying(fixture, id) > 2)
            try await expectOnce("run.migrated", id, from: 1, fixture)
            #expect(
                try await shell.count("millwright.run", "definition_digest = \(RepairFixture.otherDigest)")
                    == Self.runs)
            let kept = supervisor.principal.id
            #expect(
                try await shell.count(
                    "millwright.human_task", "status = 'claimed' AND assignee_principal_id = \(kept)") == Self.runs)
            // The run goes on from where its person decides.
            let task = try #require(
                try await shell.tasks.list(in: shell.scope, page: PageRequest(limit: 100)).items.first {
                    $0.assignee == kept
                })
            _ = try await shell.tasks.decide(task.id, in: shell.scope, outcome: "done", by: supervisor.principal)
            while try await !fixture.turn().isEmpty {}
            #expect(try await fixture.status(task.runID) == .completed)
        }
    }
}
