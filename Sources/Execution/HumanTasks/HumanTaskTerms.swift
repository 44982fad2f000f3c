import JSON
import Primitives
package import Workflow

/// How a task is decided beyond its first decision, as the column `terms` keeps it. A member that is missing has its
/// default, so that tasks from before keep what they were opened with.
package struct HumanTaskTerms: Sendable, Hashable {
    package var quorum: HumanTaskArguments.Quorum?
    package var veto: [String] = []
    package var allowsDelegation = false
    package var excludesInitiator = false
    package var separateFrom: [String] = []
    package var signature: HumanTaskArguments.Signature?
    package var announce: [HumanTaskArguments.Announcement] = []

    init() {}

    init(_ arguments: HumanTaskArguments) {
        quorum = arguments.quorum
        veto = arguments.veto
        allowsDelegation = arguments.allowsDelegation
        excludesInitiator = arguments.excludesInitiator
        separateFrom = arguments.separateFrom
        signature = arguments.signature
        announce = arguments.announce
    }

    /// How many people must agree: one, unless there is a quorum.
    package var peopleNeeded: Int { quorum?.of ?? 1 }
}

extension HumanTaskTerms {
    var json: JSONValue {
        var object: JSONObject = [:]
        if let quorum {
            var member: JSONObject = ["of": JSONValue(quorum.of), "otherwise": .string(quorum.otherwise)]
            if let among = quorum.among { member["among"] = JSONValue(among) }
            if !quorum.outcomes.isEmpty { member["outcome"] = .texts(quorum.outcomes) }
            object["quorum"] = .object(member)
        }
        if !veto.isEmpty { object["veto"] = .texts(veto) }
        if allowsDelegation { object["delegation"] = true }
        if excludesInitiator { object["excludeInitiator"] = true }
        if !separateFrom.isEmpty { object["separateFrom"] = .texts(separateFrom) }
        if let signature {
            object["signature"] = ["meaning": .texts(signature.meanings), "required": .bool(signature.isRequired)]
        }
        if !announce.isEmpty { object["announce"] = .texts(announce.map(\.rawValue)) }
        return .object(object)
    }

    init(json: JSONValue) {
        if let member = json["quorum"], let of = member["of"]?.intValue {
            quorum = .init(
                of: of, among: member["among"]?.intValue, outcomes: member["outcome"].texts,
                otherwise: member["otherwise"]?.stringValue ?? HumanTaskArguments.undecided)
        }
        veto = json["veto"].texts
        allowsDelegation = json["delegation"]?.boolValue ?? false
        excludesInitiator = json["excludeInitiator"]?.boolValue ?? false
        separateFrom = json["separateFrom"].texts
        if let member = json["signature"] {
            signature = .init(
                meanings: member["meaning"].texts, isRequired: member["required"]?.boolValue ?? true)
        }
        announce = json["announce"].texts.compactMap(HumanTaskArguments.Announcement.init(rawValue:))
    }
}

extension HumanTaskArguments {
    var outcomesJSON: JSONValue {
        .array(
            outcomes.map { outcome in
                var object: JSONObject = [
                    "name": .string(outcome.name), "label": .string(outcome.label),
                    "requiresReason": .bool(outcome.requiresReason),
                ]
                if outcome.requiresSignature { object["requiresSignature"] = true }
                if let form = outcome.form { object["form"] = form }
                return .object(object)
            })
    }

    var escalationJSON: JSONValue? {
        guard !escalation.isEmpty else { return nil }
        return .array(
            escalation.map { step in
                var object: JSONObject = [
                    "afterSeconds": JSONValue(step.afterSeconds), "roles": .texts(step.candidates.roles),
                    "principals": .texts(step.candidates.people),
                ]
                if let priority = step.priority { object["priority"] = JSONValue(priority) }
                return .object(object)
            })
    }
}

extension JSONValue {
    static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    var outcomes: [HumanTaskArguments.Outcome] {
        (arrayValue ?? []).compactMap { element in
            guard let name = element["name"]?.stringValue else { return nil }
            return .init(
                name: name, label: element["label"]?.stringValue ?? name,
                requiresReason: element["requiresReason"]?.boolValue ?? false,
                requiresSignature: element["requiresSignature"]?.boolValue ?? false, form: element["form"])
        }
    }

    /// Steps from before had one `role`.
    var escalation: [HumanTaskArguments.Escalation] {
        (arrayValue ?? []).map { element in
            let role = element["role"]?.stringValue
            return .init(
                afterSeconds: element["afterSeconds"]?.doubleValue ?? 0,
                candidates: .init(
                    roles: role.map { [$0] } ?? element["roles"].texts, people: element["principals"].texts),
                priority: element["priority"]?.intValue)
        }
    }
}

extension JSONValue? {
    var texts: [String] { (self?.arrayValue ?? []).compactMap(\.stringValue) }
}
