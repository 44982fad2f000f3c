import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("several people decide", .timeLimit(.minutes(10)))
struct QuorumTests {
    @Test("of many who agree at once, the last one that is needed closes, once")
    func race() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(6)
            let opened = try await shell.open(("approve", Asked.approval(["quorum": ["of": 3]])))
            let task = opened.tasks[0]
            let results = await withTaskGroup(of: Result<HumanTask, any Error>.self) { group in
                for (index, person) in people.enumerated() {
                    let plane = index.isMultiple(of: 2) ? shell : shell.restarted()
                    group.addTask {
                        do { return .success(try await plane.approve(task, by: person)) } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let done = results.compactMap { try? $0.get() }
            #expect(done.count == 3, "two agreed, the third closed, the others came too late")
            let closing = done.filter { $0.status == .decided }
            #expect(closing.count == 1)
            for case .failure(let error) in results { #expect((error as? Problem)?.code == .wrongState) }
            #expect(try await shell.count("millwright.human_task_decision") == 3)
            #expect(try await shell.count("millwright.human_task_decision", "closes") == 1)
            #expect(try await shell.metered(.humanDecisions) == 3)
            // The runner is attached here; the other control plane would have told this one through the database.
            shell.board.wake(.inputs, shell.place.plantID)
            let answered = try #require(try await opened.runner.call().work.first)
            guard answered.inputs.count == 1, case .succeeded(_, let result, _) = answered.inputs[0].input.kind else {
                Issue.record("unexpected: \(answered)")
                return
            }
            #expect(result["outcome"] == "approve" && result["decisions"]?.arrayValue?.count == 3)
            #expect(result["decisions"]?[0]?["person"]?["name"]?.stringValue != nil)
        }
    }

    @Test("one person counts once, however often and in however many requests at once")
    func samePerson() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(3)
            let task = try await shell.open(("approve", Asked.approval(["quorum": ["of": 2]]))).tasks[0]
            let accepted = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<5 { group.addTask { (try? await shell.approve(task, by: people[0])) != nil } }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(accepted == 1)
            #expect(await refusal { try await shell.approve(task, "reject", by: people[0]) } == .wrongState)
            #expect(try await shell.task(task).status == .open)
            #expect(
                await refusal { try await shell.tasks.claim(task.id, in: shell.scope, by: people[1]) } == .wrongState)
            #expect(try await shell.approve(task, by: people[1]).status == .decided)
        }
    }

    @Test("a veto closes at once, and comes too late for a quorum that is reached")
    func veto() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(4)
            let arguments = Asked.approval(["quorum": ["of": 2], "veto": ["reject"]])
            let tasks = try await shell.open(("a", arguments), ("b", arguments)).tasks
            _ = try await shell.approve(tasks[0], by: people[0])
            let vetoed = try await shell.approve(tasks[0], "reject", by: people[1])
            #expect(vetoed.status == .decided && vetoed.outcome == "reject")
            _ = try await shell.approve(tasks[1], by: people[0])
            #expect(try await shell.approve(tasks[1], by: people[1]).outcome == "approve")
            #expect(await refusal { try await shell.approve(tasks[1], "reject", by: people[2]) } == .wrongState)
        }
    }

    @Test("a quorum that cannot be reached any more closes the task, as the template says")
    func unreachable() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(3)
            let opened = try await shell.open(
                ("a", Asked.approval(["quorum": ["of": 3]])),
                ("b", Asked.approval(["quorum": ["of": 2, "among": 2, "otherwise": "split"]])))
            #expect(try await shell.approve(opened.tasks[0], by: people[0]).status == .open)
            let undecided = try await shell.approve(opened.tasks[0], "reject", by: people[1])
            #expect(undecided.status == .decided && undecided.outcome == "undecided", "one is left, two are missing")
            _ = try await shell.approve(opened.tasks[1], by: people[0])
            #expect(try await shell.approve(opened.tasks[1], "reject", by: people[1]).outcome == "split")
            let inputs = try await opened.runner.call().work.flatMap(\.inputs)
            var results: [JSONValue] = []
            for input in inputs {
                if case .succeeded(_, let result, _) = input.input.kind { results.append(result) }
            }
            let outcomes = results.map { $0["outcome"]?.stringValue ?? "" }.sorted()
            #expect(outcomes == ["split", "undecided"])
            let deciders = results.map { $0["decidedBy"]?.isNull ?? false }
            #expect(deciders == [true, true], "nobody chose that")
        }
    }

    @Test("people of the partner's other plants, however many, do not hide those who could still agree")
    func manyElsewhere() async throws {
        try await ShellFixture.with { shell in
            let elsewhere = try await shell.tenants.makePlant(in: shell.place.partnerID)
            // Older than the plant's own people, so that they come first in every order.
            _ = try await shell.database.pipeline(
                .platform,
                [
                    """
                    INSERT INTO millwright.principal (partner_id, client_id, plant_id, principal_id, kind, display_name, email)
                    SELECT \(elsewhere.partnerID), \(elsewhere.clientID), \(elsewhere.plantID),
                      ('00000000-0000-7000-8000-' || lpad(number::text, 12, '0'))::uuid, 'user', 'Somebody ' || number,
                      'p' || number || '@example.com'
                    FROM generate_series(1, 600) AS number
                    """,
                    """
                    INSERT INTO millwright.role_binding (
                      partner_id, client_id, plant_id, role_binding_id, principal_id, role)
                    SELECT partner_id, client_id, plant_id, gen_random_uuid(), principal_id, 'supervisor'
                    FROM millwright.principal AS principal
                    WHERE principal.plant_id = \(elsewhere.plantID)
                    """,
                ])
            let people = try await shell.supervisors(3)
            let task = try await shell.open(("a", Asked.approval(["quorum": ["of": 2]]))).tasks[0]
            #expect(try await shell.approve(task, by: people[0]).status == .open, "two others can still agree")
            #expect(try await shell.approve(task, by: people[1]).outcome == "approve")
        }
    }

    @Test(
        "an escalation that asks other people comes before a decision or after it, and not while it counts who is left")
    func escalatedMeanwhile() async throws {
        // One of them is the test's, one waits for it, and whoever looks for what is due needs one too.
        try await PostgresFixture.withDatabase(configure: { $0.limits.platformConnections = 6 }) { database in
            let tenants = TenantFixture(database)
            let shell = ShellFixture(tenants, try await tenants.makePlant())
            let person = try await shell.supervisors(1)[0]
            for _ in 0..<2 { _ = try await shell.tenants.makePrincipal(.quality, in: shell.scope) }
            let step: JSONValue = ["after": "PT1M", "candidates": ["roles": ["supervisor", "quality"]]]
            let task = try await shell.open(
                ("a", Asked.approval(["quorum": ["of": 2], "due": "PT10M", "escalation": [step]]))
            ).tasks[0]
            shell.clock.advance(seconds: 61)
            // Whoever asks who holds a role waits until the test has let go.
            let (locked, isLocked) = AsyncStream.makeStream(of: Void.self)
            let (release, isReleased) = AsyncStream.makeStream(of: Void.self)
            async let holder: Void = shell.database.transaction(.platform) { transaction in
                try await transaction.execute("LOCK TABLE millwright.role_binding IN ACCESS EXCLUSIVE MODE")
                isLocked.finish()
                for await _ in release {}
            }
            for await _ in locked {}
            async let decided = shell.approve(task, by: person)
            try await shell.waitForLock()
            async let escalated = shell.deadlines.act()
            try await shell.waitForLocks(2) { try await shell.task(task).escalationLevel == 1 }
            isReleased.finish()
            _ = try await (holder, decided, escalated)
            let after = try await shell.task(task)
            #expect(
                after.escalationLevel == 1 ? after.status == .open : after.outcome == "undecided",
                "two others are asked now, or nobody was when it was decided")
        }
    }

    @Test("whoever may not decide does not count as somebody who could still agree")
    func panel() async throws {
        try await ShellFixture.with { shell in
            let starter = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let people = try await shell.supervisors(2)
            _ = try await shell.tenants.makePrincipal(.auditor, in: shell.scope)
            let opened = try await shell.open(
                ("a", Asked.approval(["quorum": ["of": 2], "excludeInitiator": true])), sentBy: starter.actor)
            #expect(
                await refusal { try await shell.approve(opened.tasks[0], by: starter.principal) }
                    == .segregationOfDuties)
            #expect(try await shell.approve(opened.tasks[0], by: people[0]).status == .open)
            let last = try await shell.approve(opened.tasks[0], "reject", by: people[1])
            #expect(last.outcome == "undecided", "the initiator is the only one left")
        }
    }
}
