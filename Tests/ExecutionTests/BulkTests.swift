import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("an operation on many runs touches what was meant, once", .timeLimit(.minutes(10)))
struct BulkTests {
    private func started(_ count: Int, _ shell: ShellFixture) async throws -> [RunID] {
        let workflow = try await shell.addWorkflow("triage")
        var ids: [RunID] = []
        for _ in 0..<count {
            ids.append(try await shell.runs.start(workflow, in: shell.scope, input: [:], by: .system))
        }
        shell.clock.advance(seconds: 1)
        return ids
    }

    private func preview(_ action: RunAction, _ filter: RunFilter, _ shell: ShellFixture) async throws -> BulkPreview {
        try await shell.runs.preview(action, on: filter, in: shell.scope, reason: "r", by: .system)
    }

    private func begin(
        _ action: RunAction, _ filter: RunFilter, _ shell: ShellFixture, dryRun: UUIDv7? = nil
    ) async throws -> BulkOperationID {
        let before = try await preview(action, filter, shell).before
        return try await shell.runs.begin(
            action, on: filter, before: before, planned: 1, dryRun: dryRun, in: shell.scope, reason: "r", by: .system)
    }

    private func service(_ shell: ShellFixture) -> BulkService {
        BulkService(runs: shell.runs, logger: PostgresFixture.logger)
    }

    @Test("a run that somebody changed after it was looked up, so that it does not fit any more, is left alone")
    func changedMeanwhile() async throws {
        try await ShellFixture.with { shell in
            let ids = try await started(4, shell)
            let id = try await begin(.cancel, RunFilter(statuses: [.pending]), shell)
            let (locked, isLocked) = AsyncStream.makeStream(of: Void.self)
            let (release, isReleased) = AsyncStream.makeStream(of: Void.self)
            let operatorsChange = Task {
                try await shell.database.transaction(shell.scope) { transaction in
                    try await transaction.execute(
                        """
                        UPDATE millwright.run SET status = 'suspended', suspended_status = 'pending', sequence = sequence + 1
                        WHERE run_id = \(ids[1])
                        """)
                    isLocked.finish()
                    for await _ in release {}
                }
            }
            for await _ in locked {}
            let work = Task { _ = try await service(shell).workOff() }
            try await shell.waitForLock()
            isReleased.finish()
            try await operatorsChange.value
            try await work.value
            let operation = try await shell.runs.bulkOperation(id, in: shell.scope)
            #expect(operation.status == .completed && operation.succeeded == 3 && operation.failed == 0)
            #expect(try await shell.runs.run(ids[1], in: shell.scope).summary.status == .suspended)
        }
    }

    @Test(
        "an operation whose beginner may not act here any more, or whose plant is suspended, ends and changes nothing")
    func authority() async throws {
        func reasons(_ shell: ShellFixture) async throws -> [String] {
            try await shell.database.readPipeline(
                shell.scope,
                [
                    "SELECT reason FROM millwright.audit_entry WHERE action = 'bulk-operation.cancelled' ORDER BY recorded_at"
                ])[0]
                .map { try $0.decode("reason") }
        }
        try await ShellFixture.with { shell in
            let ids = try await started(2, shell)
            let people = try await shell.supervisors(3)
            func begun(by person: Principal, _ action: RunAction) async throws -> BulkOperationID {
                let preview = try await preview(action, RunFilter(), shell)
                return try await shell.runs.begin(
                    action, on: RunFilter(), before: preview.before, planned: 2, in: shell.scope, reason: "r",
                    by: person.actor(origin: nil))
            }
            let unbound = try await begun(by: people[0], .cancel)
            let disabled = try await begun(by: people[1], .cancel)
            _ = try await shell.tenants.principals.revoke(
                RoleBinding(role: .supervisor, scope: shell.scope), from: people[0].id, in: shell.scope,
                grantedBy: .system, by: .system)
            _ = try await shell.tenants.principals.disable(people[1].id, in: shell.scope, by: .system)
            let suspending = try await begun(by: people[2], .suspend)
            _ = try await service(shell).workOff()
            for id in [unbound, disabled] {
                let operation = try await shell.runs.bulkOperation(id, in: shell.scope)
                #expect(operation.status == .cancelled && operation.succeeded == 0 && operation.endedAt != nil)
            }
            #expect(try await shell.runs.bulkOperation(suspending, in: shell.scope).succeeded == ids.count)
            #expect(try await reasons(shell).allSatisfy { $0.contains("who began it") })
            #expect(try await reasons(shell).count == 2)
            let late = try await begun(by: people[2], .cancel)
            _ = try await shell.tenants.directory.suspend(shell.scope, reason: "unpaid", by: .system)
            _ = try await service(shell).workOff()
            #expect(try await shell.runs.bulkOperation(late, in: shell.scope).status == .cancelled)
            #expect(try await reasons(shell).last?.contains("suspended") == true)
        }
    }

    @Test("operations take turns, and one that cannot go on stops none of the others")
    func turns() async throws {
        try await ShellFixture.with { shell in
            _ = try await started(2, shell)
            let broken = try await begin(.suspend, RunFilter(), shell)
            _ = try await shell.database.pipeline(
                shell.scope,
                [
                    "UPDATE millwright.bulk_operation SET filter = '{\"nonsense\": 1}' WHERE bulk_operation_id = \(broken)"
                ])
            let sibling = try await shell.sibling()
            let others = try await started(60, sibling)
            let id = try await begin(.cancel, RunFilter(), sibling)
            _ = try await service(shell).workOff()
            let operation = try await sibling.runs.bulkOperation(id, in: sibling.scope)
            #expect(operation.status == .completed && operation.succeeded == others.count)
            #expect(try await shell.count("millwright.run", "status = 'pending'") == 2)
        }
    }

    @Test("of several processes at one operation each run is restarted by one")
    func severalProcesses() async throws {
        try await ShellFixture.with { shell in
            let ids = try await started(60, shell)
            for id in ids { try await shell.runs.cancel(id, in: shell.scope, reason: "x", by: .system) }
            let id = try await begin(.restart(.same, input: nil), RunFilter(statuses: [.cancelled]), shell)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for plane in [shell, shell.restarted(), shell.restarted(), shell.restarted()] {
                    group.addTask { _ = try await service(plane).workOff() }
                }
                try await group.waitForAll()
            }
            let operation = try await shell.runs.bulkOperation(id, in: shell.scope)
            #expect(operation.succeeded == ids.count && operation.failed == 0)
            #expect(try await shell.count("millwright.run", "status = 'pending'") == ids.count)
        }
    }

    @Test("a dry run is carried out once, whoever does it, and lists what it would come to on a sample")
    func dryRun() async throws {
        try await ShellFixture.with { shell in
            let ids = try await started(3, shell)
            try await shell.runs.cancel(ids[0], in: shell.scope, reason: "x", by: .system)
            let preview = try await preview(.suspend, RunFilter(), shell)
            #expect(preview.count == 3 && preview.refusals.map(\.runID) == [ids[0]])
            #expect(preview.refusals.first?.code == "wrong-state")
            // Nothing of it was kept.
            #expect(try await shell.count("millwright.run", "status = 'pending'") == 2)
            #expect(try await shell.count("millwright.audit_entry", "action = 'run.suspended'") == 0)
            let restart = try await self.preview(.restart(.same, input: nil), RunFilter(), shell)
            #expect(restart.refusals.count == 2)
            #expect(try await shell.count("millwright.run") == 3)

            let dryRun = UUIDv7()
            _ = try await begin(.suspend, RunFilter(), shell, dryRun: dryRun)
            await #expect(throws: Problem.self) { _ = try await begin(.suspend, RunFilter(), shell, dryRun: dryRun) }
            let list = try await shell.runs.bulkOperations(in: shell.scope, page: .init())
            #expect(list.items.count == 1)
            let sibling = try await shell.sibling()
            #expect(try await sibling.runs.bulkOperations(in: sibling.scope, page: .init()).items.isEmpty)
            let id = list.items[0].id
            #expect(await refusal { try await sibling.runs.bulkOperation(id, in: sibling.scope) } == .notFound)
        }
    }

    @Test("so many operations are under way in a plant and no more, and one names so many runs and no more")
    func tooMany() async throws {
        try await ShellFixture.with { shell in
            _ = try await started(1, shell)
            await #expect(throws: Problem.self) {
                _ = try await shell.runs.begin(
                    .cancel, on: RunFilter(), before: RunID(), planned: RunDirectory.maximumBulkRuns + 1,
                    in: shell.scope, reason: "r", by: .system)
            }
            for _ in 0..<RunDirectory.maximumBulkOperations { _ = try await begin(.suspend, RunFilter(), shell) }
            await #expect(throws: Problem.self) { _ = try await begin(.suspend, RunFilter(), shell) }
            let (page, next) = try await page(nil, shell)
            #expect(page.count == 15 && next != nil)
            #expect(try await self.page(next, shell).0.count == 5)
        }
    }

    private func page(_ cursor: String?, _ shell: ShellFixture) async throws -> ([BulkOperationID], String?) {
        let page = try await shell.runs.bulkOperations(in: shell.scope, page: PageRequest(limit: 15, cursor: cursor))
        return (page.items.map(\.id), page.next)
    }
}

extension ShellFixture {
    /// Until a session of this database waits for another one's lock.
    func waitForLock() async throws { try await waitForLocks(1) { false } }

    /// Until so many sessions do, or something else has happened.
    func waitForLocks(_ count: Int, or hasHappened: () async throws -> Bool) async throws {
        for _ in 0..<500 {
            let waiting = try await SuperuserSession.run(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
                on: database)
            if Int(waiting.filter(\.isNumber)) ?? 0 >= count { return }
            if try await hasHappened() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("nobody waits for a lock")
    }
}
