import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("a dead letter leaves the list when it was seen to, and not before", .timeLimit(.minutes(2)))
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
