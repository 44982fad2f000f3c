import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Testing
import Workflow

@Suite("what is metered can be counted again", .timeLimit(.minutes(10)))
struct UsageTests {
    /// Counts the journal and the other evidence, without the engine and without the usage records.
    private static let recount: Statement = """
        SELECT 'tasks' AS meter, count(*) AS quantity FROM millwright.journal_entry
          WHERE millwright.is_metered_task(kind, task_type)
        UNION ALL SELECT 'connector-calls', count(*) FROM millwright.journal_entry
          WHERE millwright.is_connector_call(kind, task_type, function)
        UNION ALL SELECT 'runs', count(*) FROM millwright.journal_entry
          WHERE kind IN ('run-completed', 'run-faulted', 'run-cancelled')
        UNION ALL SELECT 'events', count(*) FROM millwright.event WHERE ingest_id IS NOT NULL
        UNION ALL SELECT 'human-decisions', count(*) FROM millwright.human_task_decision
        """

    @Test("a recount of the journal gives the same totals, to the unit, whatever was repeated, refused or cancelled")
    func recountEqualsUsage() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            var generator = SeededGenerator(seed: 20_260_731)
            let runner = try await shell.startRunner()
            var work = try await runner.begin()
            for round in 0..<25 {
                for number in 0..<Int.random(in: 1...6, using: &generator) {
                    try await shell.send(
                        ShellFixture.event("\(round)-\(number)"), ShellFixture.event("\(round)-\(number / 2)"))
                }
                work += try await runner.call().work
                if let victim = work.randomElement(using: &generator), round.isMultiple(of: 5) {
                    try? await shell.runs.cancel(victim.runID, in: shell.scope, reason: "", by: .system)
                }
                var commits: [RunCommit] = []
                for (index, item) in work.enumerated() where commits.count < 4 {
                    commits.append(commit(item, &generator))
                    work[index].sequence += 1
                }
                let response = try await runner.call(commits)
                _ = try await runner.call(commits)
                let gone = zip(commits, response.verdicts).filter { $0.status.isFinal || $1 != .committed }.map(
                    \.0.runID)
                work.removeAll { gone.contains($0.runID) }
                work += response.work
            }
            let rows = try await shell.database.readPipeline(shell.scope, [Self.recount])[0]
            #expect(rows.count == 5)
            for row in rows {
                let meter = try #require(Meter(rawValue: row.decode("meter")))
                #expect(try await shell.metered(meter) == row.decode("quantity", as: Int.self), "\(meter)")
            }
            #expect(try await shell.metered(.connectorCalls) > 0)
            #expect(try await shell.metered(.runs) > 0)
        }
    }

    /// A transition of any kind: goes on, ends well or badly, calls other systems, or cannot be stored.
    private func commit(_ item: WorkItem, _ generator: inout SeededGenerator) -> RunCommit {
        let isFinal = Bool.random(using: &generator)
        var commit = isFinal ? item.completed() : item.waiting(for: [], status: .running)
        for index in commit.journal.indices where commit.journal[index].taskReference != nil {
            commit.journal[index].taskType = ["set", "call", "do", "switch", "for"].randomElement(using: &generator)
            if commit.journal[index].taskType == "call" {
                commit.journal[index].function =
                    ["http", "human-task:1.0.0@default", "work-orders.create:1.0.0@default"].randomElement(
                        using: &generator)
            }
            commit.journal[index].kind =
                [.taskCompleted, .taskFaulted, .taskSkipped, .taskRetried].randomElement(using: &generator)!
        }
        if Int.random(in: 0..<6, using: &generator) == 0 { commit.journal[0].endedAt = Timestamp(unixSeconds: 0) }
        return commit
    }

    @Test("the rules in SQL are the engine's, for every kind of entry and task")
    func sameRules() async throws {
        try await ShellFixture.with { shell in
            let types: [String?] = [
                nil, "call", "do", "emit", "for", "fork", "listen", "raise", "run", "set", "switch", "try", "wait",
                "human-task",
            ]
            for kind in JournalEntry.Kind.allCases {
                let rows = try await shell.database.readPipeline(
                    shell.scope,
                    types.map { "SELECT millwright.is_metered_task(\(kind.rawValue), \($0 as String?)) AS is_metered" })
                for (type, rows) in zip(types, rows) {
                    let expected = JournalEntry.isMetered(kind, taskType: type)
                    #expect(
                        try rows[0].decode("is_metered", as: Bool?.self) ?? false == expected, "\(kind) \(type ?? "-")")
                }
            }
        }
    }
}

/// The same sequence for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
