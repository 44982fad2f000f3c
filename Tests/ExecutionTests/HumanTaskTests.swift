import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("people decide", .timeLimit(.minutes(10)))
struct HumanTaskTests {
    static let approval: JSONValue = [
        "title": "Approve the work order", "role": "supervisor", "fourEyes": true,
        "outcomes": [
            ["name": "approve", "label": "Approve"], ["name": "reject", "label": "Reject", "requiresReason": true],
        ],
        "form": [
            "type": "object", "required": ["budget"],
            "properties": [
                "budget": ["type": "number", "maximum": 100], "note": ["type": "string", "default": "none"],
            ],
        ],
    ]

    /// A run that waits for a person, and its task.
    private func opened(
        _ shell: ShellFixture, _ arguments: JSONValue = approval, sentBy actor: Actor = .system
    ) async throws -> (TestRunner, WorkItem, HumanTask) {
        try await shell.addWorkflow("approval", startedBy: ShellFixture.alarm)
        try await shell.send(ShellFixture.event("start"), by: actor)
        let runner = try await shell.startRunner()
        let item = try #require(try await runner.begin().first)
        let wait = Wait(
            id: "h#1", taskReference: "/do/0/approve", attempt: 1, openedAt: WorkItem.moment,
            kind: .humanTask(HumanTaskRequest(arguments: arguments)))
        _ = try await runner.call([item.waiting(for: [wait])])
        let task = try await shell.tasks.list(in: shell.scope, page: .init()).items.first
        return (runner, item, try #require(task))
    }

    private func code(_ body: () async throws -> HumanTask) async -> Problem.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? Problem)?.code
        }
    }

    @Test("whoever caused the run cannot decide it, by key or by name; another supervisor can, once")
    func fourEyes() async throws {
        try await ShellFixture.with { shell in
            let initiator = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let other = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let named = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            var arguments = Self.approval
            arguments.set("requestedBy", .string(named.principal.displayName.uppercased()))
            let (runner, item, task) = try await opened(shell, arguments, sentBy: initiator.actor)
            for principal in [initiator.principal, named.principal] {
                #expect(
                    await code {
                        try await shell.tasks.decide(
                            task.id, in: shell.scope, outcome: "approve", data: ["budget": 5], by: principal)
                    } == .segregationOfDuties)
                #expect(
                    await code { try await shell.tasks.claim(task.id, in: shell.scope, by: principal) }
                        == .segregationOfDuties)
            }
            let decided = try await shell.tasks.decide(
                task.id, in: shell.scope, outcome: "approve", data: ["budget": 5], by: other.principal)
            #expect(decided.status == .decided)
            let answered = try #require(try await runner.call().work.first)
            guard answered.runID == item.runID,
                case .succeeded("h#1", let result, let by) = answered.inputs[0].input.kind
            else {
                Issue.record("unexpected: \(answered)")
                return
            }
            #expect(result["outcome"] == "approve" && result["data"] == ["budget": 5, "note": "none"])
            #expect(result["decidedBy"]?["id"] == .string(other.principal.id.description))
            #expect(by?["principal"] == .string(other.principal.id.description))
            #expect(try await shell.metered(.humanDecisions) == 1)
            let audit = try await shell.tenants.audit.entries(
                in: shell.scope, matching: .init(action: "human-task.decided"), page: .init())
            #expect(audit.items.map(\.entry.actor.principalID) == [other.principal.id])
        }
    }

    @Test("of many decisions at once one counts, and the others are told whose it was")
    func doubleDecision() async throws {
        try await ShellFixture.with { shell in
            let people = [
                try await shell.tenants.makePrincipal(.supervisor, in: shell.scope).principal,
                try await shell.tenants.makePrincipal(.supervisor, in: shell.scope).principal,
            ]
            let (runner, _, task) = try await opened(shell)
            let results = await withTaskGroup(of: Result<HumanTask, any Error>.self) { group in
                for attempt in 0..<10 {
                    let tasks = attempt < 5 ? shell.tasks : shell.restarted().tasks
                    group.addTask {
                        do {
                            return .success(
                                try await tasks.decide(
                                    task.id, in: shell.scope, outcome: "approve", data: ["budget": 1],
                                    by: people[attempt % 2]))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = results.compactMap { try? $0.get() }
            #expect(winners.count == 1)
            for case .failure(let error) in results {
                let problem = try #require(error as? Problem)
                #expect(problem.code == .wrongState)
                #expect(problem.detail.contains(try #require(winners.first?.decision?.decidedByName)))
            }
            #expect(try await shell.count("millwright.human_task_decision") == 1)
            #expect(try await shell.metered(.humanDecisions) == 1)
            #expect(try await runner.call().work.first?.inputs.count == 1)
        }
    }

    @Test("a decision that is incomplete names every mistake and changes nothing")
    func incomplete() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope).principal
            let (_, _, task) = try await opened(shell)
            do {
                _ = try await shell.tasks.decide(
                    task.id, in: shell.scope, outcome: "reject", reason: "  ", data: ["budget": 101], by: person)
                Issue.record("it was accepted")
            } catch let problem as Problem {
                #expect(Set(problem.items.map(\.path)) == ["/reason", "/data/budget"])
            }
            #expect(
                await code { try await shell.tasks.decide(task.id, in: shell.scope, outcome: "maybe", by: person) }
                    == .invalidRequest)
            #expect(try await shell.tasks.task(task.id, in: shell.scope).status == .open)
        }
    }

    @Test("only the role decides, a claimed task belongs to its claimant, and another plant sees nothing")
    func whoMay() async throws {
        try await ShellFixture.with { shell in
            let supervisor = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope).principal
            let second = try await shell.tenants.makePrincipal(.supervisor, in: shell.place.client).principal
            let quality = try await shell.tenants.makePrincipal(.quality, in: shell.scope).principal
            let (_, _, task) = try await opened(shell)
            let sibling = try await shell.sibling()
            let foreigner = try await shell.tenants.makePrincipal(.supervisor, in: sibling.scope).principal
            #expect(await code { try await sibling.tasks.task(task.id, in: sibling.scope) } == .notFound)
            #expect(
                await code { try await sibling.tasks.claim(task.id, in: sibling.scope, by: foreigner) } == .notFound)
            #expect(await code { try await shell.tasks.claim(task.id, in: shell.scope, by: foreigner) } == .forbidden)
            #expect(await code { try await shell.tasks.claim(task.id, in: shell.scope, by: quality) } == .forbidden)
            #expect(try await shell.tasks.claim(task.id, in: shell.scope, by: supervisor).assignee == supervisor.id)
            #expect(await code { try await shell.tasks.claim(task.id, in: shell.scope, by: second) } == .wrongState)
            #expect(
                await code {
                    try await shell.tasks.decide(
                        task.id, in: shell.scope, outcome: "approve", data: ["budget": 1], by: second)
                } == .wrongState)
            #expect(try await shell.tasks.list(for: quality, in: shell.scope, page: .init()).items.isEmpty)
            #expect(
                try await shell.tasks.list(for: second, in: shell.place.client, page: .init()).items.map(\.id) == [
                    task.id
                ])
            #expect(try await shell.tasks.release(task.id, in: shell.scope, by: supervisor).status == .open)
            #expect(
                try await shell.tasks.decide(
                    task.id, in: shell.scope, outcome: "approve", data: ["budget": 1], by: second
                ).decision?.decidedBy == second.id)
        }
    }

    @Test("a task whose run ended or that the engine gave up is closed")
    func withdrawn() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope).principal
            let (_, item, task) = try await opened(shell)
            try await shell.runs.cancel(item.runID, in: shell.scope, reason: "not needed", by: .system)
            #expect(try await shell.tasks.task(task.id, in: shell.scope).status == .cancelled)
            #expect(
                await code {
                    try await shell.tasks.decide(
                        task.id, in: shell.scope, outcome: "approve", data: ["budget": 1], by: person)
                } == .wrongState)
        }
    }

    @Test("arguments that make no task are an error that the run may catch")
    func brokenRequest() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("approval", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("start"))
            let runner = try await shell.startRunner()
            let item = try #require(try await runner.begin().first)
            let wait = Wait(
                id: "h#1", taskReference: "/do/0/approve", attempt: 1, openedAt: WorkItem.moment,
                kind: .humanTask(HumanTaskRequest(arguments: ["role": "king", "dueInSeconds": -1])))
            _ = try await runner.call([item.waiting(for: [wait])])
            let answered = try #require(try await runner.call().work.first)
            guard case .failed("h#1", let error) = answered.inputs[0].input.kind else {
                Issue.record("unexpected: \(answered)")
                return
            }
            #expect(error.type.hasSuffix("/errors/validation"))
            #expect(["/title", "/role", "/dueInSeconds"].allSatisfy { error.detail?.contains($0) == true })
            #expect(try await shell.count("millwright.human_task") == 0)
        }
    }

    @Test("a task that nobody decides is escalated step by step and expires, each once")
    func deadlines() async throws {
        try await ShellFixture.with { shell in
            var arguments = Self.approval
            arguments.set("dueInSeconds", 300)
            arguments.set(
                "escalation", [["afterSeconds": 60, "role": "quality"], ["afterSeconds": 120, "role": "maintenance"]])
            let claimant = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope).principal
            let (runner, _, task) = try await opened(shell, arguments)
            let deadlines = Deadlines(service: shell.tasks, bell: shell.bell, logger: PostgresFixture.logger)
            _ = try await shell.tasks.claim(task.id, in: shell.scope, by: claimant)
            #expect(try await deadlines.act() <= 60)
            #expect(try await shell.tasks.task(task.id, in: shell.scope).role == .supervisor)

            shell.clock.advance(seconds: 61)
            _ = try await deadlines.act()
            let escalated = try await shell.tasks.task(task.id, in: shell.scope)
            #expect(escalated.role == .quality && escalated.status == .open && escalated.escalationLevel == 1)

            shell.clock.advance(seconds: 60)
            _ = try await deadlines.act()
            #expect(try await shell.tasks.task(task.id, in: shell.scope).role == .maintenance)

            shell.clock.advance(seconds: 180)
            let elsewhere = Deadlines(service: shell.tasks, bell: .init(), logger: PostgresFixture.logger)
            async let first = deadlines.act()
            async let second = elsewhere.act()
            _ = try await (first, second)
            #expect(try await shell.tasks.task(task.id, in: shell.scope).status == .expired)
            let answered = try #require(try await runner.call().work.first)
            guard answered.inputs.count == 1, case .succeeded("h#1", let result, _) = answered.inputs[0].input.kind
            else {
                Issue.record("unexpected: \(answered)")
                return
            }
            #expect(result["outcome"] == "expired")
        }
    }

    @Test("the deadlines service wakes for a task that is due before it wanted to look again")
    func deadlineBell() async throws {
        try await ShellFixture.with { shell in
            let deadlines = Deadlines(service: shell.tasks, bell: shell.bell, logger: PostgresFixture.logger)
            try await withThrowingTaskGroup { group in
                group.addTask { try await deadlines.run() }
                var arguments = Self.approval
                arguments.set("dueInSeconds", 0)
                let (runner, item, _) = try await opened(shell, arguments)
                let answered = try await runner.call(waitMilliseconds: 60_000)
                #expect(answered.work.map(\.runID) == [item.runID])
                group.cancelAll()
            }
        }
    }
}
