import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import TestSupport
import Testing
import Workflow

@Suite("large values of a run are kept once", .timeLimit(.minutes(10)))
struct PayloadTests {
    private static func value(_ bytes: Int, _ name: String = "x") -> JSONValue {
        ["name": .string(name), "text": .string(String(repeating: "ä\"", count: bytes / 3))]
    }

    private static func entries(_ values: [JSONValue?], from first: Int = 1) -> [JournalEntry] {
        values.enumerated().map { index, value in
            JournalEntry(
                ordinal: first + index, kind: .taskCompleted, taskReference: "/do/\(index)", taskType: "set",
                startedAt: WorkItem.moment, endedAt: WorkItem.moment, input: value, output: value)
        }
    }

    private static func commit(_ item: WorkItem, _ entries: [JournalEntry], ends: Bool = true) -> RunCommit {
        RunCommit(
            runID: item.runID, expectedSequence: item.sequence, status: ends ? .completed : .running,
            state: ends ? nil : ["step": 1], output: ends ? ["ok": true] : nil, journal: entries)
    }

    private func begun(_ shell: ShellFixture, _ events: Int = 1) async throws -> (TestRunner, [WorkItem]) {
        try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
        for number in 0..<events { try await shell.send(ShellFixture.event("\(number)")) }
        let runner = try await shell.startRunner()
        return (runner, try await runner.begin())
    }

    @Test("a value that goes through every task is stored once a run, in whichever commit, and is read as it was")
    func once() async throws {
        try await ShellFixture.with { shell in
            let (runner, items) = try await begun(shell, 2)
            let large = Self.value(10_000)
            for var item in items {
                let first = Self.commit(item, Self.entries([large, large, ["small": 1], nil]), ends: false)
                #expect(try await runner.call([first]).verdicts == [.committed])
                item.sequence += 1
                let last = Self.commit(item, Self.entries([large], from: 5))
                #expect(try await runner.call([last]).verdicts == [.committed])
            }
            #expect(try await shell.count("millwright.run_payload") == 2, "one a run")
            #expect(
                try await shell.count("millwright.journal_entry", "input_digest IS NOT NULL AND input IS NULL") == 6)
            for item in items {
                let entries = try await shell.runs.timeline(of: item.runID, in: shell.scope).entries
                #expect(entries.map(\.input) == [large, large, ["small": 1], nil, large])
                #expect(entries.map(\.output) == entries.map(\.input))
            }
        }
    }

    @Test("values that differ by a byte are two, and one at the threshold is large")
    func distinct() async throws {
        try await ShellFixture.with { shell in
            let (runner, items) = try await begun(shell)
            let atThreshold = JSONValue.string(String(repeating: "a", count: 1022))
            let below = JSONValue.string(String(repeating: "a", count: 1021))
            let values = [Self.value(2000), Self.value(2000, "y"), atThreshold, below]
            #expect(try await runner.call([Self.commit(items[0], Self.entries(values))]).verdicts == [.committed])
            #expect(try await shell.count("millwright.run_payload") == 3)
            let timeline = try await shell.runs.timeline(of: items[0].runID, in: shell.scope)
            #expect(timeline.entries.map(\.output) == values)
        }
    }

    @Test("a commit that is sent again, or that comes too late, keeps nothing more")
    func repeatedCommit() async throws {
        try await ShellFixture.with { shell in
            let (runner, items) = try await begun(shell)
            let commit = Self.commit(items[0], Self.entries([Self.value(3000)]))
            #expect(try await runner.call([commit]).verdicts == [.committed])
            #expect(try await runner.call([commit]).verdicts == [.committed])
            let late = Self.commit(items[0], Self.entries([Self.value(5000), Self.value(6000)]), ends: false)
            #expect(try await runner.call([late]).verdicts == [.conflict])
            #expect(try await shell.count("millwright.run_payload") == 1)
        }
    }

    @Test("another plant of the client sees neither the values nor the journal through the view")
    func tenants() async throws {
        try await ShellFixture.with { shell in
            let (runner, items) = try await begun(shell)
            _ = try await runner.call([Self.commit(items[0], Self.entries([Self.value(3000)]))])
            let sibling = try await shell.sibling()
            #expect(try await sibling.count("millwright.run_payload") == 0)
            #expect(try await sibling.count("millwright.journal") == 0)
            #expect(try await shell.count("millwright.journal") == 1)
        }
    }
}
