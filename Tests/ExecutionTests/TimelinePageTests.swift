import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("a timeline is read in pages of a bounded size", .timeLimit(.minutes(10)))
struct TimelinePageTests {
    private static let started = 460

    @Test("a long past of a plant comes page by page: each entry once, in order, and what comes meanwhile after it")
    func plant() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            // Many entries of one moment: a transaction of the runner records them together.
            for number in 0..<Self.started { try await shell.send(ShellFixture.event("\(number)")) }
            var done = 0
            while done < Self.started {
                let work = try await runner.call().work
                let verdicts = try await runner.call(work.map { $0.completed() }, capacity: 0).verdicts
                #expect(verdicts.allSatisfy { $0 == .committed })
                done += verdicts.count
            }
            let timeline = shell.runs.plantTimeline
            var position = try await timeline.now(in: shell.scope, backSeconds: 3_600)
            var seen: [PlantTimeline.Entry] = []
            var pages = 0
            while true {
                let (entries, next) = try await timeline.entries(in: shell.scope, after: position)
                #expect(entries.count <= PlantTimeline.pageEntries)
                pages += 1
                if pages == 2 { _ = try await shell.runs.start(workflow, in: shell.scope, input: [:], by: .system) }
                seen += entries
                position = try TimelinePosition(next.text)
                if entries.isEmpty { break }
            }
            #expect(pages > 4)
            let ended = seen.filter { $0.what == "run-completed" }.map(\.subject)
            #expect(ended.count == Self.started && Set(ended).count == Self.started)
            #expect(seen.count { $0.what == "run.started" } == 1)
            let before = seen.prefix { $0.what != "run.started" }
            #expect(before.map(\.at) == before.map(\.at).sorted())
        }
    }

    @Test("a plant's timeline has nothing of the plant beside it, whatever happened there")
    func sibling() async throws {
        try await ShellFixture.with { shell in
            // A person decides, a run and an operator do something, and a runner begins.
            let opened = try await shell.open(("approve", Asked.approval()))
            _ = try await shell.approve(opened.tasks[0], by: try await shell.supervisors(1)[0])
            try await shell.runs.cancel(opened.item.runID, in: shell.scope, reason: "x", by: .system)
            let sibling = try await shell.sibling()
            func entries(_ plane: ShellFixture) async throws -> [PlantTimeline.Entry] {
                let timeline = plane.runs.plantTimeline
                let start = try await timeline.now(in: plane.scope, backSeconds: 3_600)
                return try await timeline.entries(in: plane.scope, after: start).entries
            }
            let own = try await entries(shell)
            let others = try await entries(sibling)
            #expect(Set(own.map(\.source)).isSuperset(of: [.run, .decision, .operation]))
            #expect(Set(others.map(\.source)).isSubset(of: [.operation]), "it was made, and that is all")
            #expect(Set(own.map(\.subject)).isDisjoint(with: others.map(\.subject)))
        }
    }

    @Test("a list of events, of operations, or of people's tasks ends where it is large enough, and goes on there")
    func lists() async throws {
        let value = JSONValue.string(String(repeating: "z", count: 250_000))
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            for number in 0..<40 { try await shell.send(ShellFixture.event("\(number)", data: ["v": value])) }
            var seen: [EventRecordID] = []
            var (pages, cursor): (Int, String?) = (0, nil)
            repeat {
                let page = try await shell.events.list(in: shell.scope, page: PageRequest(limit: 200, cursor: cursor))
                #expect(page.items.count * 250_000 < 9 << 20)
                seen += page.items.map(\.id)
                (pages, cursor) = (pages + 1, page.next)
            } while cursor != nil
            #expect(pages == 2 && seen.count == 40 && seen == seen.sorted(by: >))
            // Fewer than fit are one page, with no cursor to an empty one.
            let few = try await shell.events.list(in: shell.scope, page: PageRequest(limit: 40, cursor: "\(seen[9])"))
            #expect(few.items.map(\.id) == Array(seen[10...]) && few.next == nil)
        }
        try await ShellFixture.with { shell in
            let evidence: JSONValue = ["text": value]
            let asked = (0..<40).map { ("t\($0)", Asked.approval(["evidence": evidence, "priority": JSONValue($0)])) }
            try await shell.addWorkflow("approval", startedBy: ShellFixture.alarm)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            for part in [asked[..<20], asked[20...]] {
                try await shell.send(ShellFixture.event("\(part.count)\(part.startIndex)"))
                let item = try #require(try await runner.call().work.first)
                let waits = ShellFixture.waits(Array(part))
                #expect(try await runner.call([item.waiting(for: waits)]).verdicts == [.committed])
            }
            var priorities: [Int] = []
            var (pages, cursor): (Int, String?) = (0, nil)
            repeat {
                let page = try await shell.tasks.list(in: shell.scope, page: PageRequest(limit: 200, cursor: cursor))
                priorities += page.items.map(\.priority)
                (pages, cursor) = (pages + 1, page.next)
            } while cursor != nil
            #expect(pages == 2 && priorities == Array((0..<40).reversed()))
        }
    }

    @Test("of a run with large values a page ends where it is large enough, and the next goes on there")
    func run() async throws {
        let value = JSONValue.string(String(repeating: "y", count: 1 << 20))
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await shell.send(ShellFixture.event("1"))
            let item = try #require(try await runner.call().work.first)
            var commit = item.completed()
            let last = commit.journal.removeLast()
            commit.journal += (0..<30).map { number in
                JournalEntry(
                    ordinal: commit.journal.count + 1 + number, kind: .taskCompleted, taskReference: "/do/\(number)/x",
                    taskType: "set", startedAt: WorkItem.moment, endedAt: WorkItem.moment, output: value)
            }
            commit.journal.append(
                JournalEntry(
                    ordinal: commit.journal.count + 1, kind: last.kind, startedAt: last.startedAt,
                    endedAt: last.endedAt))
            #expect(try await runner.call([commit]).verdicts == [.committed])
            var ordinals: [Int] = []
            var pages = 0
            var after: Int? = 0
            while let from = after {
                let page = try await shell.runs.timeline(of: item.runID, in: shell.scope, after: from)
                #expect(page.entries.reduce(0) { $0 + ($1.output?.serializedBytes().count ?? 0) } < 10 << 20)
                ordinals += page.entries.map(\.ordinal)
                pages += 1
                after = page.next
            }
            #expect(ordinals == Array(1...commit.journal.count) && pages >= 3)
        }
    }
}
