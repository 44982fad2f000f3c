import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("runs can be seen and operated", .timeLimit(.minutes(10)))
struct RunDirectoryTests {
    private func code(_ body: () async throws -> Void) async -> Problem.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? Problem)?.code
        }
    }

    @Test("a run that is started by hand is run, and the audit says who started it")
    func start() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            let person = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            let id = try await shell.runs.start(
                workflow, in: shell.scope, input: ["lot": "L1"], businessKey: "L1", by: person.actor)
            let item = try #require(try await runner.call().work.first)
            #expect(item.runID == id && item.input == ["lot": "L1"])
            _ = try await runner.call([item.completed()])
            let audit = try await shell.tenants.audit.entries(
                in: shell.scope, matching: .init(action: "run.started"), page: .init())
            #expect(audit.items.map(\.entry.objectID) == [id.description])
            let timeline = try await shell.runs.timeline(of: id, in: shell.scope)
            #expect(timeline.entries.map(\.kind) == [.runStarted, .taskCompleted, .taskCompleted, .runCompleted])
            #expect(timeline.entries[1].duration == .seconds(1))
        }
    }

    @Test("what cannot be started says why: unknown, foreign or disabled workflow, bad input, suspended plant")
    func refusedStarts() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            let sibling = try await shell.sibling()
            func start(_ shell: ShellFixture, _ id: WorkflowID, key: String? = nil) async -> Problem.Code? {
                await code {
                    _ = try await shell.runs.start(id, in: shell.scope, input: [:], businessKey: key, by: .system)
                }
            }
            #expect(await start(shell, WorkflowID()) == .notFound)
            #expect(await start(sibling, workflow) == .notFound)
            #expect(await start(shell, workflow, key: "") == .invalidRequest)
            _ = try await shell.database.pipeline(shell.scope, ["UPDATE millwright.workflow SET is_enabled = false"])
            #expect(await start(shell, workflow) == .wrongState)
            _ = try await shell.tenants.directory.suspend(shell.scope, reason: "unpaid", by: .system)
            #expect(await start(shell, workflow) == .tenantSuspended)
            #expect(try await shell.count("millwright.run") == 0)
        }
    }

    @Test("a suspended run keeps its answers until it is resumed; one with an effect under way is recovered")
    func suspend() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            for _ in 0..<3 { _ = try await shell.runs.start(workflow, in: shell.scope, input: [:], by: .system) }
            let work = try await runner.call().work
            let wait = Wait(
                id: "w#1", taskReference: "/do/0/w", attempt: 1, openedAt: WorkItem.moment,
                kind: .event(EventFilter(attributes: ["type": "go"])))
            _ = try await runner.call([work[0].waiting(for: [wait]), work[1].waiting(for: [], status: .running)])
            for item in work { try await shell.runs.suspend(item.runID, in: shell.scope, reason: "audit", by: .system) }
            #expect(
                await code { try await shell.runs.suspend(work[0].runID, in: shell.scope, reason: "", by: .system) }
                    == .wrongState)
            try await shell.send(ShellFixture.event("e", type: "go"))
            var second = work[1]
            second.sequence = 1
            // What the runner still does with them conflicts.
            #expect(
                try await runner.call([second.completed(), work[2].completed()]).verdicts == [.conflict, .conflict])
            #expect(try await runner.call().work.isEmpty)
            for item in work { try await shell.runs.resume(item.runID, in: shell.scope, reason: "done", by: .system) }
            let resumed = try await runner.call().work
            #expect(Set(resumed.map(\.runID)) == Set(work.map(\.runID)))
            #expect(resumed.first { $0.runID == work[0].runID }?.inputs.count == 1)
            #expect(resumed.first { $0.runID == work[1].runID }?.isRecovered == true)
            #expect(resumed.first { $0.runID == work[2].runID }?.state == nil)
            #expect(
                try await runner.call(resumed.map { $0.completed() }).verdicts == [.committed, .committed, .committed])
        }
    }

    @Test("a run that ended cannot be cancelled, and a foreign one does not exist")
    func refusedCancel() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            let id = try await shell.runs.start(workflow, in: shell.scope, input: [:], by: .system)
            let sibling = try await shell.sibling()
            #expect(
                await code { try await sibling.runs.cancel(id, in: sibling.scope, reason: "", by: .system) }
                    == .notFound)
            #expect(await code { _ = try await sibling.runs.run(id, in: sibling.scope) } == .notFound)
            #expect(await code { _ = try await sibling.runs.timeline(of: id, in: sibling.scope) } == .notFound)
            try await shell.runs.cancel(id, in: shell.scope, reason: "mistake", by: .system)
            #expect(
                await code { try await shell.runs.cancel(id, in: shell.scope, reason: "", by: .system) } == .wrongState)
            #expect(try await shell.runs.timeline(of: id, in: shell.scope).entries.map(\.kind) == [.runCancelled])
        }
    }

    @Test("a list is filtered by state, workflow, event, key and time, and read page by page")
    func list() async throws {
        try await ShellFixture.with { shell in
            let triage = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let other = try await shell.addWorkflow("other", startedBy: ShellFixture.alarm)
            var events: [EventRecordID] = []
            for number in 0..<6 {
                let outcomes = try await shell.send(ShellFixture.event("\(number)", subject: "press-\(number % 2)"))
                events.append(try #require(outcomes[0].id))
                shell.clock.advance(seconds: 1)
            }
            let runner = try await shell.startRunner()
            let work = try await runner.begin()
            _ = try await runner.call([work[0].completed()])
            func count(_ filter: RunFilter) async throws -> Int {
                try await shell.runs.list(in: shell.scope, matching: filter, page: .init()).items.count
            }
            #expect(try await count(.init()) == 12)
            #expect(try await count(.init(statuses: [.completed])) == 1)
            #expect(try await count(.init(statuses: [.completed, .pending])) == 12)
            #expect(try await count(.init(workflowID: triage)) == 6)
            #expect(try await count(.init(workflowID: other, businessKey: "press-1")) == 3)
            #expect(try await count(.init(eventID: events[3])) == 2)
            #expect(try await count(.init(acceptedTo: shell.clock.now().adding(seconds: -5.5))) == 2)
            var seen: [RunID] = []
            var cursor: String?
            repeat {
                let page = try await shell.runs.list(in: shell.scope, page: .init(limit: 5, cursor: cursor))
                seen += page.items.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(seen.count == 12 && seen == seen.sorted(by: >))
            #expect(try await shell.runs.list(in: try await shell.sibling().scope, page: .init()).items.isEmpty)
        }
    }
}
