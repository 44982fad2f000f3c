import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("what nobody can do with a task", .timeLimit(.minutes(10)))
struct TaskGuardTests {
    @Test("nothing but a comment changes a task that is decided, expired or withdrawn")
    func closed() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(2)
            let person = people[0]
            let arguments = Asked.approval(["delegation": true, "due": "PT1M"])
            let opened = try await shell.open(
                ("decided", arguments), ("expired", arguments),
                ("withdrawn", Asked.approval(["delegation": true])))
            _ = try await shell.approve(opened.tasks[0], by: people[1])
            shell.clock.advance(seconds: 61)
            _ = try await Deadlines(service: shell.tasks, bell: shell.bell, logger: PostgresFixture.logger).act()
            try await shell.runs.cancel(opened.item.runID, in: shell.scope, reason: "x", by: .system)
            let statuses: [HumanTask.Status] = [.decided, .expired, .cancelled]
            for (task, status) in zip(opened.tasks, statuses) {
                let before = try await shell.task(task)
                #expect(before.status == status)
                let (id, scope) = (task.id, shell.scope)
                let file = try EvidenceFile(name: "a", mediaType: "text/plain", content: [65])
                for code in [
                    await refusal { try await shell.tasks.claim(id, in: scope, by: person) },
                    await refusal { try await shell.tasks.release(id, in: scope, by: person) },
                    await refusal { try await shell.tasks.reassign(id, in: scope, to: "\(person.id)", by: person) },
                    await refusal { try await shell.tasks.delegate(id, in: scope, to: "\(people[1].id)", by: person) },
                    await refusal { try await shell.approve(task, by: person) },
                    await refusal { try await shell.tasks.attach(file, to: id, in: scope, by: person) },
                ] { #expect(code == .wrongState, "\(status)") }
                #expect(try await shell.task(task) == before)
                _ = try await shell.tasks.comment(id, in: scope, "too late", by: person)
            }
            #expect(try await shell.count("millwright.human_task_evidence") == 0)
        }
    }

    @Test("a task is claimed by one person, and given back by that one or by whoever operates runs")
    func oneClaimant() async throws {
        try await ShellFixture.with { shell in
            let operators = [
                try await shell.tenants.makePrincipal(.operator, in: shell.scope).principal,
                try await shell.tenants.makePrincipal(.operator, in: shell.scope).principal,
            ]
            let supervisor = try await shell.supervisors(1)[0]
            let task = try await shell.open(("a", ["title": "Look", "role": "operator"])).tasks[0]
            let claimed = await withTaskGroup(of: Bool.self) { group in
                for (index, person) in operators.enumerated() {
                    let plane = index == 0 ? shell : shell.restarted()
                    group.addTask {
                        await refusal { try await plane.tasks.claim(task.id, in: shell.scope, by: person) } == nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(claimed == 1)
            let holder = try await shell.task(task).assignee
            let other = try #require(operators.first { $0.id != holder })
            #expect(await refusal { try await shell.tasks.release(task.id, in: shell.scope, by: other) } == .forbidden)
            #expect(try await shell.tasks.release(task.id, in: shell.scope, by: supervisor).status == .open)
        }
    }

    @Test("who has decided what is to be kept apart hands nothing on: neither before nor after taking it")
    func handingOnAfterDeciding() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(3)
            let arguments = Asked.approval(["fourEyes": true, "delegation": true])
            let tasks = try await shell.open(("a", arguments), ("b", arguments)).tasks
            for task in tasks { _ = try await shell.tasks.claim(task.id, in: shell.scope, by: people[0]) }
            _ = try await shell.approve(tasks[0], by: people[0])
            #expect(
                await refusal {
                    try await shell.tasks.delegate(
                        tasks[1].id, in: shell.scope, to: "\(people[1].id)", by: people[0])
                } == .segregationOfDuties)
            #expect(await refusal { try await shell.approve(tasks[1], by: people[0]) } == .segregationOfDuties)
            #expect(try await shell.task(tasks[1]).assignee == people[0].id)
        }
    }

    @Test("what somebody handed on is not decided once that one has decided what must be kept apart from it")
    func giverDecidesMeanwhile() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(3)
            let arguments = Asked.approval(["fourEyes": true, "delegation": true])
            let tasks = try await shell.open(("a", arguments), ("b", arguments)).tasks
            _ = try await shell.tasks.claim(tasks[1].id, in: shell.scope, by: people[0])
            _ = try await shell.tasks.delegate(tasks[1].id, in: shell.scope, to: "\(people[1].id)", by: people[0])
            _ = try await shell.approve(tasks[0], by: people[0])
            #expect(await refusal { try await shell.approve(tasks[1], by: people[1]) } == .segregationOfDuties)
            _ = try await shell.tasks.release(tasks[1].id, in: shell.scope, by: people[1])
            #expect(try await shell.approve(tasks[1], by: people[1]).status == .decided, "now for nobody else")
        }
    }

    @Test("a decision that waits while the task expires comes too late")
    func expiryFirst() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.supervisors(1)[0]
            let task = try await shell.open(("a", Asked.approval(["due": "PT1M"]))).tasks[0]
            let late = try await shell.database.transaction(shell.scope) { transaction in
                try await transaction.execute(
                    "SELECT FROM millwright.human_task WHERE human_task_id = \(task.id) FOR UPDATE")
                let late = Task { await refusal { try await shell.approve(task, by: person) } }
                // Long enough for it to stand before the lock; whoever comes later is refused all the same.
                try await Task.sleep(for: .milliseconds(300))
                try await transaction.execute(
                    """
                    UPDATE millwright.human_task
                    SET status = 'expired', outcome = 'expired', closed_at = now(), next_action_at = NULL
                    WHERE human_task_id = \(task.id)
                    """)
                return late
            }
            #expect(await late.value == .wrongState)
            #expect(try await shell.count("millwright.human_task_decision") == 0)
            #expect(try await shell.task(task).status == .expired)
        }
    }

    @Test("in a quorum a substitute and the one who is away are one voice")
    func quorumOfSubstitutes() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(4)
            for substitute in [people[1], people[2]] {
                _ = try await shell.tasks.substitutions.add(
                    .init(substitute: "\(substitute.id)", endsAt: shell.clock.now().adding(seconds: 600)),
                    in: shell.scope, by: people[0])
            }
            let task = try await shell.open(("a", Asked.approval(["quorum": ["of": 3]]))).tasks[0]
            #expect(try await shell.approve(task, by: people[1], for: people[0]).status == .open)
            #expect(await refusal { try await shell.approve(task, by: people[2], for: people[0]) } == .wrongState)
            #expect(await refusal { try await shell.approve(task, by: people[0]) } == .wrongState)
            #expect(await refusal { try await shell.approve(task, by: people[1]) } == .wrongState)
            #expect(try await shell.approve(task, by: people[2]).status == .open)
            #expect(try await shell.approve(task, by: people[3]).outcome == "approve")
        }
    }

    @Test("an administrator lends no role that it may not grant itself")
    func lendingBeyond() async throws {
        try await ShellFixture.with { shell in
            let absent = try await shell.tenants.makePrincipal(.partnerAdmin, in: shell.place.partner).principal
            let admin = try await shell.tenants.makePrincipal(.clientAdmin, in: shell.place.client).principal
            let substitute = try await shell.supervisors(1)[0]
            func lend(_ role: Role?) async -> Problem.Code? {
                await refusal {
                    try await shell.tasks.substitutions.add(
                        .init(
                            absent: "\(absent.id)", substitute: "\(substitute.id)", role: role, lendsRoles: true,
                            endsAt: shell.clock.now().adding(seconds: 600)), in: shell.scope, by: admin)
                }
            }
            #expect(await lend(nil) == .forbidden)
            #expect(await lend(.partnerAdmin) == .forbidden)
            #expect(try await shell.count("millwright.substitution") == 0)
        }
    }

    @Test("a role that was taken away decides nothing, also what was claimed with it or for somebody who is away")
    func revoked() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(5)
            let approval = Asked.approval()
            let named: JSONValue = [
                "title": "Look", "candidates": ["principals": [.string("\(people[1].id)")]],
            ]
            let tasks = try await shell.open(("a", approval), ("b", approval), ("c", approval), ("d", named)).tasks
            for (task, person) in zip(tasks.prefix(3), people) {
                _ = try await shell.tasks.claim(task.id, in: shell.scope, by: person)
            }
            for (absent, substitute) in [(1, 3), (2, 4)] {
                _ = try await shell.tasks.substitutions.add(
                    .init(substitute: "\(people[substitute].id)", endsAt: shell.clock.now().adding(seconds: 600)),
                    in: shell.scope, by: people[absent])
            }
            func revoke(_ person: Principal) async throws -> Principal {
                try await shell.tenants.principals.revoke(
                    RoleBinding(role: .supervisor, scope: shell.scope), from: person.id, in: shell.scope,
                    grantedBy: .system, by: .system)
            }
            let claimant = try await revoke(people[0])
            #expect(await refusal { try await shell.approve(tasks[0], by: claimant) } == .forbidden)
            let absent = try await revoke(people[1])
            #expect(await refusal { try await shell.approve(tasks[1], by: people[3], for: absent) } == .forbidden)
            #expect(
                await refusal { try await shell.approve(tasks[3], "done", by: people[3], for: absent) } == .forbidden,
                "a name alone is no right to decide")
            let substitute = try await revoke(people[4])
            #expect(await refusal { try await shell.approve(tasks[2], by: substitute, for: people[2]) } == .forbidden)
            #expect(try await shell.count("millwright.human_task_decision") == 0)
        }
    }

    @Test("a file is fetched through its own task alone")
    func filesOfOtherTasks() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.supervisors(1)[0]
            let tasks = try await shell.open(("a", Asked.approval()), ("b", Asked.approval())).tasks
            let file = try EvidenceFile(name: "a", mediaType: "text/plain", content: [65])
            let attached = try await shell.tasks.attach(file, to: tasks[0].id, in: shell.scope, by: person)
            #expect(
                await refusal { try await shell.tasks.content(of: attached.id, on: tasks[1].id, in: shell.scope) }
                    == .notFound)
        }
    }

    @Test("a task that had been handed on is open to all again when an operator lets its run go on")
    func reopened() async throws {
        let tasks: JSONValue = [
            [
                "both": [
                    "fork": [
                        "branches": [
                            [
                                "ask": [
                                    "call": "human-task:1.0.0@default",
                                    "with": ["title": "Look", "role": "supervisor", "delegation": true],
                                ]
                            ],
                            [
                                "order": [
                                    "call": "work-orders.create:1.0.0@default", "with": ["title": "a", "priority": 3],
                                ]
                            ],
                        ]
                    ]
                ]
            ]
        ]
        try await RepairFixture.with(tasks) { fixture in
            let shell = fixture.shell
            let people = try await shell.supervisors(2)
            let id = try await fixture.start()
            let begun = try await fixture.turn()[0]
            let task = try #require(try await shell.tasks.list(in: shell.scope, page: .init()).items.first)
            _ = try await shell.tasks.claim(task.id, in: shell.scope, by: people[0])
            _ = try await shell.tasks.delegate(task.id, in: shell.scope, to: "\(people[1].id)", by: people[0])
            try await fixture.answer(begun, .failure(RepairFixture.broken))
            #expect(try await shell.task(task).status == .cancelled)
            _ = try await fixture.perform(.retry(input: nil), on: id)
            let again = try await shell.task(task)
            #expect(again.status == .open && again.assignee == nil && again.delegatedBy == nil)
            _ = try await shell.tasks.claim(task.id, in: shell.scope, by: people[0])
        }
    }
}
