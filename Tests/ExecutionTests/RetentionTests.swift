import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("months age out by policy", .timeLimit(.minutes(10)))
struct RetentionTests {
    /// A run that began three months ago, in the hands of its runner.
    private func begun(_ shell: ShellFixture) async throws -> (TestRunner, WorkItem) {
        try await OldMonths.make(5, on: shell.database)
        try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
        shell.setClock(ShellFixture.middle(monthsAgo: 3))
        try await shell.send(ShellFixture.event("old"))
        let runner = try await shell.startRunner()
        return (runner, try #require(try await runner.begin().first))
    }

    private func dropped(_ result: Retention.Result) -> [MonthPartition] {
        result.partitions.filter { $0.fate == .dropped }
    }

    private func audited(_ shell: ShellFixture) async throws -> Int {
        let entries = try await shell.tenants.audit.entries(
            in: .platform, matching: .init(action: "partition.dropped"), page: try PageRequest(limit: 100))
        return entries.items.count
    }

    @Test("what is older than the policy is dropped and audited; the run, its usage and its decisions stay and say so")
    func ageing() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            #expect(try await runner.call([item.completed()]).verdicts == [.committed])
            #expect(try await shell.runs.timeline(of: item.runID, in: shell.scope).hasAgedOut == false)
            let looked = try await shell.retention().look()
            #expect(looked.partitions.count { $0.fate == .due } == 9, "months 3, 4 and 5 of three tables")
            #expect(try await shell.count("millwright.journal_entry") == 4, "looking changes nothing")

            let result = try await shell.retention().keep()
            #expect(dropped(result).count == 9)
            #expect(try await audited(shell) == 9)
            #expect(try await shell.count("millwright.event") == 0)
            #expect(try await shell.count("millwright.journal_entry") == 0)
            #expect(try await shell.count("millwright.run") == 1)
            #expect(try await shell.metered(.runs) == 1)
            let timeline = try await shell.runs.timeline(of: item.runID, in: shell.scope)
            #expect(timeline.entries.isEmpty && timeline.hasAgedOut)
            let detail = try await shell.runs.run(item.runID, in: shell.scope)
            #expect(detail.input == nil && detail.hasAgedOut && detail.output == ["ok": true])
            #expect(dropped(try await shell.retention().keep()).isEmpty, "once")
        }
    }

    @Test("0 keeps everything for ever, and a policy of less than two months keeps two")
    func policy() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            _ = try await runner.call([item.completed()])
            #expect(dropped(try await shell.retention(eventMonths: 0, journalMonths: 0).keep()).isEmpty)
            let one = try await shell.retention(eventMonths: 1, journalMonths: 0).look()
            #expect(one.partitions.filter { $0.fate == .due }.map(\.table) == [.event, .event, .event])
        }
    }

    @Test("a month in which an open run began stays, with its events, and goes when the run has ended")
    func openRun() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let timer = Wait(
                id: "w", taskReference: "/do/0/wait", attempt: 1, openedAt: WorkItem.moment,
                kind: .timer(dueAt: Timestamp.now().adding(seconds: 1e8)))
            #expect(try await runner.call([item.waiting(for: [timer])]).verdicts == [.committed])
            let result = try await shell.retention().keep()
            let held = result.partitions.filter { if case .held = $0.fate { true } else { false } }
            #expect(held.map(\.table) == [.event, .journal, .payload])
            guard case .held(let reason)? = held.first?.fate else { return }
            #expect(reason.contains(item.runID.description))
            #expect(dropped(result).count == 6, "the months without it")
            #expect(try await shell.count("millwright.journal_entry") == 2)
            #expect(try await shell.runs.run(item.runID, in: shell.scope).input != nil)

            try await shell.runs.cancel(item.runID, in: shell.scope, reason: "too old", by: .system)
            #expect(dropped(try await shell.retention().keep()).count == 3)
            #expect(try await shell.count("millwright.journal_entry") == 0)
        }
    }

    @Test("a run that faulted a moment ago holds its month, because it can go on")
    func faultedRun() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            shell.setClock(.now())
            let fault = WorkflowError(type: "https://x", status: 500, title: "No", detail: nil)
            let commit = RunCommit(
                runID: item.runID, expectedSequence: item.sequence, status: .faulted, state: nil, output: nil,
                error: fault.json,
                journal: [
                    JournalEntry(
                        ordinal: 1, kind: .runFaulted, taskReference: nil, taskType: nil, startedAt: WorkItem.moment,
                        endedAt: WorkItem.moment)
                ])
            #expect(try await runner.call([commit]).verdicts == [.committed])
            let held = try await shell.retention().look().partitions
                .filter { if case .held = $0.fate { true } else { false } }
            #expect(held.count == 3)
        }
    }

    @Test("a run whose month was dropped all the same commits, and its entries are seen in the default partition")
    func droppedUnderARun() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            let month = CalendarMonth(of: ShellFixture.middle(monthsAgo: 3)).description.replacing("-", with: "_")
            _ = try await shell.database.pipeline(
                .platform,
                ["SELECT millwright.drop_partition(\("journal_entry_" + month), \(UUIDv7(high: .max, low: .max)))"])
            #expect(try await runner.call([item.completed()]).verdicts == [.committed])
            #expect(try await shell.rows(in: "journal_entry_default", of: "millwright.journal_entry") == 4)
            #expect(try await shell.retention(eventMonths: 0).look().strays.map(\.name) == ["journal_entry_default"])
        }
    }

    @Test("events of a month that nobody made are kept in the default partition, and moved when it is made")
    func missingMonth() async throws {
        try await ShellFixture.with { shell in
            shell.setClock(ShellFixture.middle(monthsAgo: -6))
            let first = try await shell.send(ShellFixture.event("1"))
            #expect(try await shell.rows(in: "event_default", of: "millwright.event") == 1)
            #expect(try await shell.retention().look().strays.map(\.name) == ["event_default"])
            for _ in 0..<8 {
                _ = try await shell.database.pipeline(.platform, ["SELECT millwright.create_partition('event', 7)"])
            }
            #expect(try await shell.rows(in: "event_default", of: "millwright.event") == 0)
            #expect(try await shell.count("millwright.event") == 1)
            #expect(try await shell.retention().look().strays.isEmpty)
            let again = try await shell.send(ShellFixture.event("1"))
            #expect(again == [.duplicate(of: try #require(first[0].id))])
        }
    }

    @Test("any number of replicas at once make each month once and drop it once")
    func replicas() async throws {
        try await ShellFixture.with { shell in
            let (runner, item) = try await begun(shell)
            _ = try await runner.call([item.completed()])
            try await SuperuserSession.run(
                """
                SET ROLE millwright_owner;
                DO $$ DECLARE name text; BEGIN
                  FOR name IN SELECT p.name FROM millwright.partitions() AS p
                    WHERE p.from_key > millwright.first_key_at(now()) LOOP EXECUTE format('DROP TABLE millwright.%I', name);
                  END LOOP; END $$;
                """, on: shell.database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask { while try await shell.retention().keep().isElsewhere { await Task.yield() } }
                }
                try await group.waitForAll()
            }
            // On a busy server nobody may have got the table in time: then the next go drops what is left.
            var result = try await shell.retention().look()
            for _ in 0..<20 where result.partitions.contains(where: { $0.fate == .due }) {
                _ = try await shell.retention().keep()
                result = try await shell.retention().look()
            }
            #expect(!result.partitions.contains { $0.fate == .due }, "\(result.partitions.filter { $0.fate != .kept })")
            #expect(Set(result.partitions.map(\.name)).count == result.partitions.count)
            #expect(try await audited(shell) == 9)
        }
    }
}
