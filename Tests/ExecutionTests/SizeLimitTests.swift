import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("what is too large is refused with its size and the limit", .timeLimit(.minutes(10)))
struct SizeLimitTests {
    private func message(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "it was taken"
        } catch { return "\(error)" }
    }

    private static func text(_ bytes: Int) -> JSONValue { .string(String(repeating: "x", count: bytes)) }

    @Test("the data of an event, a batch, the input of a run")
    func events() async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let outcome = try await shell.send(ShellFixture.event("1", data: Self.text(300_000)))
            guard case .refused(let items) = outcome.first else {
                Issue.record("it was taken")
                return
            }
            #expect(items.first?.path == "/data")
            #expect(items.first?.message.contains("300002") == true && items.first?.message.contains("262144") == true)
            #expect(try await shell.count("millwright.event") == 0)
            let events = JSONValue.array(Array(repeating: ["id": "1"], count: EventLimits.maximumBatch + 1))
            let batch = await message { _ = try IncomingEvent.read(events) }
            #expect(batch.contains("10001") && batch.contains("10000"), "\(batch)")
            let input = await message {
                _ = try await shell.runs.start(workflow, in: shell.scope, input: Self.text(300_000), by: .system)
            }
            #expect(input.contains("300002") && input.contains("262144"), "\(input)")
        }
    }

    @Test("state, output and error of a run: it faults and says so, and the run beside it is recorded")
    func runs() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            for number in 0..<4 { try await shell.send(ShellFixture.event("\(number)")) }
            let work = try await runner.call().work
            let large = Self.text(SyncLimits.maximumPayloadBytes)
            var state = work[0].waiting(for: [])
            state.state = ["x": large]
            let output = work[1].completed(output: large)
            var error = work[2].completed()
            error.status = .faulted
            error.output = nil
            error.error = ["type": "https://e.com/x", "status": 500, "detail": large]
            error.journal[error.journal.count - 1].kind = .runFaulted
            let verdicts = try await runner.call([state, output, error, work[3].completed()]).verdicts
            #expect(verdicts == [.refused, .refused, .refused, .committed])
            for (item, name) in zip(work, ["state", "output", "error"]) {
                let run = try await shell.runs.run(item.runID, in: shell.scope).summary
                let detail = run.error?["detail"]?.stringValue ?? ""
                #expect(run.status == .faulted && detail.contains("The run's \(name) has 41943"), "\(detail)")
                #expect(detail.contains("4194304 are kept"), "\(detail)")
            }
            let letters = try await shell.runs.deadLetters(intake: shell.intake).list(in: shell.scope, page: .init())
            #expect(letters.items.map(\.kind) == [.refusedCommit, .refusedCommit, .refusedCommit])
        }
    }

    @Test(
        "a commit that no message can hold: its run faults and says so, the others are recorded, and no runner gets it again"
    )
    func message() async throws {
        try await ShellFixture.with { shell in
            try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            for number in 0..<4 { try await shell.send(ShellFixture.event("\(number)")) }
            var work = try await runner.call().work
            // One of them has begun, and waits for a call.
            _ = try await runner.call([work[0].waiting(for: [], status: .running)])
            work[0].sequence = 1
            let reason = "It takes more than 67108864 bytes. " + String(repeating: "x", count: 5_000)
            let refused = work[..<2].map { RunCommit(refusing: $0.completed(), because: reason) }
            let verdicts = try await runner.call(refused + work[2...].map { $0.completed() }).verdicts
            #expect(verdicts == [.refused, .refused, .committed, .committed])
            for item in work[..<2] {
                let run = try await shell.runs.run(item.runID, in: shell.scope).summary
                let detail = run.error?["detail"]?.stringValue ?? ""
                #expect(run.status == .faulted && detail.contains("67108864") && detail.count == 1_000)
            }
            let letters = try await shell.runs.deadLetters(intake: shell.intake).list(in: shell.scope, page: .init())
            #expect(letters.items.map(\.kind) == [.refusedCommit, .refusedCommit])
            #expect(try await shell.metered(.runs) == 4)
            // The answer was lost: said again, it does nothing.
            #expect(try await runner.call(refused).verdicts == [.conflict, .conflict])
            #expect(try await shell.restarted().startRunner().begin().isEmpty)
            // Where the run stood is kept for whoever repairs it.
            #expect(try await shell.count("millwright.run_checkpoint") == 1)
        }
    }

    @Test("a value of a run inside the engine: its task fails, and may be caught")
    func values() throws {
        let document = RepairFixture.document([
            ["grow": ["set": ["all": "${ [range(100) | \"\(String(repeating: "y", count: 50_000))\"] }"]]]
        ])
        let definition = try #require(DefinitionDecoder.decode(document).definition)
        let advance = Engine(definition: definition, facts: RunFacts(runID: RunID())).start(
            input: [:], at: WorkItem.moment)
        let detail = advance.error?.detail ?? ""
        #expect(advance.status == .faulted && detail.contains("4194304"), "\(detail)")
        let bytes = detail.split(separator: " ").compactMap { Int($0) }.first ?? 0
        #expect(bytes > 5_000_000, "\(detail)")
    }

    @Test("a file, a comment, an expression of a policy")
    func people() async throws {
        let file = await message {
            _ = try EvidenceFile(
                name: "a.txt", mediaType: "text/plain",
                content: Array(repeating: 0x61, count: EvidenceFile.maximumBytes + 1))
        }
        #expect(file.contains("10485761") && file.contains("10485760"), "\(file)")
        try await ShellFixture.with { shell in
            let person = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope)
            let comment = await message {
                _ = try await shell.tasks.comment(
                    HumanTaskID(), in: shell.scope, String(repeating: "x", count: 10_001), by: person.principal)
            }
            #expect(comment.contains("10001") && comment.contains("10000"), "\(comment)")
            let policy = await message {
                try WorkflowPolicy(businessKey: String(repeating: "x", count: 2_001)).check()
            }
            #expect(policy.contains("2001") && policy.contains("2000"), "\(policy)")
        }
    }
}
