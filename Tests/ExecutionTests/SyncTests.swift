import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("a runner's call records and hands out exactly once", .timeLimit(.minutes(10)))
struct SyncTests {
    @Test("a runner of an older epoch is refused as a whole and changes nothing, also by another control plane")
    func staleEpoch() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"))
            let old = try await shell.startRunner()
            let work = try await old.begin()
            let elsewhere = shell.restarted()
            let new = try await elsewhere.startRunner()
            #expect(new.epoch == old.epoch + 1)
            let commit = work[0].completed()
            // The first control plane has not heard of the new epoch: the database must refuse.
            await #expect(throws: Problem.staleEpoch) { try await old.call([commit]) }
            #expect(try await shell.count("millwright.journal_entry") == 0)
            #expect(try await shell.metered(.runs) == 0)
            #expect(try await new.begin().map(\.runID) == [work[0].runID])
            await #expect(throws: Problem.staleEpoch) {
                try await TestRunner(shell: elsewhere, runnerID: old.runnerID, epoch: old.epoch).call([commit])
            }
        }
    }

    @Test("a new run is handed out once, and its end leaves the run, its journal and its usage")
    func oneRun() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let runner = try await shell.startRunner()
            let first = try await runner.call(isFirst: true)
            #expect(first.work.isEmpty && first.settings?.revision == 1)
            try await shell.send(ShellFixture.event("1"), ShellFixture.event("2"))
            let response = try await runner.call()
            #expect(response.work.count == 2 && response.definitions.count == 1)
            #expect(response.work[0].workflowID == workflow && response.work[0].input[0]?["id"] == "1")
            #expect(try await runner.call().work.isEmpty)
            #expect(try await runner.call(response.work.map { $0.completed() }).verdicts == [.committed, .committed])
            let run = try await shell.runs.run(response.work[0].runID, in: shell.scope)
            #expect(run.summary.status == .completed && run.output == ["ok": true] && run.state == nil)
            #expect(run.sequence == 1)
            #expect(try await shell.count("millwright.journal_entry") == 8)
            #expect(try await shell.metered(.runs) == 2)
            #expect(try await shell.metered(.tasks) == 4)
        }
    }

    @Test("the same commit again, after a lost answer, is answered as committed and recorded once")
    func repeatedCommit() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"))
            let runner = try await shell.startRunner()
            let commit = try #require(try await runner.begin().first).waiting(for: [], status: .running)
            for _ in 0..<3 { #expect(try await runner.call([commit]).verdicts == [.committed]) }
            #expect(try await shell.count("millwright.journal_entry") == 2)
            #expect(try await shell.metered(.tasks) == 1)
            let other = try await shell.restarted().startRunner()
            #expect(try await other.call([commit]).verdicts == [.conflict])
        }
    }

    @Test("a run that was cancelled meanwhile conflicts, and the others of the call are recorded")
    func conflict() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"), ShellFixture.event("2"))
            let runner = try await shell.startRunner()
            let work = try await runner.begin()
            try await shell.runs.cancel(work[0].runID, in: shell.scope, reason: "wrong press", by: .system)
            #expect(try await runner.call(work.map { $0.completed() }).verdicts == [.conflict, .committed])
            #expect(try await shell.runs.counts(in: shell.scope) == [.cancelled: 1, .completed: 1])
            #expect(try await shell.metered(.runs) == 2)
        }
    }

    @Test("a commit that breaks a rule of the database faults its run alone")
    func refusedCommit() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            for number in 0..<7 { try await shell.send(ShellFixture.event("\(number)")) }
            let runner = try await shell.startRunner()
            var commits = try await runner.begin().map { $0.completed() }
            commits[2].journal[1].endedAt = Timestamp(unixSeconds: 0)
            commits[5].journal[2].ordinal = commits[5].journal[1].ordinal
            let response = try await runner.call(commits)
            let refused: Set = [2, 5]
            #expect(response.verdicts == (0..<7).map { refused.contains($0) ? .refused : .committed })
            #expect(try await shell.runs.counts(in: shell.scope) == [.faulted: 2, .completed: 5])
            let faulted = try await shell.runs.timeline(of: commits[2].runID, in: shell.scope)
            #expect(faulted.entries.map(\.kind) == [.runFaulted])
            #expect(try await shell.metered(.runs) == 7)
            #expect(try await shell.metered(.tasks) == 10)
        }
    }

    @Test("the run of another plant conflicts and stays as it is")
    func otherPlant() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"))
            let sibling = try await shell.sibling()
            let foreign = try #require(try await shell.startRunner().begin().first)
            let runner = try await sibling.startRunner()
            #expect(try await runner.begin().isEmpty)
            #expect(try await runner.call([foreign.completed()]).verdicts == [.conflict])
            #expect(try await shell.runs.run(foreign.runID, in: shell.scope).summary.status == .pending)
        }
    }

    @Test("what an earlier runner held is handed out again: new runs as new, running ones as recovered, once")
    func recovery() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"), ShellFixture.event("2"))
            let old = try await shell.startRunner()
            let work = try await old.begin()
            _ = try await old.call([work[0].waiting(for: [], status: .running)])
            let new = try await shell.startRunner()
            let handed = try await new.begin()
            let running = try #require(handed.first { $0.runID == work[0].runID })
            #expect(running.isRecovered && running.sequence == 1 && running.state == ["step": 1])
            #expect(handed.contains { $0.runID == work[1].runID && !$0.isRecovered && $0.state == nil })
            #expect(try await new.call().work.isEmpty)
        }
    }

    @Test("a runner that never heard what it was handed is handed it again, page after page, and not once more")
    func lostRecovery() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"), ShellFixture.event("2"), ShellFixture.event("3"))
            let old = try await shell.startRunner()
            let work = try await old.begin()
            _ = try await old.call(work.map { $0.waiting(for: [], status: .running) })
            let new = try await shell.startRunner()
            // The answer to this call is lost: the runner begins again, at this control plane or at another one.
            #expect(try await new.begin().count == 3)
            for place in [shell, shell.restarted()] {
                let again = TestRunner(shell: place, runnerID: new.runnerID, epoch: new.epoch)
                var handed = try await again.call(capacity: 2, isFirst: true).work
                #expect(handed.count == 2)
                handed += try await again.call(capacity: 2).work
                #expect(handed.map(\.runID).sorted() == work.map(\.runID).sorted())
                let areRecovered = handed.allSatisfy { $0.isRecovered }
                #expect(areRecovered)
                #expect(try await again.call().work.isEmpty)
            }
        }
    }

    @Test("a control plane that starts anew offers what was not committed again, and nothing else")
    func controlPlaneRestart() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"), ShellFixture.event("2"), ShellFixture.event("3"))
            let runner = try await shell.startRunner()
            let work = try await runner.begin()
            _ = try await runner.call([work[0].completed(), work[1].waiting(for: [], status: .running)])
            let again = TestRunner(shell: shell.restarted(), runnerID: runner.runnerID, epoch: runner.epoch)
            #expect(try await again.call().work.map(\.runID) == [work[2].runID])
        }
    }

    @Test("a run that was handed out and never committed is offered again after a while")
    func lostAnswer() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"))
            let runner = try await shell.startRunner()
            let work = try await runner.begin()
            #expect(try await runner.call().work.isEmpty)
            shell.clock.advance(seconds: 31)
            #expect(try await runner.call().work.map(\.runID) == [work[0].runID])
        }
    }

    @Test("a waiting call is answered as soon as an event starts a run")
    func longPoll() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            async let waiting = runner.call(waitMilliseconds: 60_000)
            while !shell.board.isWaiting(shell.place.plantID) { await Task.yield() }
            try await shell.send(ShellFixture.event("1"))
            #expect(try await waiting.work.count == 1)
        }
    }

    @Test("a newer call of a runner releases the one that waits")
    func newerCall() async throws {
        try await ShellFixture.with { shell in
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            async let waiting = runner.call(waitMilliseconds: 60_000)
            while !shell.board.isWaiting(shell.place.plantID) { await Task.yield() }
            _ = try await runner.call()
            #expect(try await waiting.work.isEmpty)
        }
    }

    @Test("a call hears of what another control plane accepted")
    func otherControlPlane() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let listener = WorkListener(database: shell.database, board: shell.board)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await withThrowingTaskGroup { group in
                group.addTask { try await listener.run() }
                async let waiting = runner.call(waitMilliseconds: 60_000)
                while !shell.board.isWaiting(shell.place.plantID) { await Task.yield() }
                try await shell.restarted().send(ShellFixture.event("1"))
                #expect(try await waiting.work.count == 1)
                group.cancelAll()
            }
        }
    }

    @Test("a runner that finishes gets its verdicts and no work")
    func draining() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"))
            let runner = try await shell.startRunner()
            let work = try await runner.begin()
            try await shell.send(ShellFixture.event("2"))
            let response = try await runner.call([work[0].completed()], waitMilliseconds: 60_000, isDraining: true)
            #expect(response.verdicts == [.committed] && response.work.isEmpty)
        }
    }

    @Test("more runs than a runner can take come one after the other, in the order of their acceptance")
    func backlog() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            for batch in 0..<3 {
                _ = try await shell.intake.accept(
                    shell.scope, (0..<25).map { ShellFixture.event("\(batch * 25 + $0)") }, by: .system)
            }
            let runner = try await shell.startRunner()
            var seen: [JSONValue] = []
            var response = try await runner.call(capacity: 10, isFirst: true)
            while !response.work.isEmpty {
                seen += response.work.compactMap { $0.input[0]?["id"] }
                response = try await runner.call(response.work.map { $0.completed() }, capacity: 10)
            }
            #expect(seen == (0..<75).map { .string("\($0)") })
            #expect(try await shell.metered(.runs) == 75)
        }
    }

    @Test("runs with large events come as many as one answer can bring, in their order, and none is left behind")
    func largeRuns() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            // Together more than PostgreSQL's answer may have.
            let data: JSONValue = ["text": .string(String(repeating: "press", count: 48_000))]
            let count = 300
            for first in stride(from: 0, to: count, by: 25) {
                _ = try await shell.intake.accept(
                    shell.scope, (first..<first + 25).map { ShellFixture.event("\($0)", data: data) }, by: .system)
            }
            let runner = try await shell.startRunner()
            var seen: [JSONValue] = []
            var response = try await runner.call(capacity: 1000, isFirst: true)
            while !response.work.isEmpty {
                #expect(response.work.count <= SyncLimits.maximumWorkBytes / 240_000 + 1)
                seen += response.work.compactMap { $0.input[0]?["id"] }
                response = try await runner.call(response.work.map { $0.completed() }, capacity: 1000)
            }
            #expect(seen == (0..<count).map { .string("\($0)") })
        }
    }

    @Test("runs with large states that an earlier runner had in hand come page after page, each once")
    func largeOrphans() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let text = JSONValue.string(String(repeating: "press", count: 200_000))
            let old = try await shell.startRunner()
            for number in 0..<20 { try await shell.send(ShellFixture.event("\(number)")) }
            var commits: [RunCommit] = []
            for item in try await old.begin() {
                var commit = item.waiting(for: [], status: .running)
                commit.state = ["step": 1, "text": text]
                commits.append(commit)
            }
            _ = try await old.call(commits)
            let new = try await shell.startRunner()
            var handed: [RunID] = []
            var response = try await new.call(capacity: 1000, isFirst: true)
            #expect(response.work.count == SyncLimits.maximumWorkBytes / 1_000_000 + 1)
            while !response.work.isEmpty {
                handed += response.work.map(\.runID)
                response = try await new.call(capacity: 1000)
            }
            #expect(handed == commits.map(\.runID).sorted())
        }
    }

    @Test("an idle runner asks the database for nothing, however often it calls")
    func idle() async throws {
        try await ShellFixture.with { shell in
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            _ = try await runner.call()
            let before = shell.database.statistics.sends
            for _ in 0..<50 { _ = try await runner.call(waitMilliseconds: 1) }
            #expect(shell.database.statistics.sends == before)
        }
    }

    @Test("a runner that is full gets answers for the runs in its hand; what waits is for a call with room")
    func fullRunner() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"), ShellFixture.event("2"), ShellFixture.event("3"))
            let runner = try await shell.startRunner()
            let work = try await runner.begin()
            let due = shell.clock.now().adding(seconds: 10)
            func timer(_ item: WorkItem, _ status: RunStatus) -> RunCommit {
                let wait = Wait(
                    id: "t#1", taskReference: "/do/0", attempt: 1, openedAt: WorkItem.moment, kind: .timer(dueAt: due))
                return item.waiting(for: [wait], status: status)
            }
            _ = try await runner.call([timer(work[0], .running), timer(work[1], .waiting)], capacity: 0)
            shell.clock.advance(seconds: 11)
            #expect(try await runner.call(capacity: 0).work.map(\.runID) == [work[0].runID])
            #expect(try await runner.call(capacity: 5).work.map(\.runID) == [work[1].runID])
        }
    }

    @Test("while a call waits for work, commits beside it do not disturb it, and it gets what they make")
    func commitsBesidePoll() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.addWorkflow("follow-up", startedBy: "work-order.opened")
            try await shell.send(ShellFixture.event("1"), ShellFixture.event("2"))
            let runner = try await shell.startRunner()
            let work = try await runner.begin()
            async let waiting = runner.call(waitMilliseconds: 60_000)
            while !shell.board.isWaiting(shell.place.plantID) { await Task.yield() }
            #expect(try await runner.call([work[0].completed()], capacity: 0).verdicts == [.committed])
            #expect(shell.board.isWaiting(shell.place.plantID))
            let event: JSONValue = ["specversion": "1.0", "id": "e", "source": "/r", "type": "work-order.opened"]
            _ = try await runner.call([work[1].completed(emitted: [event])], capacity: 0)
            #expect(try await waiting.work.map { $0.input[0]?["id"] } == ["e"])
        }
    }

    @Test("a call that brings too many commits, or two of one run, is refused")
    func limits() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"))
            let runner = try await shell.startRunner()
            let commit = try #require(try await runner.begin().first).completed()
            for commits in [[commit, commit], Array(repeating: commit, count: SyncLimits.maximumCommits + 1)] {
                let problem = await #expect(throws: Problem.self) { try await runner.call(commits) }
                #expect(problem?.code == .invalidRequest)
            }
            #expect(try await runner.call([commit]).verdicts == [.committed])
        }
    }
}
