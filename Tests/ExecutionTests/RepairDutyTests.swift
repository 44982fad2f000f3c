import Database
import Execution
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("nobody leads a run round a decision by repairing it", .timeLimit(.minutes(10)))
struct RepairDutyTests {
    private static let order: JSONValue = [
        "call": "work-orders.create:1.0.0@default", "with": ["title": "a", "priority": 3],
    ]

    private static func ask(_ further: JSONValue = ["fourEyes": true]) -> JSONValue {
        var arguments: JSONValue = ["title": "Release?", "role": "supervisor"]
        for (name, value) in further.objectValue ?? [:] { arguments.set(name, value) }
        return ["call": "human-task:1.0.0@default", "with": arguments]
    }

    private static let guarded: JSONValue = [
        ["prepare": ["set": ["lot": "L1"]]], ["approve": ask()], ["order": order], ["tell": order],
    ]
    private static let plain: JSONValue = [["prepare": ["set": ["lot": "L1"]]], ["order": order], ["tell": order]]

    private struct Scene {
        var fixture: RepairFixture
        /// Started the run.
        var starter: Actor
        var other: Actor
        var people: [Principal]

        func start() async throws -> RunID {
            try await fixture.runs.start(fixture.workflow, in: fixture.shell.scope, input: [:], by: starter)
        }

        func code(_ action: RunAction, _ id: RunID, by actor: Actor) async -> Problem.Code? {
            await fixture.code {
                try await fixture.runs.perform(action, on: id, in: fixture.shell.scope, reason: "r", by: actor)
            }
        }

        func decide(by person: Principal) async throws {
            let task = try #require(
                try await fixture.shell.tasks.list(in: fixture.shell.scope, page: .init()).items.first)
            _ = try await fixture.shell.tasks.decide(
                task.id, in: fixture.shell.scope, outcome: "done", by: person)
        }

        /// A run that waits at its first task for people, or failed in the call after it.
        func faulted() async throws -> RunID {
            let id = try await start()
            try await fixture.turn()
            try await decide(by: people[2])
            let begun = try #require(try await fixture.turn().first)
            try await fixture.answer(begun, .failure(RepairFixture.broken))
            #expect(try await fixture.status(id) == .faulted)
            return id
        }
    }

    private func with(_ tasks: JSONValue, other: JSONValue = [], _ body: (Scene) async throws -> Void) async throws {
        try await RepairFixture.with(tasks, other: other) { fixture in
            let people = try await fixture.shell.supervisors(4)
            try await body(
                Scene(
                    fixture: fixture, starter: people[0].actor(origin: nil), other: people[1].actor(origin: nil),
                    people: people))
        }
    }

    @Test("a rerun behind a task that was not decided is refused to everybody, and the task stays open")
    func passedOver() async throws {
        try await with(Self.guarded) { scene in
            let id = try await scene.start()
            try await scene.fixture.turn()
            #expect(await scene.code(.suspend, id, by: scene.starter) == nil)
            for task in ["/do/2/order", "/do/3/tell"] {
                for actor in [scene.starter, scene.other, .system] {
                    #expect(
                        await scene.code(.rerun(task: task, input: ["approved": true]), id, by: actor)
                            == .segregationOfDuties)
                }
            }
            #expect(try await scene.fixture.shell.count("millwright.human_task", "status = 'open'") == 1)
            // Somebody else may begin before it, and is behind the run from then on.
            #expect(await scene.code(.rerun(task: "/do/0/prepare", input: [:]), id, by: scene.other) == nil)
            try await scene.fixture.turn()
            #expect(await scene.fixture.code { try await scene.decide(by: scene.people[0]) } == .segregationOfDuties)
            #expect(await scene.fixture.code { try await scene.decide(by: scene.people[1]) } == .segregationOfDuties)
            #expect(await scene.fixture.code { try await scene.decide(by: scene.people[2]) } == nil)
        }
    }

    @Test("whoever started a run, is named as having asked for it, or decided in it, does not say how it goes on")
    func involved() async throws {
        try await with(Self.guarded) { scene in
            let id = try await scene.faulted()
            let decider = scene.people[2].actor(origin: nil)
            let actions: [RunAction] = [
                .rerun(task: "/do/2/order", input: nil), .retry(input: ["a": 1]),
                .restart(.current, input: nil),
            ]
            try await scene.fixture.addRevision()
            for action in actions {
                for actor in [scene.starter, decider] {
                    #expect(await scene.code(action, id, by: actor) == .segregationOfDuties, "\(action)")
                }
            }
            let named = try await scene.fixture.shell.supervisors(1)[0]
            _ = try await scene.fixture.shell.database.pipeline(
                scene.fixture.shell.scope,
                ["UPDATE millwright.run SET requested_by = \(named.email?.uppercased() ?? named.displayName)"])
            #expect(await scene.code(.retry(input: [:]), id, by: named.actor(origin: nil)) == .segregationOfDuties)
            // As it was, everybody may try it again; and with something else, somebody who has nothing to do with it.
            #expect(await scene.code(.retry(input: ["a": 1]), id, by: scene.other) == nil)
            #expect(await scene.code(.suspend, id, by: scene.starter) == nil)
            #expect(await scene.code(.resume, id, by: scene.starter) == nil)
        }
    }

    @Test("a run whose workflow keeps no duties apart is repaired by whoever started it")
    func unguarded() async throws {
        try await with([["approve": Self.ask([:])], ["order": Self.order]]) { scene in
            let id = try await scene.faulted()
            #expect(await scene.code(.retry(input: ["a": 1]), id, by: scene.starter) == nil)
        }
    }

    @Test(
        "each rule of a human task counts, and one that is computed as well",
        arguments: [
            ["excludeInitiator": true], ["separateFrom": ["other"]], ["signature": ["meaning": "approved"]],
            ["fourEyes": "${ true }"],
        ] as [JSONValue])
    func rules(_ rule: JSONValue) async throws {
        try await with([["approve": Self.ask(rule)], ["order": Self.order]]) { scene in
            let id = try await scene.start()
            try await scene.fixture.turn()
            #expect(await scene.code(.suspend, id, by: scene.starter) == nil)
            #expect(
                await scene.code(.rerun(task: "/do/1/order", input: [:]), id, by: scene.other) == .segregationOfDuties)
        }
    }

    @Test("a migration neither passes a decision over, nor makes an open task's stricter rules void")
    func migrations() async throws {
        let old: JSONValue = [["ask": Self.ask([:])], ["approve": Self.ask()], ["order": Self.order]]
        let later: JSONValue = [["approve": Self.ask()], ["look": Self.ask([:])], ["order": Self.order]]
        try await with(old, other: later) { scene in
            let id = try await scene.start()
            try await scene.fixture.turn()
            try await scene.fixture.addRevision()
            func migrate(_ place: String, by actor: Actor) async -> Problem.Code? {
                await scene.code(
                    .migrate(.current, mapping: ["/do/0/ask": place]), id, by: actor)
            }
            #expect(await migrate("/do/1/look", by: scene.other) == .segregationOfDuties)
            #expect(await migrate("/do/0/approve", by: scene.other) == .segregationOfDuties)
            #expect(
                try await scene.fixture.runs.run(id, in: scene.fixture.shell.scope).summary.definitionDigest
                    != RepairFixture.otherDigest)
        }
        let harmless: JSONValue = [["first": ["set": ["a": 1]]], ["ask": Self.ask([:])], ["approve": Self.ask()]]
        try await with(old, other: harmless) { scene in
            let id = try await scene.start()
            try await scene.fixture.turn()
            try await scene.fixture.addRevision()
            let action = RunAction.migrate(
                .current, mapping: ["/do/0/ask": "/do/1/ask"])
            #expect(await scene.code(action, id, by: scene.starter) == .segregationOfDuties)
            #expect(await scene.code(action, id, by: scene.other) == nil)
        }
    }

    @Test("who repairs one run of a family decides no four-eyes task of the others")
    func family() async throws {
        try await with(Self.guarded) { scene in
            let shell = scene.fixture.shell
            let parent = try await scene.start()
            try await scene.fixture.turn()
            let child = try await scene.start()
            _ = try await shell.database.pipeline(
                shell.scope,
                [
                    """
                    UPDATE millwright.run SET parent_run_id = \(parent), root_run_id = \(parent) WHERE run_id = \(child)
                    """
                ])
            #expect(await scene.code(.suspend, child, by: scene.other) == nil)
            #expect(
                await scene.code(.migrate(.current, mapping: [:]), child, by: scene.other) == .wrongState)
            try await scene.fixture.addRevision()
            #expect(
                await scene.code(.migrate(.current, mapping: [:]), child, by: scene.other)
                    == nil)
            #expect(await scene.fixture.code { try await scene.decide(by: scene.people[1]) } == .segregationOfDuties)
            #expect(await scene.fixture.code { try await scene.decide(by: scene.people[3]) } == nil)
        }
    }

    @Test("in bulk a refusal is the run's failure with its reason, and the dry run says it")
    func bulk() async throws {
        try await with(Self.guarded) { scene in
            let (runs, scope) = (scene.fixture.runs, scene.fixture.shell.scope)
            let id = try await scene.start()
            try await scene.fixture.turn()
            #expect(await scene.code(.suspend, id, by: scene.starter) == nil)
            let action = RunAction.rerun(task: "/do/2/order", input: [:])
            let filter = RunFilter(statuses: [.suspended])
            scene.fixture.shell.clock.advance(seconds: 1)
            let preview = try await runs.preview(action, on: filter, in: scope, reason: "r", by: scene.other)
            #expect(preview.refusals.map(\.code) == ["segregation-of-duties"])
            let operation = try await runs.begin(
                action, on: filter, before: preview.before, planned: 1, in: scope, reason: "r", by: scene.other)
            try await BulkService(runs: runs, logger: PostgresFixture.logger).workOff()
            let done = try await runs.bulkOperation(operation, in: scope)
            #expect(done.failed == 1 && done.failures.map(\.code) == ["segregation-of-duties"])
            #expect(done.failures.first?.reason.contains("/do/1/approve") == true)
        }
    }
}

extension RepairFixture {
    /// `otherDigest` is a version of the workflow.
    func addRevision() async throws {
        _ = try await shell.database.pipeline(
            shell.scope, ["UPDATE millwright.workflow SET digest = \(Self.otherDigest)"])
    }
}
