import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

/// A plant with one workflow of a real definition, driven by the real engine.
struct RepairFixture: Sendable {
    let shell: ShellFixture
    let runs: RunDirectory
    let workflow: WorkflowID
    let runner: TestRunner
    let documents: Documents

    struct Documents: DefinitionSource {
        var byDigest: [String: JSONValue]

        func definitions(_ digests: Set<String>, of plant: PlantKey) async throws -> [DefinitionEnvelope] {
            digests.sorted().compactMap { digest in
                byDigest[digest].map {
                    DefinitionEnvelope(digest: digest, document: $0, parameters: [:], bindings: [:], facts: [:])
                }
            }
        }
    }

    static func document(_ tasks: JSONValue) -> JSONValue {
        ["document": ["dsl": "1.0.3", "namespace": "tests", "name": "triage", "version": "1.0.0"], "do": tasks]
    }

    static let otherDigest = String(repeating: "f", count: 64)

    /// - Parameter other: what the workflow has under `otherDigest`.
    static func with(
        _ tasks: JSONValue, other: JSONValue = [], _ body: (RepairFixture) async throws -> Void
    ) async throws {
        try await ShellFixture.with { shell in
            let workflow = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
            let row = try await shell.database.readPipeline(
                shell.scope, ["SELECT digest FROM millwright.workflow WHERE workflow_id = \(workflow)"])[0][0]
            let documents = Documents(byDigest: [
                try row.decode("digest"): document(tasks), otherDigest: document(other),
            ])
            let runs = RunDirectory(
                database: shell.database, board: shell.board, definitions: documents, clock: shell.clock)
            let runner = try await shell.startRunner()
            _ = try await runner.begin()
            try await body(
                RepairFixture(shell: shell, runs: runs, workflow: workflow, runner: runner, documents: documents))
        }
    }

    func start(_ input: JSONValue = ["n": 1], key: String? = nil) async throws -> RunID {
        try await runs.start(workflow, in: shell.scope, input: input, businessKey: key, by: .system)
    }

    /// Takes what there is, advances it, and commits it.
    @discardableResult
    func turn() async throws -> [RunCommit] {
        let commits = try await runner.call().work.map { try advance($0) }
        let verdicts = try await runner.call(commits).verdicts
        #expect(verdicts.allSatisfy { $0 == .committed })
        return commits
    }

    func advance(_ item: WorkItem, answering: [EngineInput] = []) throws -> RunCommit {
        let decoded = DefinitionDecoder.decode(try #require(documents.byDigest[item.definitionDigest]))
        let engine = Engine(
            definition: try #require(decoded.definition, "\(decoded.diagnostics)"),
            facts: RunFacts(runID: item.runID))
        let advance: Advance
        if let state = item.state {
            advance = engine.advance(try RunState(json: state), item.inputs.map(\.input) + answering)
        } else {
            advance = engine.start(input: item.input, at: item.acceptedAt)
        }
        return RunCommit(of: item.runID, after: item.sequence, advance, consumed: item.inputs.map(\.number))
    }

    /// What the runner tells of a call of the run that ended.
    @discardableResult
    func answer(_ commit: RunCommit, _ result: Result<JSONValue, WorkflowError>, wait index: Int = 0) async throws
        -> RunCommit
    {
        let detail = try await runs.run(commit.runID, in: shell.scope)
        let state = try #require(detail.state)
        let calls = try RunState(json: state).waits.filter { if case .call = $0.kind { true } else { false } }
        let now = shell.clock.now()
        let kind: EngineInput.Kind
        switch result {
        case .success(let value): kind = .succeeded(waitID: calls[index].id, result: value, by: nil)
        case .failure(let error): kind = .failed(waitID: calls[index].id, error: error)
        }
        let item = WorkItem(
            runID: commit.runID, workflowID: workflow, definitionDigest: detail.summary.definitionDigest,
            sequence: detail.sequence, state: state, input: detail.input ?? .null, acceptedAt: detail.summary.acceptedAt
        )
        let next = try advance(item, answering: [EngineInput(at: now, kind: kind)])
        #expect(try await runner.call([next]).verdicts == [.committed])
        return next
    }

    func status(_ id: RunID) async throws -> RunStatus {
        try await runs.run(id, in: shell.scope).summary.status
    }

    static let broken = WorkflowError(
        type: "https://serverlessworkflow.io/spec/1.0.0/errors/communication", status: 503, title: "Down")

    func perform(_ action: RunAction, on id: RunID) async throws -> RunID? {
        try await runs.perform(action, on: id, in: shell.scope, reason: "because", by: .system)
    }

    func code(_ body: () async throws -> Void) async -> Problem.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? Problem)?.code
        }
    }
}
