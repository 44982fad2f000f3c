import Crypto
import Database
import JSON
import Primitives
package import Tenancy
import Workflow

/// What the signer states, and the proof that it is the signer who does.
package struct SigningStatement: Sendable {
    package var meaning: String
    package var confirmation: PasswordConfirmation

    package init(meaning: String, confirmation: PasswordConfirmation) {
        self.meaning = meaning
        self.confirmation = confirmation
    }
}

/// An electronic signature: who signed, what it means, when, and the digest of everything that was signed.
struct TaskSignature: Sendable {
    /// A confirmation that is older was made for something else.
    static let maximumAgeSeconds: Double = 60

    let meaning: String
    /// JSON; its SHA-256 is stored beside it, and the database checks that it fits.
    let text: String

    /// - Throws: `.invalidRequest` with what is missing, `.forbidden` for a proof that is somebody else's or too old.
    static func check(
        _ given: SigningStatement?, for outcome: String, of task: HumanTask, by principal: Principal, at now: Timestamp
    ) throws(Problem) -> String? {
        guard task.requiresSignature(for: outcome) else { return nil }
        guard let given else {
            throw Problem(
                .forbidden,
                "This decision must be signed. Sign in to the portal with your password and decide there: an API key "
                    + "cannot sign.")
        }
        guard task.terms.signature?.meanings.contains(given.meaning) == true else {
            let meanings = task.terms.signature?.meanings.joined(separator: "; ") ?? ""
            throw Problem(
                .invalidRequest, "The signature is incomplete.",
                items: [.init(path: "/signature/meaning", message: "Say what the signature means: \(meanings).")])
        }
        let age = now.unixSeconds - given.confirmation.confirmedAt.unixSeconds
        guard given.confirmation.principalID == principal.id, abs(age) <= maximumAgeSeconds else {
            throw Problem(.forbidden, "The password was not confirmed for this signature. Enter it again.")
        }
        return given.meaning
    }

    init(_ meaning: String, of decision: HumanTask.Decision, _ task: HumanTask, _ attached: [AttachedEvidence]) {
        self.meaning = meaning
        var object: JSONObject = [
            "task": .string(task.id.description), "run": .string(task.runID.description),
            "workflow": .string(task.workflowID.description), "title": .string(task.title),
            "openedAt": .string(task.openedAt.description),
            "evidence": task.evidence.map { .string(Self.digest($0)) } ?? .null,
            "attachments": .array(
                attached.map { ["name": .string($0.fileName), "sha256": .string($0.digestText)] }),
            "outcome": .string(decision.outcome), "reason": decision.reason.map(JSONValue.string) ?? .null,
            "data": decision.data ?? .null, "meaning": .string(meaning),
            "signer": [
                "id": .string(decision.decidedBy.description), "name": .string(decision.decidedByName),
            ],
            "signedAt": .string(decision.decidedAt.description),
        ]
        if let absent = decision.onBehalfOf { object["onBehalfOf"] = .string(absent.id.description) }
        text = JSONValue.object(object).serialized()
    }

    private static func digest(_ value: JSONValue) -> String {
        SHA256.hash(data: value.serializedBytes()).hexadecimal
    }

    func insertion(of decision: HumanTask.Decision, _ task: HumanTask, _ plant: PlantKey) -> Statement {
        """
        INSERT INTO millwright.human_task_signature (
          partner_id, client_id, plant_id, human_task_id, principal_id, principal_name, meaning, signed_at, signed, sha256)
        VALUES (
          \(fragment: plant.values), \(task.id), \(decision.decidedBy), \(decision.decidedByName), \(meaning),
          \(decision.decidedAt), \(text), \(Array(SHA256.hash(data: Array(text.utf8)))))
        """
    }
}

extension Sequence<UInt8> {
    /// Two digits a byte.
    var hexadecimal: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
