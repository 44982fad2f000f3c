import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("waits are answered", .timeLimit(.minutes(10)))
struct WaitTests {
    private static func wait(_ id: String, _ kind: Wait.Kind) -> Wait {
        Wait(id: id, taskReference: "/do/0/wait", attempt: 1, openedAt: WorkItem.moment, kind: kind)
    }

    /// A runner, and one run that has begun.
    private func begun(_ shell: ShellFixture) async throws -> (TestRunner, WorkItem) {
        try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
        try await shell.send(ShellFixture.event("start"))
        let runner = try await shell.startRunner()
        return (runner, try #require(try await runner.begin().first))
    }

    // MARK: Events

    @Test("a listener takes the first event that fits and no second one")
    func listener() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let filter = EventFilter(
                attributes: ["type": "lot.released"], condition: ".data.lot == $lot", variables: ["lot": "L1"])
            _ = try await runner.call([item.waiting(for: [Self.wait("w#1", .event(filter))])])
            try await shell.send(
                ShellFixture.event("a", type: "lot.released", data: ["lot": "L2"]),
                ShellFixture.event("b", type: "lot.released", data: ["lot": "L1"]),
                ShellFixture.event("c", type: "lot.released", data: ["lot": "L1"]))
            let answered = try #require(try await runner.call().work.first)
            #expect(answered.runID == item.runID && answered.inputs.count == 1)
            guard case .succeeded("w#1", let event, _) = answered.inputs[0].input.kind else {
                Issue.record("unexpected: \(answered.inputs)")
                return
            }
            #expect(event["id"] == "b")
            #expect(try await runner.call([answered.completed()]).verdicts == [.committed])
            #expect(try await shell.count("millwright.run_input") == 0)
            #expect(try await shell.count("millwright.run_listener") == 0)
        }
    }

    @Test("of many control planes that accept fitting events at once, one answers the listener")
    func listenerRace() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let filter = EventFilter(attributes: ["type": "lot.released"])
            _ = try await runner.call([item.waiting(for: [Self.wait("w#1", .event(filter))])])
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<12 {
                    let other = shell.restarted()
                    group.addTask {
                        try await other.send(ShellFixture.event("r\(number)", type: "lot.released"))
                    }
                }
            }
            #expect(try await shell.count("millwright.run_input") == 1)
            #expect(try await shell.count("millwright.event", "type = 'lot.released'") == 12)
        }
    }

    @Test("no event that is sent after the commit of the listener is missed, however the two interleave")
    func noGap() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let filter = EventFilter(attributes: ["type": "tick"], takesMany: true)
            let other = shell.restarted()
            var confirmed = false
            var sentAfter = 0
            // Events are sent all the time; from the confirmation on each of them must reach the run.
            async let committed = runner.call([item.waiting(for: [Self.wait("w#1", .event(filter))])])
            for number in 0..<40 {
                if number == 20 {
                    #expect(try await committed.verdicts == [.committed])
                    confirmed = true
                }
                try await (number.isMultiple(of: 2) ? shell : other).send(
                    ShellFixture.event("t\(number)", type: "tick"))
                if confirmed { sentAfter += 1 }
            }
            let reached = try await shell.count(
                "millwright.run_input AS input", "input.result ->> 'id' >= 't20' AND length(input.result ->> 'id') = 3")
            #expect(reached == sentAfter)
            #expect(try await shell.count("millwright.run_listener") == 1)
        }
    }

    @Test("of 20,500 listeners each gets the event, and those that take one do not stay", .timeLimit(.minutes(10)))
    func manyListeners() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            _ = runner
            let place = shell.place
            _ = try await shell.database.pipeline(
                shell.scope,
                [
                    """
                    INSERT INTO millwright.run_listener (
                      partner_id, client_id, plant_id, run_id, wait_id, event_type, attributes, variables, takes_many)
                    SELECT \(place.partnerID), \(place.clientID), \(place.plantID), \(item.runID), 'w' || number,
                      CASE number % 3 WHEN 0 THEN '' ELSE 'tick' END, '{"type": "tick"}', '{}', number % 2 = 0
                    FROM generate_series(1, 20500) AS number
                    """
                ])
            try await shell.send(ShellFixture.event("a", type: "tick"))
            #expect(try await shell.count("millwright.run_input") == 20_500)
            #expect(try await shell.count("millwright.run_listener") == 10_250)
            try await shell.send(ShellFixture.event("b", type: "tick"))
            #expect(try await shell.count("millwright.run_input") == 30_750)
        }
    }

    @Test("a wait that the engine gave up is no longer answered")
    func closedWait() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let filter = EventFilter(attributes: ["type": "lot.released"])
            _ = try await runner.call([item.waiting(for: [Self.wait("w#1", .event(filter))], status: .running)])
            var next = item
            next.sequence = 1
            _ = try await runner.call([next.waiting(for: [], status: .running, closed: ["w#1"])])
            try await shell.send(ShellFixture.event("a", type: "lot.released"))
            #expect(try await runner.call().work.isEmpty)
        }
    }

    @Test("an event that a run emits starts other runs, once, also when the commit is repeated")
    func emitted() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            try await shell.addWorkflow("follow-up", startedBy: "work-order.opened")
            let event: JSONValue = [
                "specversion": "1.0", "id": "e1", "source": "/runs/1", "type": "work-order.opened", "data": ["n": 1],
            ]
            let broken: JSONValue = ["specversion": "1.0", "id": "e2"]
            let commit = item.completed(emitted: [event, broken, event])
            #expect(try await runner.call([commit]).verdicts == [.committed])
            let started = try await runner.call([commit])
            #expect(started.verdicts == [.committed])
            let work = started.work.isEmpty ? try await runner.call().work : started.work
            #expect(work.map { $0.input[0]?["id"] } == ["e1"])
            let quarantined = try await shell.events.quarantine(in: shell.scope, page: .init())
            #expect(quarantined.items.map(\.channel) == [.emitted])
            // What a plant emits itself is not billed as an event.
            #expect(try await shell.metered(.events) == 1)
        }
    }

    @Test("what a run emits is matched with the workflows of that moment, through the one connection that it holds")
    func emittedWithOneConnection() async throws {
        try await PostgresFixture.withDatabase(configure: { $0.limits.appConnections = 1 }) { database in
            let tenants = TenantFixture(database)
            let shell = ShellFixture(tenants, try await tenants.makePlant())
            let (runner, first) = try await begun(shell)
            try await shell.send(ShellFixture.event("second"))
            let second = try #require(try await runner.call().work.first)
            func event(_ id: String) -> JSONValue {
                [
                    "specversion": "1.0", "id": .string(id), "source": "/runs/1", "type": "work-order.opened",
                    "data": [:],
                ]
            }
            #expect(try await runner.call([first.completed(emitted: [event("1")])]).verdicts == [.committed])
            // What is known of the plant's workflows is old now.
            try await shell.addWorkflow("follow-up", startedBy: "work-order.opened")
            #expect(try await runner.call([second.completed(emitted: [event("2")])]).verdicts == [.committed])
            #expect(try await runner.call().work.map { $0.input[0]?["id"] } == ["2"])
        }
    }

    @Test("a workflow that starts itself ends after a bounded number of runs")
    func endlessChain() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            var work = [item]
            var runs = 0
            while !work.isEmpty, runs < 1000 {
                runs += work.count
                let commits = work.map { item in
                    item.completed(emitted: [
                        [
                            "specversion": "1.0", "id": .string(item.runID.description), "source": "/loop",
                            "type": .string(ShellFixture.alarm), "data": [:],
                        ]
                    ])
                }
                let response = try await runner.call(commits)
                work = response.work.isEmpty ? try await runner.call().work : response.work
            }
            #expect(runs == NewRun.maximumChainDepth + 1)
        }
    }

    // MARK: Timers

    @Test("a timer is answered when it is due and not before, and a waiting call is held no longer than that")
    func timer() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let due = shell.clock.now().adding(seconds: 0.2)
            let later = due.adding(seconds: 3600)
            _ = try await runner.call([
                item.waiting(for: [Self.wait("soon#1", .timer(dueAt: due)), Self.wait("late#1", .timer(dueAt: later))])
            ])
            #expect(try await runner.call().work.isEmpty)
            async let waiting = runner.call(waitMilliseconds: 60_000)
            while !shell.board.isWaiting(shell.place.plantID) { await Task.yield() }
            shell.clock.advance(seconds: 0.2)
            let answered = try #require(try await waiting.work.first)
            #expect(answered.inputs.map(\.number) == [0])
            guard case .succeeded("soon#1", .null, nil) = answered.inputs[0].input.kind else {
                Issue.record("unexpected: \(answered.inputs)")
                return
            }
            // It is offered once while the runner has it in hand.
            #expect(try await runner.call().work.isEmpty)
        }
    }

    @Test("timers that fell due while nobody was there are answered at the first call")
    func overdueTimers() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let due = shell.clock.now().adding(seconds: 10)
            _ = try await runner.call([item.waiting(for: [Self.wait("t#1", .timer(dueAt: due))])])
            shell.clock.advance(seconds: 3600)
            let work = try await shell.restarted().startRunner().begin()
            #expect(work.map(\.inputs.count) == [1])
        }
    }

    // MARK: Other runs

    private static func child(_ name: String, awaits: Bool = true) -> Wait {
        wait(
            "c#1",
            .childRun(
                ChildRunRequest(
                    namespace: "tests", name: name, version: "latest", input: ["n": 1], awaitsCompletion: awaits)))
    }

    @Test("a run that waits for another one gets its output")
    func childRun() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            try await shell.addWorkflow("child")
            _ = try await runner.call([item.waiting(for: [Self.child("child")])])
            let child = try #require(try await runner.call().work.first)
            #expect(child.input == ["n": 1])
            _ = try await runner.call([child.completed(output: ["sum": 2])])
            let parent = try #require(try await runner.call().work.first)
            #expect(parent.runID == item.runID)
            guard case .succeeded("c#1", ["sum": 2], _) = parent.inputs[0].input.kind else {
                Issue.record("unexpected: \(parent.inputs)")
                return
            }
        }
    }

    @Test("a run that does not wait for the other one gets its identifier at once")
    func detachedChild() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            try await shell.addWorkflow("child")
            _ = try await runner.call([item.waiting(for: [Self.child("child", awaits: false)])])
            let work = try await runner.call().work
            let parent = try #require(work.first { $0.runID == item.runID })
            let child = try #require(work.first { $0.runID != item.runID })
            guard case .succeeded("c#1", let result, _) = parent.inputs[0].input.kind else {
                Issue.record("unexpected: \(parent.inputs)")
                return
            }
            #expect(result == ["runId": .string(child.runID.description)])
            _ = try await runner.call([child.completed()])
            #expect(try await runner.call().work.isEmpty)
        }
    }

    @Test("a workflow that the plant does not have is an error that the run may catch")
    func missingChild() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            _ = try await runner.call([item.waiting(for: [Self.child("nowhere")])])
            let parent = try #require(try await runner.call().work.first)
            guard case .failed("c#1", let error) = parent.inputs[0].input.kind else {
                Issue.record("unexpected: \(parent.inputs)")
                return
            }
            #expect(error.type.hasSuffix("/errors/configuration"))
        }
    }

    @Test("cancelling a run cancels the run that it waits for, and tells the one that waits for it")
    func cancelTree() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            try await shell.addWorkflow("child")
            _ = try await runner.call([item.waiting(for: [Self.child("child")])])
            let child = try #require(try await runner.call().work.first)
            let grandchildWait = Self.child("child")
            _ = try await runner.call([child.waiting(for: [grandchildWait])])
            let grandchild = try #require(try await runner.call().work.first)
            try await shell.runs.cancel(child.runID, in: shell.scope, reason: "stop", by: .system)
            #expect(try await shell.runs.run(grandchild.runID, in: shell.scope).summary.status == .cancelled)
            let parent = try #require(try await runner.call().work.first)
            guard parent.runID == item.runID, case .failed("c#1", _) = parent.inputs[0].input.kind else {
                Issue.record("unexpected: \(parent)")
                return
            }
            #expect(try await shell.metered(.runs) == 2)
            // The grandchild answered the child, which had ended: nobody takes that.
            #expect(try await Self.answers(to: child.runID, shell) == 0)
            #expect(try await Self.answers(to: item.runID, shell) == 1)
        }
    }

    private static func answers(to run: RunID, _ shell: ShellFixture) async throws -> Int {
        try await shell.database.readPipeline(
            shell.scope, ["SELECT count(*) AS answers FROM millwright.run_input WHERE run_id = \(run)"])[0][0]
            .decode("answers")
    }
}
