import Database
import Execution
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("a template says what the runs of its events are called and how urgent they are", .timeLimit(.minutes(10)))
struct RunMetadataTests {
    /// A workflow whose definition has this `metadata.run`.
    private func workflow(_ metadata: JSONValue, _ shell: ShellFixture) async throws -> WorkflowID {
        let id = try await shell.addWorkflow("triage", startedBy: ShellFixture.alarm)
        let place = shell.place
        let document: JSONValue = ["document": ["name": "triage", "metadata": ["run": metadata]], "do": []]
        _ = try await shell.database.pipeline(
            shell.scope,
            [
                """
                INSERT INTO millwright.workflow_revision (
                  partner_id, client_id, plant_id, workflow_id, digest, revision, template_version_id, document, parameters,
                  bindings, facts, created_at)
                SELECT \(place.partnerID), \(place.clientID), \(place.plantID), workflow_id, digest, 1,
                  template_version_id, \(ExactJSON(document)), '{}', '{}', '{}', now()
                FROM millwright.workflow WHERE workflow_id = \(id)
                """
            ])
        return id
    }

    private func runs(_ shell: ShellFixture) async throws -> [RunSummary] {
        try await shell.runs.list(in: shell.scope, page: .init()).items.sorted { $0.acceptedAt < $1.acceptedAt }
    }

    @Test("business key and priority come from the event; one with the key of an open run starts none")
    func fromTheEvent() async throws {
        try await ShellFixture.with { shell in
            _ = try await workflow(
                [
                    "businessKey": "${ .data.asset }", "priority": "${ if .data.isSafety then 95 else 20 end }",
                    "deduplicate": "open",
                ], shell)
            try await shell.send(
                ShellFixture.event("1", data: ["asset": "press-7", "isSafety": true]),
                ShellFixture.event("2", data: ["asset": "saw-1"]),
                ShellFixture.event("3", data: ["asset": "press-7"]))
            let runs = try await runs(shell)
            #expect(Set(runs.map { "\($0.businessKey ?? "") \($0.priority)" }) == ["press-7 95", "saw-1 20"])
        }
    }

    @Test("the plant's policy goes before it, member by member")
    func policyGoesFirst() async throws {
        try await ShellFixture.with { shell in
            let id = try await workflow(
                ["businessKey": "${ .data.asset }", "priority": 80, "deduplicate": "ever"], shell)
            try await shell.runs.policies.set(
                .init(priority: "${ .data.urgency }"), of: id, in: shell.scope, by: .system)
            try await shell.send(ShellFixture.event("1", data: ["asset": "a", "urgency": 7]))
            // An expression that yields nothing leaves the usual priority.
            try await shell.send(ShellFixture.event("2", data: ["asset": "b"]))
            try await shell.send(ShellFixture.event("3", data: ["asset": "a"]))
            let runs = try await runs(shell)
            #expect(Set(runs.map { "\($0.businessKey ?? "") \($0.priority)" }) == ["a 7", "b 50"])
        }
    }

    @Test("a restart is held to it, too")
    func restart() async throws {
        try await ShellFixture.with { shell in
            _ = try await workflow(["businessKey": "${ .data.asset }", "deduplicate": "open"], shell)
            try await shell.send(ShellFixture.event("1"))
            let first = try #require(try await runs(shell).first)
            try await shell.runs.cancel(first.id, in: shell.scope, reason: "x", by: .system)
            try await shell.send(ShellFixture.event("2"))
            await #expect(throws: Problem.self) {
                try await shell.runs.perform(
                    .restart(.same, input: nil), on: first.id, in: shell.scope, reason: "x", by: .system)
            }
        }
    }
}
