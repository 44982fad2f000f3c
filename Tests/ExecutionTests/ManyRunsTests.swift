import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("many runs at once, dead letters, and what happened in a plant", .timeLimit(.minutes(10)))
struct ManyRunsTests {
    @Test("an operation changes each run once, whatever process works at it, and lists what it could not change")
    func bulk() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            var ids: [RunID] = []
            for _ in 0..<12 {
                ids.append(try await shell.runs.start(workflow, in: shell.scope, input: [:], by: .system))
            }
            shell.clock.advance(seconds: 1)
            let filter = RunFilter(workflowID: workflow)
            let preview = try await shell.runs.preview(
                .cancel, on: filter, in: shell.scope, reason: "clear", by: .system)
            #expect(preview.count == 12 && preview.sample.count == 12)
            try await shell.runs.cancel(ids[3], in: shell.scope, reason: "x", by: .system)
            shell.clock.advance(seconds: 1)
            let later = try await shell.runs.start(workflow, in: shell.scope, input: [:], by: .system)
            let id = try await shell.runs.begin(
                .cancel, on: filter, before: preview.before, planned: 12, in: shell.scope, reason: "clear",
                by: .system)
            // Two processes, as after a restart while the first still works.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for plane in [shell, shell.restarted(), shell.restarted()] {
                    group.addTask {
                        try await BulkService(runs: plane.runs, logger: PostgresFixture.logger).workOff()
                    }
                }
                try await group.waitForAll()
            }
            let operation = try await shell.runs.bulkOperation(id, in: shell.scope)
            #expect(operation.status == .completed && operation.succeeded == 11 && operation.failed == 1)
            #expect(operation.failures.map(\.runID) == [ids[3]])
            let cancelled = try await shell.tenants.audit.entries(
                in: shell.scope, matching: .init(action: "run.cancelled"), page: .init())
            #expect(cancelled.items.count == 12 && Set(cancelled.items.map(\.entry.objectID)).count == 12)
            #expect(try await shell.runs.run(later, in: shell.scope).summary.status == .pending)
        }
    }

    @Test("dead letters: faulted runs and events in quarantine, until they are replayed or dismissed")
    func deadLetters() async throws {
        try await RepairFixture.with([["stop": ["raise": ["error": ["type": "https://e.com/x", "status": 500]]]]]) {
            fixture in
            let shell = fixture.shell
            let letters = fixture.runs.deadLetters(intake: shell.intake)
            let id = try await fixture.start()
            try await fixture.turn()
            #expect(try await fixture.status(id) == .faulted)
            _ = try await shell.database.pipeline(
                shell.scope,
                [
                    """
                    INSERT INTO millwright.event_quarantine (
                      partner_id, client_id, plant_id, quarantine_id, received_at, channel, reason, items, body,
                      is_cut_off)
                    VALUES (
                      \(shell.place.partnerID), \(shell.place.clientID), \(shell.place.plantID), \(UUIDv7()), now(),
                      'emitted', 'too deep', '[]', convert_to('{"id": "q"}', 'UTF8'), false)
                    """
                ])
            let list = try await letters.list(in: shell.scope, page: .init()).items
            #expect(Set(list.map(\.kind)) == [.faultedRun, .undeliveredEvent])
            let event = try #require(list.first { $0.kind == .undeliveredEvent })
            func replay(_ letter: DeadLetter, _ body: JSONValue?) async throws {
                try await letters.replay(letter.id, body: body, in: shell.scope, reason: "fixed", by: .system)
            }
            // As it was it is refused again, and stays.
            await #expect(throws: Problem.self) { try await replay(event, nil) }
            let corrected: JSONValue = ["specversion": "1.0", "id": "q", "source": "s", "type": "some.type"]
            try await replay(event, corrected)
            await #expect(throws: Problem.self) { try await replay(event, corrected) }
            #expect(try await shell.count("millwright.event") == 1)
            try await letters.dismiss(id.raw, in: shell.scope, reason: "known", by: .system)
            await #expect(throws: Problem.self) {
                try await letters.dismiss(id.raw, in: shell.scope, reason: "known", by: .system)
            }
            #expect(try await letters.list(in: shell.scope, page: .init()).items.isEmpty)
        }
    }

    @Test("whoever goes on after a position of the timeline misses nothing and gets nothing twice")
    func timeline() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage")
            let timeline = shell.runs.plantTimeline
            var position = try await timeline.now(in: shell.scope)
            let started = Task {
                try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<6 {
                        group.addTask {
                            var ids: [String] = []
                            for _ in 0..<15 {
                                ids.append(
                                    try await shell.runs.start(
                                        workflow, in: shell.scope, input: [:], by: .system
                                    ).description)
                            }
                            return ids
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
            }
            var seen: [String] = []
            for _ in 0..<2_000 where seen.count < 90 {
                let (entries, next) = try await timeline.entries(in: shell.scope, after: position)
                // Broken off in the middle: the reader comes back with the last entry that it has, as text.
                let kept = entries.prefix((entries.count + 1) / 2)
                seen += kept.filter { $0.what == "run.started" }.map(\.subject)
                position =
                    try kept.count < entries.count
                    ? TimelinePosition(kept.last?.position.text ?? position.text) : TimelinePosition(next.text)
            }
            #expect(try await seen.sorted() == started.value.sorted())
            let rest = try await timeline.entries(in: shell.scope, after: position).entries
            #expect(rest.allSatisfy { $0.what != "run.started" })
            let sibling = try await shell.sibling()
            #expect(
                try await timeline.entries(in: sibling.scope, after: timeline.now(in: sibling.scope, backSeconds: 60))
                    .entries.allSatisfy { $0.what != "run.started" })
            let snapshot = "1:9:"
            for text in [
                "", "1", "1;2;3;4", "0;0:1:", "-1;1:1:", "1;5:3:", "1;1:0:", "1;0:0:", "1;1:9:4,4", "1;1:9:'x",
                "1;1:9:4,",
                "9223372036854775807;1:9:", "1;\(snapshot);\(snapshot);1;1;-1", "1;\(snapshot);\(snapshot);1;1;9999999",
                "1;\(snapshot);1:0:;1;1;1", "1;\(snapshot);\(snapshot);9223372036854775807;1;1",
            ] {
                #expect(throws: Problem.self) { _ = try TimelinePosition(text) }
            }
        }
    }

    @Test("runs are found by states, the beginning of a key, priority and the type of their error")
    func search() async throws {
        try await RepairFixture.with([["stop": ["raise": ["error": ["type": "https://e.com/x", "status": 500]]]]]) {
            fixture in
            let shell = fixture.shell
            for key in ["lot-1", "lot-2", "lot_3", "x"] { _ = try await fixture.start(key: key) }
            try await fixture.turn()
            let open = try await fixture.start(key: "lot-4")
            try await fixture.runs.setPriority(90, of: open, in: shell.scope, reason: "x", by: .system)
            func count(_ filter: RunFilter) async throws -> Int {
                #expect(try RunFilter(json: filter.json) == filter)
                return try await fixture.runs.list(in: shell.scope, matching: filter, page: .init()).items.count
            }
            #expect(try await count(.init(businessKeyPrefix: "lot-")) == 3)
            #expect(try await count(.init(businessKeyPrefix: "lot_")) == 1)
            #expect(try await count(.init(statuses: [.faulted, .pending])) == 5)
            #expect(try await count(.init(errorType: "https://e.com/x")) == 4)
            #expect(try await count(.init(errorType: "https://e.com/y")) == 0)
            #expect(try await count(.init(priorityFrom: 51)) == 1)
            #expect(try await count(.init(acceptedTo: shell.clock.now().adding(seconds: -10))) == 0)
            #expect(throws: Problem.self) { _ = try RunFilter(json: ["workflow": "no id"]) }
        }
    }
}
