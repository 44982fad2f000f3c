import Execution
import JSON
import Primitives
import Tenancy
import Workflow

extension HumanTaskOperations {
    static func json(_ task: HumanTask) -> JSONValue {
        var object: JSONObject = [
            "id": .string(task.id.description), "runId": .string(task.runID.description),
            "workflowId": .string(task.workflowID.description), "workflow": .string(task.workflowName),
            "status": .string(task.status.rawValue), "title": .string(task.title),
            "roles": .array(task.roles.map { .string($0.rawValue) }), "priority": JSONValue(task.priority),
            "fourEyes": .bool(task.fourEyes), "delegation": .bool(task.terms.allowsDelegation),
            "openedAt": .string(task.openedAt.description), "escalationLevel": JSONValue(task.escalationLevel),
            "outcomes": .array(task.outcomes.map(json)), "decisions": .array(task.decisions.map(json)),
        ]
        object.set("role", ifPresent: task.role.map { .string($0.rawValue) })
        if !task.people.isEmpty { object["principals"] = .array(task.people.map(JSONValue.string)) }
        object.set("assigneeId", ifPresent: task.assignee.json)
        object.set("assignee", ifPresent: task.assigneeName.map(JSONValue.string))
        object.set("delegatedBy", ifPresent: task.delegatedBy.map(json))
        object.set("description", ifPresent: task.description.map(JSONValue.string))
        object.set("form", ifPresent: task.form)
        object.set("evidence", ifPresent: task.evidence)
        object.set("requestedBy", ifPresent: task.requestedBy.map(JSONValue.string))
        object.set("dueAt", ifPresent: task.dueAt.json)
        object.set("followUpAt", ifPresent: task.followUpAt.json)
        object.set("closedAt", ifPresent: task.closedAt.json)
        object.set("outcome", ifPresent: task.outcome.map(JSONValue.string))
        object.set("decision", ifPresent: task.decision.map(json))
        add(task.terms, to: &object)
        return .object(object)
    }

    private static func add(_ terms: HumanTaskTerms, to object: inout JSONObject) {
        if let quorum = terms.quorum {
            var member: JSONObject = ["of": JSONValue(quorum.of), "otherwise": .string(quorum.otherwise)]
            member.set("among", ifPresent: quorum.among.map { JSONValue($0) })
            if !quorum.outcomes.isEmpty { member["outcome"] = .array(quorum.outcomes.map(JSONValue.string)) }
            object["quorum"] = .object(member)
        }
        if !terms.veto.isEmpty { object["veto"] = .array(terms.veto.map(JSONValue.string)) }
        if !terms.separateFrom.isEmpty { object["separateFrom"] = .array(terms.separateFrom.map(JSONValue.string)) }
        if let signature = terms.signature {
            object["signature"] = [
                "meaning": .array(signature.meanings.map(JSONValue.string)), "required": .bool(signature.isRequired),
            ]
        }
    }

    private static func json(_ outcome: HumanTaskArguments.Outcome) -> JSONValue {
        var object: JSONObject = [
            "name": .string(outcome.name), "label": .string(outcome.label),
            "requiresReason": .bool(outcome.requiresReason), "requiresSignature": .bool(outcome.requiresSignature),
        ]
        object.set("form", ifPresent: outcome.form)
        return .object(object)
    }

    private static func json(_ decision: HumanTask.Decision) -> JSONValue {
        var object: JSONObject = [
            "outcome": .string(decision.outcome), "decidedById": .string(decision.decidedBy.description),
            "decidedBy": .string(decision.decidedByName), "decidedAt": .string(decision.decidedAt.description),
            "closes": .bool(decision.closes),
        ]
        object.set("role", ifPresent: decision.role.map { .string($0.rawValue) })
        object.set("reason", ifPresent: decision.reason.map(JSONValue.string))
        object.set("data", ifPresent: decision.data)
        object.set("onBehalfOf", ifPresent: decision.onBehalfOf.map(json))
        object.set("signatureMeaning", ifPresent: decision.signatureMeaning.map(JSONValue.string))
        return .object(object)
    }

    static func json(_ person: HumanTask.PersonName) -> JSONValue {
        ["id": .string(person.id.description), "name": .string(person.name)]
    }

    static func json(_ comment: TaskComment) -> JSONValue {
        [
            "id": .string(comment.id.description), "authorId": .string(comment.authorID.description),
            "author": .string(comment.authorName), "writtenAt": .string(comment.writtenAt.description),
            "body": .string(comment.body),
        ]
    }
}
