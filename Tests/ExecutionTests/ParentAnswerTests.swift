import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import TestSupport
import Testing
import Workflow

@Suite(
    "a run that ends answers the run that waits for it, and leaves nothing for one that has ended",
    .timeLimit(.minutes(10)))
struct ParentAnswerTests {
    private struct Family {
        var runner: TestRunner
        /// As it stands after the commit that began to wait.
        var parent: WorkItem
        var child: WorkItem
        /// A later run that has nothing to do with them.
        var other: WorkItem
    }

    private static func childWait() -> Wait {
        Wait(
            id: "c#1", taskReference: "/do/0/c", attempt: 1, openedAt: WorkItem.moment,
            kind: .childRun(
                ChildRunRequest(
                    namespace: "tests", name: "child", version: "latest", input: ["n": 1], awaitsCompletion: true)))
    }

    private func family(_ shell: ShellFixture) async throws -> Family {
        try await shell.addWorkflow("parent", startedBy: ShellFixture.alarm)
        try await shell.addWorkflow("child")
        try await shell.send(ShellFixture.event("parent"))
        let runner = try await shell.startRunner()
        var parent = try #require(try await runner.begin().first)
        // Who was made earlier has the smaller identifier.
        shell.clock.advance(seconds: 1)
        _ = try await runner.call([parent.waiting(for: [Self.childWait()])])
        let child = try #require(try await runner.call().work.first)
        shell.clock.advance(seconds: 1)
        try await shell.send(ShellFixture.event("other"))
        let other = try #require(try await runner.call().work.first)
        parent.sequence = 1
        return Family(runner: runner, parent: parent, child: child, other: other)
    }

    private func answers(_ shell: ShellFixture) async throws -> Int { try await shell.count("millwright.run_input") }

    @Test("both end in one call, in either order")
    func together() async throws {
        for isParentFirst in [true, false] {
            try await ShellFixture.with { shell in
                let family = try await family(shell)
                let commits = [family.parent.completed(), family.child.completed()]
                let verdicts = try await family.runner.call(isParentFirst ? commits : commits.reversed()).verdicts
                #expect(verdicts == [.committed, .committed])
                #expect(try await answers(shell) == 0)
            }
        }
    }

    @Test("the parent has ended before, and the child completes or is cancelled")
    func afterwards() async throws {
        for isCancelled in [false, true] {
            try await ShellFixture.with { shell in
                let family = try await family(shell)
                #expect(try await family.runner.call([family.parent.completed()]).verdicts == [.committed])
                if isCancelled {
                    try await shell.runs.cancel(family.child.runID, in: shell.scope, reason: "x", by: .system)
                } else {
                    #expect(try await family.runner.call([family.child.completed()]).verdicts == [.committed])
                }
                #expect(try await answers(shell) == 0)
            }
        }
    }

    @Test("the parent ends while the child's end is under way: its answer is not left behind it")
    func atTheSameTime() async throws {
        try await ShellFixture.with { shell in
            let family = try await family(shell)
            let (locked, isLocked) = AsyncStream.makeStream(of: Void.self)
            let (release, isReleased) = AsyncStream.makeStream(of: Void.self)
            async let holder: Void = shell.database.transaction(shell.scope) { transaction in
                try await transaction.execute(
                    "SELECT FROM millwright.run WHERE run_id = \(family.other.runID) FOR UPDATE")
                isLocked.finish()
                for await _ in release {}
            }
            for await _ in locked {}
            // It comes as far as the run that is held, whatever it has done before that.
            async let childEnds = family.runner.call([family.child.completed(), family.other.completed()], capacity: 0)
            try await shell.waitForLock()
            async let parentEnds = family.runner.call([family.parent.completed()], capacity: 0)
            try await shell.waitForLocks(2) {
                try await shell.runs.run(family.parent.runID, in: shell.scope).summary.status == .completed
            }
            isReleased.finish()
            try await holder
            let verdicts = try await (childEnds.verdicts, parentEnds.verdicts)
            #expect(verdicts == ([.committed, .committed], [.committed]))
            #expect(try await answers(shell) == 0)
        }
    }

    @Test("the parent goes on in the same call: it gets its answer")
    func goesOn() async throws {
        try await ShellFixture.with { shell in
            let family = try await family(shell)
            let goesOn = family.parent.waiting(for: [])
            #expect(
                try await family.runner.call([family.child.completed(), goesOn]).verdicts == [.committed, .committed])
            let work = try await family.runner.call().work
            #expect(work.map(\.runID) == [family.parent.runID] && work.first?.inputs.count == 1)
        }
    }

    @Test(
        "many families whose runs end across one another in calls at the same time lose no answer and wait for no other"
    )
    func crossed() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("parent", startedBy: ShellFixture.alarm)
            try await shell.addWorkflow("child")
            let count = 20
            for number in 0..<count { try await shell.send(ShellFixture.event("\(number)")) }
            let runner = try await shell.startRunner()
            var parents = try await runner.begin()
            _ = try await runner.call(parents.map { $0.waiting(for: [Self.childWait()]) })
            let children = try await runner.call().work
            #expect(children.count == count)
            for index in parents.indices { parents[index].sequence = 1 }
            // Each call ends children of parents that the other one moves.
            let half = count / 2
            let calls = [
                children[..<half].map { $0.completed() } + parents[half...].reversed().map { $0.waiting(for: []) },
                children[half...].map { $0.completed() } + parents[..<half].reversed().map { $0.waiting(for: []) },
            ]
            try await withThrowingTaskGroup(of: [CommitVerdict].self) { group in
                for commits in calls { group.addTask { try await runner.call(commits, capacity: 0).verdicts } }
                for try await verdicts in group { #expect(verdicts == Array(repeating: .committed, count: count)) }
            }
            #expect(try await answers(shell) == count)
        }
    }
}
