import Database
import JSON
import Primitives
import RunnerProtocol
import TestSupport
import Testing
import Workflow

@testable import Execution

@Suite("what asking about events costs is bounded, and what is over it is said", .timeLimit(.minutes(10)))
struct EventBudgetTests {
    /// Some ten thousand steps; it holds.
    private static let costly = "reduce range(1500) as $x (0; . + 1) == 1500"
    private static let endless = "reduce range(1000000000) as $x (0; . + 1) > 0"

    private static func filter(_ condition: String) -> JSONValue {
        ["attributes": ["type": .string(ShellFixture.alarm)], "condition": .string(condition)]
    }

    private func intake(_ shell: ShellFixture, _ change: (inout EventBudgets) -> Void) -> EventIntake {
        var budgets = EventBudgets()
        change(&budgets)
        return EventIntake(
            database: shell.database, board: shell.board,
            triggers: DatabaseTriggerSource(database: shell.database, logger: PostgresFixture.logger),
            clock: shell.clock, budgets: budgets, logger: PostgresFixture.logger)
    }

    @Test("a condition that never ends does not hold, at a small price, and the others are asked")
    func endless() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("never", startedBy: ShellFixture.alarm, filter: Self.filter(Self.endless))
            try await shell.addWorkflow("always", startedBy: ShellFixture.alarm, filter: Self.filter(Self.costly))
            let triggers = try await shell.intake.triggers.triggers(of: PlantKey(shell.scope))
            let record = EventRecord(
                ShellFixture.event("0"), id: EventRecordID(UUIDv7()), receivedAt: .now(), sender: nil, dataBytes: nil)
            var allowance = EvaluationAllowance(steps: 1_000_000)
            #expect(triggers.runs(startedBy: record, causes: RunCauses(), &allowance).count == 1)
            let spent = 1_000_000 - allowance.stepsLeft
            #expect((5_000...45_000).contains(spent), "\(spent)")
            try await shell.send(ShellFixture.event("1"))
            #expect(try await shell.count("millwright.run") == 1)
        }
    }

    @Test("events that are too costly to check together are refused by name, and taken when they come again")
    func triggers() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("costly", startedBy: ShellFixture.alarm, filter: Self.filter(Self.costly))
            let intake = intake(shell) {
                $0.batchSteps = 30_000
                $0.stepsPerEvent = 100
            }
            var left = (0..<12).map { ShellFixture.event("e\($0)") }
            var requests = 0
            while !left.isEmpty, requests < 13 {
                requests += 1
                let outcomes = try await intake.accept(shell.scope, left, by: .system)
                for case .refused(let items) in outcomes { #expect(items == [EventBudgets.tooMuchToCheck]) }
                left = zip(left, outcomes).filter { !$0.1.isTaken }.map(\.0)
            }
            #expect(left.isEmpty && requests > 1)
            #expect(try await shell.count("millwright.event") == 12)
            #expect(try await shell.count("millwright.run") == 12)
        }
    }

    @Test("contracts count, too: what is left unchecked is refused, never taken")
    func contracts() async throws {
        try await ShellFixture.with { shell in
            let contract: JSONValue = ["type": "object", "properties": ["list": ["items": ["type": "integer"]]]]
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm, contract: contract)
            let intake = intake(shell) {
                $0.batchSteps = 2_000
                $0.stepsPerEvent = 0
            }
            let data: JSONValue = ["list": .array(Array(repeating: 1, count: 1_500))]
            let events = (0..<5).map { ShellFixture.event("e\($0)", data: data) }
            let outcomes = try await intake.accept(shell.scope, events, by: .system)
            #expect(outcomes.map { $0.isTaken } == [true, true, false, false, false])
            #expect(outcomes[4] == .refused([EventBudgets.tooMuchToCheck]))
            #expect(try await shell.count("millwright.event") == 2)
        }
    }

    /// A run that listens many times.
    private func listen(_ shell: ShellFixture, _ count: Int, takesMany: Bool = true) async throws -> TestRunner {
        try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
        try await shell.send(ShellFixture.event("start"))
        let runner = try await shell.startRunner()
        let item = try #require(try await runner.begin().first)
        let filter = EventFilter(attributes: ["type": "tick"], condition: Self.costly, takesMany: takesMany)
        let waits = (0..<count).map {
            Wait(id: "w\($0)#1", taskReference: "/do/0", attempt: 1, openedAt: shell.clock.now(), kind: .event(filter))
        }
        #expect(try await runner.call([item.waiting(for: waits)]).verdicts == [.committed])
        return runner
    }

    @Test("an event that asks too much of the runs that listen is refused by name and leaves nothing")
    func delivery() async throws {
        try await ShellFixture.with { shell in
            _ = try await listen(shell, 8)
            let intake = intake(shell) { $0.deliverySteps = 40_000 }
            let outcomes = try await intake.accept(
                shell.scope, [ShellFixture.event("1", type: "tick"), ShellFixture.event("2", type: "tock")], by: .system
            )
            #expect(outcomes[0] == .refused([EventBudgets.tooMuchToDeliver]) && outcomes[1].isTaken)
            #expect(try await shell.count("millwright.run_input") == 0)
            #expect(try await shell.count("millwright.event") == 2)
            let alone = try await intake.accept(shell.scope, [ShellFixture.event("3", type: "tick")], by: .system)
            #expect(alone == [.refused([EventBudgets.tooMuchToDeliver])])
        }
    }

    @Test("events that ask too much only together are stored one by one; what is left then is told to come back")
    func oneByOne() async throws {
        try await ShellFixture.with { shell in
            _ = try await listen(shell, 4)
            let events = (0..<6).map { ShellFixture.event("\($0)", type: "tick") }
            let patient = intake(shell) { $0.deliverySteps = 85_000 }
            let outcomes = try await patient.accept(shell.scope, Array(events[..<3]), by: .system)
            #expect(outcomes.allSatisfy { $0.isTaken })
            #expect(try await shell.count("millwright.run_input") == 12)
            let hasty = intake(shell) {
                $0.deliverySteps = 85_000
                $0.turnSteps = 110_000
            }
            var calls = 0
            var isDone = false
            while !isDone, calls < 10 {
                calls += 1
                do {
                    isDone = try await hasty.accept(shell.scope, events, by: .system).allSatisfy { $0.isTaken }
                } catch let problem as Problem {
                    #expect(problem.code == .tooManyRequests)
                }
            }
            #expect(isDone && calls > 1)
            #expect(try await shell.count("millwright.run_input") == 24)
        }
    }

    @Test("an event that a run emits stays accepted when it asks too much, and what it did not reach is kept")
    func emitted() async throws {
        try await ShellFixture.with { shell in
            _ = try await listen(shell, 8)
            var budgets = EventBudgets()
            budgets.deliverySteps = 40_000
            let sync = SyncService(
                database: shell.database, board: shell.board,
                triggers: DatabaseTriggerSource(database: shell.database, logger: PostgresFixture.logger),
                definitions: FixedDefinitions(), settings: FixedSettings(), zones: TestZones(), clock: shell.clock,
                budgets: budgets, logger: PostgresFixture.logger)
            try await shell.send(ShellFixture.event("another"))
            let runner = try await shell.startRunner()
            let work = try await runner.begin()
            let item = try #require(work.first { $0.sequence == 0 })
            let commit = item.completed(emitted: [
                ["specversion": "1.0", "id": "1", "type": "tick", "source": "made", "data": [:]]
            ])
            let response = try await sync.sync(
                shell.scope,
                SyncRequest(
                    runnerID: runner.runnerID, epoch: runner.epoch, publicKey: Array(repeating: 1, count: 32),
                    commits: [commit], capacity: 0, waitMilliseconds: 0, settingsRevision: 1))
            #expect(response.verdicts == [.committed])
            #expect(try await shell.count("millwright.event", "type = 'tick'") == 1)
            #expect(try await shell.count("millwright.event_quarantine") == 1)
            #expect(try await shell.count("millwright.run_input") > 0)
        }
    }
}

extension EventOutcome {
    fileprivate var isTaken: Bool { if case .refused = self { false } else { true } }
}
