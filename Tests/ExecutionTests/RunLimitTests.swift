import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("a workflow's limits hold, and starts happen once", .timeLimit(.minutes(10)))
struct RunLimitTests {
    private func slots(_ shell: ShellFixture) -> SlotService {
        SlotService(
            database: shell.database, board: shell.board, clock: shell.clock, rates: .own,
            logger: PostgresFixture.logger)
    }

    @Test("three slots: a fourth run starts when one ends, however it ends, and another control plane gives no more")
    func concurrency() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let free = try await shell.addWorkflow("free", startedBy: "free")
            try await shell.runs.policies.set(.init(maxConcurrent: 3), of: workflow, in: shell.scope, by: .system)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            for number in 0..<10 { try await shell.send(ShellFixture.event("\(number)")) }
            #expect(try await runner.call().work.isEmpty)
            let other = shell.restarted()
            async let here = slots(shell).giveSlots()
            async let there = slots(other).giveSlots()
            _ = try await (here, there)
            shell.board.wake(.pending, shell.place.plantID)
            var work = try await runner.call().work
            #expect(work.count == 3)
            let queue = try await shell.runs.policies.queue(of: workflow, in: shell.scope)
            #expect(queue.running == 3 && queue.waiting == 7 && queue.next.first?.position == 1)
            // A workflow without limits starts at once, from memory.
            try await shell.send(ShellFixture.event("x", type: "free"))
            #expect(try await runner.call().work.map(\.workflowID) == [free])
            // Completed, cancelled, refused: each gives its slot back.
            var bad = work[2].completed()
            bad.journal[0].endedAt = Timestamp(unixSeconds: 0)
            #expect(try await runner.call([work[0].completed(), bad]).verdicts == [.committed, .refused])
            try await shell.runs.cancel(work[1].runID, in: shell.scope, reason: "x", by: .system)
            try await slots(other).giveSlots()
            shell.board.wake(.pending, shell.place.plantID)
            work = try await runner.call().work
            #expect(work.count == 3)
            // Without limits whoever waited goes on.
            try await shell.runs.policies.set(.init(), of: workflow, in: shell.scope, by: .system)
            #expect(try await runner.call().work.count == 4)
        }
    }

    @Test("a rate gives its burst at once and then no faster than it says; waiting ones go by priority, and by age")
    func rate() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            try await shell.runs.policies.set(
                .init(maxStartsPerMinute: 60, burst: 4), of: workflow, in: shell.scope, by: .system)
            var ids: [RunID] = []
            for priority in [10, 20, 90, 80, 70, 60, 50] {
                ids.append(
                    try await shell.runs.start(
                        workflow, in: shell.scope, input: [:], priority: priority, by: .system))
            }
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await slots(shell).giveSlots()
            // Three by priority, one by age: nobody is left out for ever.
            let first = try await runner.call().work.map(\.runID)
            #expect(Set(first) == [ids[0], ids[2], ids[3], ids[4]])
            try await slots(shell).giveSlots()
            #expect(try await runner.call().work.isEmpty)
            shell.clock.advance(seconds: 2.01)
            try await slots(shell).giveSlots()
            #expect(try await Set(runner.call().work.map(\.runID)) == [ids[5], ids[6]])
        }
    }

    @Test("a clock that was an hour ahead and is right again holds starts up no longer than the burst takes")
    func clockSetBack() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            try await shell.runs.policies.set(
                .init(maxStartsPerMinute: 6, burst: 1), of: workflow, in: shell.scope, by: .system)
            for _ in 0..<3 { _ = try await shell.runs.start(workflow, in: shell.scope, input: [:], by: .system) }
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            shell.clock.advance(seconds: 3600)
            try await slots(shell).giveSlots()
            #expect(try await runner.call().work.count == 1)
            shell.clock.advance(seconds: -3600)
            // Another clock is no reason to start sooner.
            try await slots(shell).giveSlots()
            #expect(try await runner.call().work.isEmpty)
            for _ in 0..<4 {
                shell.clock.advance(seconds: 5.01)
                try await slots(shell).giveSlots()
            }
            #expect(try await runner.call().work.count == 1)
        }
    }

    @Test("control planes whose clocks are an hour apart start together no more than the rate allows")
    func clocksApart() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            try await shell.runs.policies.set(
                .init(maxStartsPerMinute: 1, burst: 1), of: workflow, in: shell.scope, by: .system)
            for _ in 0..<5 { _ = try await shell.runs.start(workflow, in: shell.scope, input: [:], by: .system) }
            let ahead = shell.restarted(clock: TestClock())
            ahead.clock.advance(seconds: 3600)
            for _ in 0..<3 {
                for plane in [shell, ahead] {
                    try await SlotService(
                        database: plane.database, board: plane.board, clock: plane.clock, logger: PostgresFixture.logger
                    ).giveSlots()
                }
            }
            #expect(try await shell.count("millwright.run", "queued_at IS NULL") == 1)
        }
    }

    @Test("of many starts with one business key at once, one makes the run and the others find it")
    func deduplicatedStarts() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            func start(_ until: Deduplication) async throws -> RunDirectory.Started {
                try await shell.runs.start(
                    .init(workflow, input: [:], businessKey: "K", deduplicate: until), in: shell.scope, by: .system)
            }
            let started = try await withThrowingTaskGroup(of: RunDirectory.Started.self) { group in
                for _ in 0..<8 { group.addTask { try await start(.open) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(started.map(\.id)).count == 1 && started.count { !$0.isExisting } == 1)
            try await shell.runs.cancel(started[0].id, in: shell.scope, reason: "x", by: .system)
            let known = try await start(.ever)
            #expect(known.id == started[0].id && known.isExisting)
            #expect(try await start(.open).isExisting == false)
            #expect(try await shell.count("millwright.run") == 2)
        }
    }

    @Test("events with one business key start one run while it is open, also in one batch")
    func deduplicatedEvents() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.runs.policies.set(
                .init(businessKey: "${ .data.asset }", priority: "77", deduplicate: .open), of: workflow,
                in: shell.scope, by: .system)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await shell.send(ShellFixture.event("1"), ShellFixture.event("2"))
            await withTaskGroup { group in
                for number in 3..<9 {
                    group.addTask { _ = try? await shell.restarted().send(ShellFixture.event("\(number)")) }
                }
            }
            let run = try await shell.runs.list(in: shell.scope, page: .init()).items
            #expect(run.map(\.businessKey) == ["press-7"] && run.map(\.priority) == [77])
            #expect(try await shell.count("millwright.event") == 8)
            let work = try await runner.call().work
            #expect(try await runner.call([work[0].completed()]).verdicts == [.committed])
            try await shell.send(ShellFixture.event("9"))
            #expect(try await shell.count("millwright.run") == 2)
        }
    }

    @Test("of many events with one new business key at once, through any control plane, one starts a run")
    func deduplicatedAtOnce() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.runs.policies.set(
                .init(businessKey: "${ .data.key }", deduplicate: .open), of: workflow, in: shell.scope, by: .system)
            let planes = [shell, shell.restarted(), shell.restarted(), shell.restarted()]
            let keys = 12
            for key in 0..<keys {
                await withTaskGroup { group in
                    for (number, plane) in planes.enumerated() {
                        let event = ShellFixture.event("\(key)-\(number)", data: ["key": .string("K\(key)")])
                        group.addTask { _ = try? await plane.send(event) }
                    }
                }
            }
            #expect(try await shell.count("millwright.event") == keys * planes.count)
            #expect(try await shell.count("millwright.run") == keys)
        }
    }

    @Test("a key that may be open once is not opened a second time by a restart, a retry or a rerun")
    func deduplicatedRepairs() async throws {
        try await RepairFixture.with([["stop": ["raise": ["error": ["type": "https://e.com/x", "status": 500]]]]]) {
            fixture in
            let shell = fixture.shell
            let first = try await fixture.start(key: "K")
            try await fixture.turn()
            let actions: [RunAction] = [
                .restart(.same, input: nil), .rerun(task: "/do/0/stop", input: [:]), .retry(input: nil),
            ]
            let other = try await fixture.start(key: "K")
            // Without a policy nobody is kept from it.
            let restarted = try #require(try await fixture.perform(actions[0], on: first))
            try await fixture.runs.cancel(restarted, in: shell.scope, reason: "x", by: .system)
            try await fixture.runs.policies.set(
                .init(deduplicate: .open), of: fixture.workflow, in: shell.scope, by: .system)
            for action in actions {
                #expect(await fixture.code { _ = try await fixture.perform(action, on: first) } == .wrongState)
            }
            try await fixture.runs.cancel(other, in: shell.scope, reason: "x", by: .system)
            // Of all at once one opens it.
            let codes = await withTaskGroup(of: Problem.Code?.self) { group in
                for _ in 0..<4 {
                    for action in actions {
                        group.addTask { await fixture.code { _ = try await fixture.perform(action, on: first) } }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == nil } == 1 && codes.allSatisfy { $0 == nil || $0 == .wrongState })
        }
    }

    @Test("a policy that means nothing is refused with everything that is wrong, and a NUL is no business key")
    func refused() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            do {
                try await shell.runs.policies.set(
                    .init(maxConcurrent: 0, burst: 3, businessKey: "${ .[ }"), of: workflow, in: shell.scope,
                    by: .system)
                Issue.record("it was taken")
            } catch let problem as Problem {
                #expect(problem.items.map(\.path) == ["/maxConcurrent", "/burst", "/businessKey"])
            }
            await #expect(throws: Problem.self) {
                _ = try await shell.runs.start(
                    workflow, in: shell.scope, input: [:], businessKey: "a\0b", by: .system)
            }
        }
    }
}
