import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("the real engine's transitions can be recorded", .timeLimit(.minutes(10)))
struct EngineRoundTripTests {
    /// Advances a run as a runner does: what was recorded is read back from JSON each time.
    private func advance(_ item: WorkItem, _ document: JSONValue) throws -> RunCommit {
        let decoded = DefinitionDecoder.decode(document)
        let definition = try #require(decoded.definition, "\(decoded.diagnostics)")
        let engine = Engine(definition: definition, facts: RunFacts(runID: item.runID))
        let advance: Advance
        if let state = item.state {
            advance = engine.advance(try RunState(json: state), item.inputs.map(\.input))
        } else {
            advance = engine.start(input: item.input, at: item.acceptedAt)
        }
        return RunCommit(of: item.runID, after: item.sequence, advance, consumed: item.inputs.map(\.number))
    }

    private func document(_ tasks: JSONValue) -> JSONValue {
        [
            "document": ["dsl": "1.0.3", "namespace": "tests", "name": "triage", "version": "1.0.0"], "do": tasks,
        ]
    }

    private func drive(_ shell: ShellFixture, _ document: JSONValue, until isDone: (SyncResponse) -> Bool) async throws
        -> TestRunner
    {
        let runner = try await shell.startRunner()
        var response = try await runner.call(isFirst: true)
        for _ in 0..<20 where !isDone(response) {
            // Through the message and back, as between two processes.
            let commits = try response.work.map { try advance($0, document) }
            var request = SyncRequest(
                runnerID: runner.runnerID, epoch: runner.epoch, publicKey: [], commits: commits, capacity: 10,
                waitMilliseconds: 0)
            request = try SyncRequest(decoding: request.encoded())
            response = try SyncResponse(decoding: try await shell.sync.sync(shell.scope, request).encoded())
            #expect(response.verdicts.allSatisfy { $0 == .committed })
        }
        return runner
    }

    @Test("two simple tasks: one transition from the event to the end")
    func simple() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"))
            let tasks: JSONValue = [
                ["classify": ["set": ["asset": "${ .[0].data.asset }"]]],
                ["grade": ["set": ["asset": "${ .asset }", "grade": "high"]]],
            ]
            _ = try await drive(shell, document(tasks)) { $0.work.isEmpty }
            let run = try #require(try await shell.runs.list(in: shell.scope, page: .init()).items.first)
            #expect(run.status == .completed)
            let detail = try await shell.runs.run(run.id, in: shell.scope)
            #expect(detail.output == ["asset": "press-7", "grade": "high"] && detail.sequence == 1)
            #expect(try await shell.metered(.tasks) == 2)
        }
    }

    @Test("a wait, a person and an error: every transition is recorded, and the run ends faulted with its error")
    func longer() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            try await shell.send(ShellFixture.event("1"))
            let supervisor = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope).principal
            let tasks: JSONValue = [
                ["pause": ["wait": ["seconds": 60]]],
                [
                    "ask": [
                        "call": "human-task:1.0.0@default",
                        "with": ["title": "Release ${ .[0].data.asset }?", "role": "supervisor"],
                    ]
                ],
                [
                    "stop": [
                        "raise": [
                            "error": [
                                "type": "https://example.com/errors/stopped", "status": 409, "title": "Stopped",
                            ]
                        ]
                    ]
                ],
            ]
            let document = document(tasks)
            let runner = try await drive(shell, document) { $0.work.isEmpty }
            shell.clock.advance(seconds: 61)
            let woken = try await runner.call().work
            #expect(woken.map(\.inputs.count) == [1])
            #expect(try await runner.call([try advance(woken[0], document)]).verdicts == [.committed])
            let task = try #require(
                try await shell.tasks.list(for: supervisor, in: shell.scope, page: .init()).items.first)
            _ = try await shell.tasks.decide(task.id, in: shell.scope, outcome: "done", by: supervisor)
            let decided = try await runner.call().work
            #expect(try await runner.call([try advance(decided[0], document)]).verdicts == [.committed])
            let run = try #require(try await shell.runs.list(in: shell.scope, page: .init()).items.first)
            #expect(run.status == .faulted && run.error?["status"] == 409)
            let timeline = try await shell.runs.timeline(of: run.id, in: shell.scope)
            #expect(timeline.entries.map(\.ordinal) == Array(1...timeline.entries.count))
            #expect(timeline.entries.contains { $0.detail?["by"]?["name"] == .string(supervisor.displayName) })
            #expect(timeline.humanTasks.map(\.decision?.decidedByName) == [supervisor.displayName])
        }
    }
}
