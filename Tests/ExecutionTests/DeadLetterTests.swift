import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("a dead letter leaves the list when it was seen to, and not before", .timeLimit(.minutes(10)))
struct DeadLetterTests {
    private func quarantined(_ shell: ShellFixture) async throws -> UUIDv7 {
        let id = UUIDv7()
        _ = try await shell.database.pipeline(
            shell.scope,
            [
                """
                INSERT INTO millwright.event_quarantine (
                  partner_id, client_id, plant_id, quarantine_id, received_at, channel, reason, items, body, is_cut_off)
                VALUES (
                  \(shell.place.partnerID), \(shell.place.clientID), \(shell.place.plantID), \(id), now(), 'emitted', 'x',
                  '[]', convert_to('{"id": "q"}', 'UTF8'), false)
                """
            ])
        return id
    }

    private static func event(_ id: String, _ data: JSONValue = ["asset": "press-7"]) -> JSONValue {
        ["specversion": "1.0", "id": .string(id), "source": "s", "type": .string(ShellFixture.alarm), "data": data]
    }

    @Test("an event that the plant refuses again stays, and the refusal names what is wrong")
    func refusedAgain() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow(
                "triage", startedBy: ShellFixture.alarm, contract: ["type": "object", "required": ["asset"]])
            let letters = shell.runs.deadLetters(intake: shell.intake)
            let id = try await quarantined(shell)
            func replay(_ body: JSONValue) async throws {
                try await letters.replay(id, body: body, in: shell.scope, reason: "r", by: .system)
            }
            do {
                try await replay(Self.event("1", ["nothing": 1]))
                Issue.record("it was taken")
            } catch let problem as Problem {
                #expect(problem.code == .invalidEvent && problem.items.first?.path.hasPrefix("/data") == true)
            }
            #expect(try await letters.list(in: shell.scope, page: .init()).items.count == 1)
            #expect(try await shell.count("millwright.audit_entry", "action = 'dead-letter.replayed'") == 0)
            try await replay(Self.event("1"))
            #expect(try await letters.list(in: shell.scope, page: .init()).items.isEmpty)
            #expect(try await shell.count("millwright.run") == 1)
        }
    }

    @Test("an event that a run emitted is replayed with the people behind the run, and makes its chain no shorter")
    func emitted() async throws {
        try await ShellFixture.with { shell in
            let people = try await shell.supervisors(2)
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.addWorkflow("follow-up", startedBy: "lot.held")
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await shell.send(ShellFixture.event("go"), by: people[0].actor(origin: nil))
            let item = try #require(try await runner.call().work.first)
            let broken: JSONValue = ["specversion": "1.0", "id": "e1", "type": "lot.held"]
            #expect(try await runner.call([item.completed(emitted: [broken])]).verdicts == [.committed])
            let letters = shell.runs.deadLetters(intake: shell.intake)
            let letter = try #require(try await letters.list(in: shell.scope, page: .init()).items.first)
            func replay() async throws {
                try await letters.replay(
                    letter.id,
                    body: ["specversion": "1.0", "id": "e1", "source": "s", "type": "lot.held", "data": ["n": 1]],
                    in: shell.scope, reason: "r", by: people[1].actor(origin: nil))
            }
            _ = try await shell.database.pipeline(
                shell.scope, ["UPDATE millwright.event_quarantine SET chain_depth = 10000"])
            #expect(await refusal { try await replay() } == .wrongState)
            _ = try await shell.database.pipeline(
                shell.scope, ["UPDATE millwright.event_quarantine SET chain_depth = 1"])
            try await replay()
            let events = try await shell.events.list(in: shell.scope, type: "lot.held", page: .init()).items
            #expect(events.map(\.chainDepth) == [1] && events.map(\.emittedBy) == [item.runID])
            let rows = try await shell.database.readPipeline(
                shell.scope,
                [
                    """
                    SELECT run.initiator_principal_id, run.further_initiators, run.chain_depth
                    FROM millwright.run AS run
                    WHERE run.run_id <> \(item.runID)
                    """
                ])[0]
            #expect(try rows.map { try $0.decode("initiator_principal_id", as: PrincipalID?.self) } == [people[0].id])
            #expect(try rows.map { try $0.decode("further_initiators", as: [PrincipalID]?.self) } == [[people[1].id]])
            #expect(try rows.map { try $0.decode("chain_depth", as: Int.self) } == [1])
            // What a plant emits itself is not billed as an event.
            #expect(try await shell.metered(.events) == 1)
        }
    }

    @Test("of several people with corrections of their own, one replays it")
    func twoCorrections() async throws {
        try await ShellFixture.with { shell in
            let id = try await quarantined(shell)
            let codes = await withTaskGroup(of: Problem.Code?.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let plane = shell.restarted()
                        do {
                            try await plane.runs.deadLetters(intake: plane.intake).replay(
                                id, body: Self.event("\(number)"), in: shell.scope, reason: "r", by: .system)
                            return nil
                        } catch { return (error as? Problem)?.code }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == nil } == 1 && codes.count { $0 == .wrongState } == 5)
            #expect(try await shell.count("millwright.event") == 1)
        }
    }

    @Test("whoever dies in the middle of a replay leaves it to the next")
    func diedMeanwhile() async throws {
        try await ShellFixture.with { shell in
            let id = try await quarantined(shell)
            let letters = shell.runs.deadLetters(intake: shell.intake)
            let until = shell.clock.now().adding(seconds: 60)
            _ = try await shell.database.pipeline(
                shell.scope, ["UPDATE millwright.event_quarantine SET replaying_until = \(until)"])
            func replay() async throws {
                try await letters.replay(id, body: Self.event("1"), in: shell.scope, reason: "r", by: .system)
            }
            await #expect(throws: Problem.self) { try await replay() }
            shell.clock.advance(seconds: 61)
            try await replay()
            #expect(try await shell.count("millwright.event") == 1)
        }
    }

    @Test("a run that faulted with megabytes does not make a list too large; alone it is shown whole")
    func largeErrors() async throws {
        let text = String(repeating: "x", count: 1 << 16)
        let raised: JSONValue = [
            "error": ["type": "https://e.com/x", "status": 500, "title": .string(text), "detail": .string(text)]
        ]
        try await RepairFixture.with([["stop": ["raise": raised]]]) { fixture in
            let shell = fixture.shell
            var ids: [RunID] = []
            for _ in 0..<10 { ids.append(try await fixture.start()) }
            try await fixture.turn()
            let list = try await fixture.runs.list(in: shell.scope, page: .init()).items
            #expect(list.count == 10 && list.allSatisfy { $0.error?["type"] == "https://e.com/x" })
            #expect(list.allSatisfy { ($0.error?.serializedBytes().count ?? 0) < 4_100 })
            let letters = try await fixture.runs.deadLetters(intake: shell.intake)
                .list(in: shell.scope, page: .init()).items
            #expect(letters.count == 10 && letters.allSatisfy { $0.reason.utf8.count < 4_100 })
            #expect(try await fixture.runs.run(ids[0], in: shell.scope).summary.error?["detail"] == .string(text))
            let timeline = fixture.runs.plantTimeline
            let position = try await timeline.now(in: shell.scope, backSeconds: 600)
            let entries = try await timeline.entries(in: shell.scope, after: position).entries
            #expect(entries.contains { $0.what == "run-faulted" })
            #expect(entries.allSatisfy { ($0.detail?.serializedBytes().count ?? 0) < 9_000 })
        }
    }
}
