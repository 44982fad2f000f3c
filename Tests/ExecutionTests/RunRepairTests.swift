import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("an operator lets runs go on", .timeLimit(.minutes(10)))
struct RunRepairTests {
    private static func call(_ name: String) -> JSONValue {
        ["call": "work-orders.create:1.0.0@default", "with": ["title": .string(name), "priority": 3]]
    }

    private static let tasks: JSONValue = [
        ["prepare": ["set": ["lot": "${ \"L\\(.n)\" }"]]], ["order": call("a")], ["end": ["set": ["id": "${ .id }"]]],
    ]

    @Test("a faulted run goes on with the task that failed, and is counted once")
    func retry() async throws {
        try await RepairFixture.with(Self.tasks) { fixture in
            let id = try await fixture.start()
            let begun = try await fixture.turn()[0]
            let first = try #require(begun.opened.first?.id)
            try await fixture.answer(begun, .failure(RepairFixture.broken))
            #expect(try await fixture.status(id) == .faulted)
            _ = try await fixture.perform(.retry(input: nil), on: id)
            let again = try await fixture.turn()[0]
            let second = try #require(again.opened.first)
            #expect(second.id != first && second.taskReference == "/do/1/order")
            try await fixture.answer(again, .success(["id": "W1"]))
            let run = try await fixture.runs.run(id, in: fixture.shell.scope)
            #expect(run.summary.status == .completed && run.output == ["id": "W1"] && run.summary.reopened == 1)
            let timeline = try await fixture.runs.timeline(of: id, in: fixture.shell.scope).entries
            #expect(timeline.map(\.ordinal) == Array(1...timeline.count))
            #expect(timeline.map(\.kind).contains(.runReopened))
            #expect(timeline.count { $0.taskReference == "/do/0/prepare" } == 1)
            #expect(try await fixture.shell.metered(.runs) == 1)
            #expect(try await fixture.shell.count("millwright.run_checkpoint") == 0)
        }
    }

    @Test("a run that went on and is cancelled then is still counted once")
    func countedOnce() async throws {
        try await RepairFixture.with(Self.tasks) { fixture in
            let id = try await fixture.start()
            try await fixture.answer(try await fixture.turn()[0], .failure(RepairFixture.broken))
            #expect(try await fixture.shell.metered(.runs) == 1)
            _ = try await fixture.perform(.retry(input: nil), on: id)
            _ = try await fixture.perform(.cancel, on: id)
            #expect(try await fixture.status(id) == .cancelled)
            #expect(try await fixture.shell.metered(.runs) == 1)
        }
    }

    @Test(
        "what stands elsewhere cannot be retried: an effect under way, a completed run, a run that nothing is kept of")
    func refusedRetries() async throws {
        try await RepairFixture.with(Self.tasks) { fixture in
            let id = try await fixture.start()
            #expect(await fixture.code { _ = try await fixture.perform(.retry(input: nil), on: id) } == .wrongState)
            let begun = try await fixture.turn()[0]
            #expect(try await fixture.status(id) == .running)
            #expect(await fixture.code { _ = try await fixture.perform(.retry(input: nil), on: id) } == .wrongState)
            try await fixture.answer(begun, .failure(RepairFixture.broken))
            _ = try await fixture.shell.database.pipeline(
                fixture.shell.scope, ["DELETE FROM millwright.run_checkpoint"])
            #expect(await fixture.code { _ = try await fixture.perform(.retry(input: nil), on: id) } == .wrongState)
            let sibling = try await fixture.shell.sibling()
            #expect(
                await fixture.code {
                    try await fixture.runs.perform(
                        .retry(input: nil), on: id, in: sibling.scope, reason: "x", by: .system)
                } == .notFound)
        }
    }

    @Test("of two operators at once one lets it go on, and the other is told")
    func twoOperators() async throws {
        try await RepairFixture.with(Self.tasks) { fixture in
            let id = try await fixture.start()
            try await fixture.answer(try await fixture.turn()[0], .failure(RepairFixture.broken))
            let codes = await withTaskGroup(of: Problem.Code?.self) { group in
                for _ in 0..<6 {
                    group.addTask { await fixture.code { _ = try await fixture.perform(.retry(input: nil), on: id) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == nil } == 1 && codes.count { $0 == .wrongState } == 5)
            #expect(try await fixture.turn().count == 1)
        }
    }

    @Test("a branch that waited for a person while another failed waits for the same task again")
    func branches() async throws {
        let ask: JSONValue = [
            "call": "human-task:1.0.0@default", "with": ["title": "Release?", "role": "supervisor"],
        ]
        let tasks: JSONValue = [
            ["both": ["fork": ["branches": [["left": Self.call("l")], ["right": ask]]]]]
        ]
        try await RepairFixture.with(tasks) { fixture in
            let supervisor = try await fixture.shell.tenants.makePrincipal(.supervisor, in: fixture.shell.scope)
            let id = try await fixture.start()
            let begun = try await fixture.turn()[0]
            let task = try #require(
                try await fixture.shell.tasks.list(in: fixture.shell.scope, page: .init()).items.first)
            try await fixture.answer(begun, .failure(RepairFixture.broken))
            #expect(
                await fixture.code {
                    _ = try await fixture.shell.tasks.decide(
                        task.id, in: fixture.shell.scope, outcome: "done", by: supervisor.principal)
                } != nil)
            _ = try await fixture.perform(.retry(input: nil), on: id)
            let again = try await fixture.turn()[0]
            try await fixture.answer(again, .success(["id": "W1"]))
            _ = try await fixture.shell.tasks.decide(
                task.id, in: fixture.shell.scope, outcome: "done", by: supervisor.principal)
            try await fixture.turn()
            #expect(try await fixture.status(id) == .completed)
        }
    }

    @Test("a run begins again at a task, with what the task had or with something else")
    func rerun() async throws {
        try await RepairFixture.with(Self.tasks) { fixture in
            let id = try await fixture.start()
            let begun = try await fixture.turn()[0]
            // An open run must stand still first.
            let action = RunAction.rerun(task: "/do/0/prepare", input: nil)
            #expect(await fixture.code { _ = try await fixture.perform(action, on: id) } == .wrongState)
            try await fixture.answer(begun, .failure(RepairFixture.broken))
            #expect(
                await fixture.code { _ = try await fixture.perform(.rerun(task: "/do/9/x", input: nil), on: id) }
                    == .wrongState)
            _ = try await fixture.perform(action, on: id)
            let again = try await fixture.turn()[0]
            #expect(again.journal.first { $0.taskReference == "/do/0/prepare" }?.output == ["lot": "L1"])
            try await fixture.runs.suspend(id, in: fixture.shell.scope, reason: "x", by: .system)
            _ = try await fixture.perform(.rerun(task: "/do/0/prepare", input: ["n": 7]), on: id)
            let changed = try await fixture.turn()[0]
            #expect(changed.journal.first { $0.taskReference == "/do/0/prepare" }?.output == ["lot": "L7"])
            try await fixture.answer(changed, .success(["id": "W1"]))
            #expect(try await fixture.status(id) == .completed)
            #expect(await fixture.code { _ = try await fixture.perform(action, on: id) } == .wrongState)
            #expect(try await fixture.shell.metered(.runs) == 1)
        }
    }

    @Test("a run inside a loop or a branch cannot be begun in the middle")
    func places() throws {
        let tasks: JSONValue = [
            ["list": ["do": [["inner": ["set": ["x": 1]]]]]],
            ["loop": ["for": ["each": "i", "in": "${ [1] }"], "do": [["turn": ["set": ["x": 1]]]]]],
            ["last": ["set": ["y": 1]]],
        ]
        let definition = try #require(DefinitionDecoder.decode(RepairFixture.document(tasks)).definition)
        #expect(
            definition.placesToBegin.sorted() == ["/do/0/list", "/do/0/list/do/0/inner", "/do/1/loop", "/do/2/last"])
    }

    @Test("a restart is a new run with the same input that names the old one; an open run is not restarted")
    func restart() async throws {
        try await RepairFixture.with(Self.tasks) { fixture in
            let id = try await fixture.start(["n": 4], key: "K")
            #expect(
                await fixture.code { _ = try await fixture.perform(.restart(.same, input: nil), on: id) } == .wrongState
            )
            try await fixture.answer(try await fixture.turn()[0], .failure(RepairFixture.broken))
            let new = try #require(try await fixture.perform(.restart(.same, input: nil), on: id))
            let run = try await fixture.runs.run(new, in: fixture.shell.scope)
            #expect(run.input == ["n": 4] && run.summary.restartedFrom == id && run.summary.businessKey == "K")
            #expect(
                await fixture.code { _ = try await fixture.perform(.restart(.digest("x"), input: nil), on: id) }
                    == .wrongState)
            #expect(try await fixture.turn().map(\.runID) == [new])
        }
    }

    @Test("a child whose parent was told of its end is not let go on, unless the parent has not heard it")
    func parents() async throws {
        try await RepairFixture.with(Self.tasks) { fixture in
            let parent = try await fixture.start()
            let id = try await fixture.start()
            let begun = try await fixture.turn()
            _ = try await fixture.shell.database.pipeline(
                fixture.shell.scope,
                [
                    """
                    UPDATE millwright.run SET parent_run_id = \(parent), parent_wait_id = '/do/1/order#1'
                    WHERE run_id = \(id)
                    """
                ])
            let mine = try #require(begun.first { $0.runID == id })
            try await fixture.runs.suspend(parent, in: fixture.shell.scope, reason: "x", by: .system)
            try await fixture.answer(mine, .failure(RepairFixture.broken))
            try await fixture.runs.resume(parent, in: fixture.shell.scope, reason: "x", by: .system)
            #expect(await fixture.code { _ = try await fixture.perform(.retry(input: nil), on: id) } == .wrongState)
            try await fixture.runs.suspend(parent, in: fixture.shell.scope, reason: "x", by: .system)
            _ = try await fixture.perform(.retry(input: nil), on: id)
            #expect(
                try await fixture.shell.count(
                    "millwright.run_input AS input", "input.run_id = \(parent)") == 0)
        }
    }

    @Test("a run that waits for a person goes on with another version, and the person's task stays the same")
    func migrate() async throws {
        let ask: JSONValue = [
            "call": "human-task:1.0.0@default", "with": ["title": "Release?", "role": "supervisor"],
        ]
        let old: JSONValue = [["ask": ask], ["end": ["set": ["version": "old"]]]]
        let new: JSONValue = [
            ["first": ["set": ["x": 1]]], ["approve": ask], ["end": ["set": ["version": "new"]]],
        ]
        try await RepairFixture.with(old, other: new) { fixture in
            let supervisor = try await fixture.shell.tenants.makePrincipal(.supervisor, in: fixture.shell.scope)
            let id = try await fixture.start()
            try await fixture.turn()
            _ = try await fixture.shell.database.pipeline(
                fixture.shell.scope, ["UPDATE millwright.workflow SET digest = \(RepairFixture.otherDigest)"])
            do {
                _ = try await fixture.perform(.migrate(.current, mapping: [:]), on: id)
                Issue.record("a place that does not fit was taken")
            } catch let problem as Problem {
                #expect(problem.code == .wrongState && problem.items.map(\.path) == ["/do/0/ask"])
            }
            let task = try #require(
                try await fixture.shell.tasks.list(in: fixture.shell.scope, page: .init()).items.first)
            _ = try await fixture.shell.tasks.claim(task.id, in: fixture.shell.scope, by: supervisor.principal)
            _ = try await fixture.perform(.migrate(.current, mapping: ["/do/0/ask": "/do/1/approve"]), on: id)
            _ = try await fixture.shell.tasks.decide(
                task.id, in: fixture.shell.scope, outcome: "done", by: supervisor.principal)
            try await fixture.turn()
            let run = try await fixture.runs.run(id, in: fixture.shell.scope)
            #expect(run.summary.status == .completed && run.output == ["version": "new"])
        }
    }
}
