import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("duties are kept apart over the whole run", .timeLimit(.minutes(10)))
struct DutyTests {
    private static let fourEyes = Asked.approval(["fourEyes": true])

    @Test("one person cannot decide two four-eyes tasks of a run, also at the same moment")
    func twoTasksAtOnce() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(2)
            let names = (0..<6).map { "task\($0)" }
            try await shell.addWorkflow("approval", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("start"))
            let runner = try await shell.startRunner()
            let item = try #require(try await runner.begin().first)
            _ = try await runner.call([
                item.waiting(for: ShellFixture.waits(names.map { ($0, Self.fourEyes) }))
            ])
            let tasks = try await shell.tasks(named: names)
            let decided = await withTaskGroup(of: Bool.self) { group in
                for (index, task) in tasks.enumerated() {
                    let plane = index.isMultiple(of: 2) ? shell : shell.restarted()
                    group.addTask { (try? await plane.approve(task, by: people[0])) != nil }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(decided == 1)
            let left = try #require(try await shell.tasks.list(in: shell.scope, page: .init()).items.first)
            #expect(
                await refusal { try await shell.tasks.claim(left.id, in: shell.scope, by: people[0]) }
                    == .segregationOfDuties)
            #expect(try await shell.approve(left, by: people[1]).status == .decided)
        }
    }

    @Test("a decision waits for whoever decides in the same run at that moment, however few the requests")
    func familyLock() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.supervisors(1)[0]
            let opened = try await shell.open(("a", Self.fourEyes))
            let (waiting, decided) = try await shell.database.transaction(shell.scope) { transaction in
                // As another decision of the run holds it.
                _ = try await transaction.query(
                    """
                    SELECT pg_advisory_xact_lock(
                      hashtextextended(coalesce(task.family_run_id, task.run_id)::text, 20))
                    FROM millwright.human_task AS task
                    """)
                let waiting = Task { try await shell.approve(opened.tasks[0], by: person).status }
                try await Task.sleep(for: .milliseconds(500))
                return (waiting, try await shell.count("millwright.human_task_decision"))
            }
            #expect(decided == 0)
            #expect(try await waiting.value == .decided)
        }
    }

    @Test("tasks that are to be kept apart are, whichever is decided first")
    func separateFrom() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(2)
            let separate = Asked.approval(["separateFrom": ["enter"]])
            let tasks = try await shell.open(
                ("enter", Asked.approval()), ("check", separate), ("other", Asked.approval())
            ).tasks
            _ = try await shell.approve(tasks[1], by: people[0])
            #expect(await refusal { try await shell.approve(tasks[0], by: people[0]) } == .segregationOfDuties)
            #expect(
                try await shell.approve(tasks[2], by: people[0]).status == .decided, "it has nothing to do with them")
            #expect(try await shell.approve(tasks[0], by: people[1]).status == .decided)
        }
    }

    @Test("a child's run has the duties and the initiators of its parent")
    func family() async throws {
        try await ShellFixture.with { shell in
            let starter = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let people = try await shell.supervisors(2)
            try await shell.addWorkflow("child")
            let opened = try await shell.open(("parent", Self.fourEyes), sentBy: starter.actor)
            _ = try await shell.approve(opened.tasks[0], by: people[0])
            let answered = try #require(try await opened.runner.call().work.first)
            let child = Wait(
                id: "c#1", taskReference: "/do/1/child", attempt: 1, openedAt: WorkItem.moment,
                kind: .childRun(.init(namespace: "tests", name: "child", version: "latest", input: [:])))
            _ = try await opened.runner.call([answered.waiting(for: [child])])
            let started = try #require(try await opened.runner.call().work.first)
            #expect(started.runID != opened.item.runID)
            _ = try await opened.runner.call([
                started.waiting(for: ShellFixture.waits([("inner", Self.fourEyes)]))
            ])
            let inner = try #require(try await shell.tasks(named: ["inner"]).first)
            #expect(inner.familyRunID == opened.item.runID)
            #expect(await refusal { try await shell.approve(inner, by: people[0]) } == .segregationOfDuties)
            #expect(await refusal { try await shell.approve(inner, by: starter.principal) } == .segregationOfDuties)
            #expect(try await shell.approve(inner, by: people[1]).status == .decided)
        }
    }

    @Test("a task that is handed on counts for both, and never goes to whoever caused the run")
    func delegation() async throws {
        try await ShellFixture.with { shell in
            let starter = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let people = try await shell.supervisors(3)
            let quality = try await shell.tenants.makePrincipal(.quality, in: shell.scope).principal
            var arguments = Self.fourEyes
            arguments.set("delegation", true)
            let tasks = try await shell.open(
                ("a", arguments), ("b", arguments), ("c", Self.fourEyes), sentBy: starter.actor
            ).tasks
            func delegate(_ task: HumanTask, _ to: Principal, by person: Principal) async -> Problem.Code? {
                await refusal {
                    try await shell.tasks.delegate(task.id, in: shell.scope, to: "\(to.id)", by: person)
                }
            }
            #expect(await delegate(tasks[0], people[1], by: people[0]) == .forbidden, "nobody has it yet")
            _ = try await shell.tasks.claim(tasks[0].id, in: shell.scope, by: people[0])
            #expect(await delegate(tasks[0], starter.principal, by: people[0]) == .segregationOfDuties)
            #expect(await delegate(tasks[0], quality, by: people[0]) == .invalidRequest)
            #expect(await delegate(tasks[0], people[1], by: people[2]) == .forbidden)
            #expect(await delegate(tasks[0], people[1], by: people[0]) == nil)
            #expect(await delegate(tasks[0], people[2], by: people[1]) == .wrongState, "once is enough")
            #expect(await refusal { try await shell.approve(tasks[0], by: people[0]) } == .wrongState)
            let decided = try await shell.approve(tasks[0], by: people[1])
            #expect(decided.decision?.onBehalfOf?.id == people[0].id)
            for person in people.prefix(2) {
                #expect(await refusal { try await shell.approve(tasks[1], by: person) } == .segregationOfDuties)
            }
            _ = try await shell.tasks.claim(tasks[2].id, in: shell.scope, by: people[2])
            #expect(await delegate(tasks[2], people[2], by: people[2]) == .forbidden, "the template does not allow it")
            // Somebody gives the second to whoever may not have it.
            func reassign(_ to: String) async -> Problem.Code? {
                await refusal { try await shell.tasks.reassign(tasks[1].id, in: shell.scope, to: to, by: people[0]) }
            }
            #expect(await reassign("\(people[0].id)") == .segregationOfDuties)
            #expect(await reassign("\(starter.principal.id)") == .segregationOfDuties)
            #expect(await reassign("nobody@example.com") == .invalidRequest)
            #expect(await reassign(people[2].email?.uppercased() ?? "") == nil)
            #expect(try await shell.task(tasks[1]).assignee == people[2].id)
        }
    }

    @Test("everybody who sent one of the events that started a run together is its initiator")
    func eventSets() async throws {
        try await ShellFixture.with { shell in
            let senders = [
                try await shell.tenants.makePrincipal(.supervisor, in: shell.scope),
                try await shell.tenants.makePrincipal(.supervisor, in: shell.scope),
            ]
            let other = try await shell.supervisors(1)[0]
            let types = ["com.millwright.tests.first", "com.millwright.tests.second"]
            try await shell.addWorkflow("pair", startedByAll: types.map { ($0, [:]) })
            for (type, sender) in zip(types, senders) {
                try await shell.send(ShellFixture.event(type, type: type), by: sender.actor)
            }
            let runner = try await shell.startRunner()
            let item = try #require(try await runner.begin().first)
            _ = try await runner.call([item.waiting(for: ShellFixture.waits([("approve", Self.fourEyes)]))])
            let task = try #require(try await shell.tasks(named: ["approve"]).first)
            #expect(Set(task.initiators) == Set(senders.map(\.principal.id)))
            for sender in senders {
                #expect(await refusal { try await shell.approve(task, by: sender.principal) } == .segregationOfDuties)
            }
            #expect(try await shell.approve(task, by: other).status == .decided)
        }
    }
}
