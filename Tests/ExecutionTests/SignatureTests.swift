import Crypto
import Database
import Execution
import JSON
import Primitives
import RunnerProtocol
import Tenancy
import TestSupport
import Testing
import Workflow

@Suite("decisions are signed", .timeLimit(.minutes(10)))
struct SignatureTests {
    private static let password = "a long pass phrase"
    private static let signed = Asked.approval(["signature": ["meaning": ["I checked it", "I release it"]]])

    private func decide(
        _ shell: ShellFixture, _ task: HumanTask, _ meaning: String?, _ proof: PasswordConfirmation?,
        by person: Principal,
        _ outcome: String = "approve"
    ) async throws -> HumanTask {
        var choice = HumanTaskService.Choice(outcome: outcome)
        if let meaning, let proof { choice.signature = SigningStatement(meaning: meaning, confirmation: proof) }
        return try await shell.tasks.decide(task.id, in: shell.scope, choice, by: person)
    }

    private func confirmed(_ shell: ShellFixture, _ person: Principal) async throws -> PasswordConfirmation {
        try #require(try await shell.tenants.authenticator.confirm(person, password: Redacted(Self.password)))
    }

    @Test("without a fresh proof of the signer's own there is no signature, and nothing is recorded")
    func refused() async throws {
        try await ShellFixture.with { shell in
            let make = { try await shell.tenants.makePrincipal(.supervisor, in: shell.scope, password: Self.password) }
            let (signer, other) = (try await make().principal, try await make().principal)
            let machine = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope).principal
            let task = try await shell.open(("a", Self.signed)).tasks[0]
            #expect(await refusal { try await decide(shell, task, nil, nil, by: signer) } == .forbidden)
            let authenticator = shell.tenants.authenticator
            #expect(try await authenticator.confirm(signer, password: Redacted("wrong")) == nil)
            #expect(try await authenticator.confirm(machine, password: Redacted("")) == nil, "it has no password")
            let foreign = try await confirmed(shell, other)
            #expect(await refusal { try await decide(shell, task, "I release it", foreign, by: signer) } == .forbidden)
            let own = try await confirmed(shell, signer)
            #expect(await refusal { try await decide(shell, task, "I read it", own, by: signer) } == .invalidRequest)
            shell.clock.advance(seconds: 120)
            #expect(await refusal { try await decide(shell, task, "I release it", own, by: signer) } == .forbidden)
            #expect(try await shell.count("millwright.human_task_decision") == 0)
            #expect(try await shell.count("millwright.human_task_signature") == 0)
        }
    }

    @Test("wrong passwords count as at the sign-in: the account rests, and then even the right one does not sign")
    func blocked() async throws {
        try await ShellFixture.with { shell in
            let signer = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope, password: Self.password)
            for _ in 0..<5 {
                #expect(
                    try await shell.tenants.authenticator.confirm(signer.principal, password: Redacted("wrong"))
                        == nil)
            }
            #expect(
                try await shell.tenants.authenticator.confirm(signer.principal, password: Redacted(Self.password))
                    == nil)
        }
    }

    @Test("a signature says who, what it means and when, with the digest of what was signed; it is never changed")
    func stored() async throws {
        try await ShellFixture.with { shell in
            let signer = try await shell.tenants.makePrincipal(.supervisor, in: shell.scope, password: Self.password)
            let person = signer.principal
            var arguments = Self.signed
            arguments.set("evidence", ["lot": "L-7"])
            let opened = try await shell.open(("a", arguments))
            let task = opened.tasks[0]
            let file = try EvidenceFile(name: "photo.txt", mediaType: "text/plain", content: Array("proof".utf8))
            let attached = try await shell.tasks.attach(file, to: task.id, in: shell.scope, by: person)
            let proof = try await confirmed(shell, person)
            let decided = try await decide(shell, task, "I release it", proof, by: person)
            #expect(decided.decision?.signatureMeaning == "I release it")
            #expect(await refusal { try await decide(shell, task, "I release it", proof, by: person) } == .wrongState)
            let row = try #require(
                try await shell.database.readPipeline(
                    shell.scope, ["SELECT principal_name, signed, sha256 FROM millwright.human_task_signature"])[0]
                    .first)
            let text = try row.decode("signed", as: String.self)
            #expect(try row.decode("sha256", as: [UInt8].self) == Array(SHA256.hash(data: Array(text.utf8))))
            let signed = try JSONValue(parsing: text)
            #expect(signed["meaning"] == "I release it" && signed["outcome"] == "approve")
            #expect(signed["attachments"]?[0]?["sha256"] == .string(attached.digestText))
            #expect(signed["signer"]?["id"] == .string(person.id.description))
            for change: Statement in [
                "UPDATE millwright.human_task_signature SET meaning = 'x'",
                "DELETE FROM millwright.human_task_signature",
            ] {
                await #expect(throws: (any Error).self) { try await shell.database.pipeline(shell.scope, [change]) }
            }
            let answered = try #require(try await opened.runner.call().work.first)
            guard case .succeeded(_, let result, _) = answered.inputs[0].input.kind else { return }
            #expect(result["decisions"]?[0]?["signatureMeaning"] == "I release it")
        }
    }

    @Test("only the outcome that asks for a signature needs one")
    func perOutcome() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.supervisors(1)[0]
            let arguments: JSONValue = [
                "title": "Approve", "role": "supervisor", "signature": ["meaning": "I release it", "required": false],
                "outcomes": [["name": "approve", "requiresSignature": true], ["name": "reject"]],
            ]
            let task = try await shell.open(("a", arguments)).tasks[0]
            #expect(await refusal { try await decide(shell, task, nil, nil, by: person) } == .forbidden)
            #expect(try await decide(shell, task, nil, nil, by: person, "reject").outcome == "reject")
        }
    }
}
