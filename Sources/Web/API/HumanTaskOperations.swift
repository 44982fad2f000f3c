import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Work for people.
struct HumanTaskOperations {
    let humanTasks: HumanTaskService

    var all: [Operation] { [list, read, claim, release, decide] }

    static let schema = Schema.object(
        [
            "id": Schema.uuid, "runId": Schema.uuid, "workflowId": Schema.uuid, "workflow": Schema.string,
            "status": Schema.oneOf(HumanTask.Status.self), "role": Schema.oneOf(Role.self),
            "assigneeId": Schema.uuid, "assignee": Schema.string, "title": Schema.string,
            "description": Schema.string, "form": Schema.anything, "evidence": Schema.anything,
            "outcomes": Schema.array(Schema.anyObject), "priority": Schema.integer, "fourEyes": Schema.boolean,
            "requestedBy": Schema.string, "openedAt": Schema.timestamp, "dueAt": Schema.timestamp,
            "escalationLevel": Schema.integer, "closedAt": Schema.timestamp, "decision": Schema.anyObject,
        ], required: ["id", "runId", "status", "role", "title", "outcomes", "openedAt"])

    static func json(_ task: HumanTask) -> JSONValue {
        var object: JSONObject = [
            "id": .string(task.id.description), "runId": .string(task.runID.description),
            "workflowId": .string(task.workflowID.description), "workflow": .string(task.workflowName),
            "status": .string(task.status.rawValue), "role": .string(task.role.rawValue),
            "title": .string(task.title), "priority": JSONValue(task.priority), "fourEyes": .bool(task.fourEyes),
            "openedAt": .string(task.openedAt.description), "escalationLevel": JSONValue(task.escalationLevel),
            "outcomes": .array(
                task.outcomes.map {
                    [
                        "name": .string($0.name), "label": .string($0.label),
                        "requiresReason": .bool($0.requiresReason),
                    ]
                }),
        ]
        object.set("assigneeId", ifPresent: task.assignee.json)
        object.set("assignee", ifPresent: task.assigneeName.map(JSONValue.string))
        object.set("description", ifPresent: task.description.map(JSONValue.string))
        object.set("form", ifPresent: task.form)
        object.set("evidence", ifPresent: task.evidence)
        object.set("requestedBy", ifPresent: task.requestedBy.map(JSONValue.string))
        object.set("dueAt", ifPresent: task.dueAt.json)
        object.set("closedAt", ifPresent: task.closedAt.json)
        object.set("decision", ifPresent: task.decision.map(json))
        return .object(object)
    }

    private static func json(_ decision: HumanTask.Decision) -> JSONValue {
        var object: JSONObject = [
            "outcome": .string(decision.outcome), "decidedById": .string(decision.decidedBy.description),
            "decidedBy": .string(decision.decidedByName), "role": .string(decision.role.rawValue),
            "decidedAt": .string(decision.decidedAt.description),
        ]
        object.set("reason", ifPresent: decision.reason.map(JSONValue.string))
        object.set("data", ifPresent: decision.data)
        return .object(object)
    }

    private var list: Operation {
        Operation(
            id: "listHumanTasks", method: .get, path: "/v1/plants/{plant}/human-tasks",
            summary: "What people are asked, oldest first. By default what is open for the caller's roles.",
            tag: "Human tasks", access: .permission(.humanTasksRead, on: .plant),
            query: QueryParameter.page + [
                .init("status", "Only tasks in this state.", schema: Schema.oneOf(HumanTask.Status.self)),
                .init("role", "Only tasks for this role.", schema: Schema.oneOf(Role.self)),
                .init("run", "Only tasks of this run.", schema: Schema.uuid),
            ], success: .init(.ok, "A page of tasks.", schema: Schema.page(Self.schema))
        ) { call in
            var filter = HumanTaskService.Filter()
            if let status = try call.oneOf("status", HumanTask.Status.self) { filter.statuses = [status] }
            if let role = try call.oneOf("role", Role.self) { filter.roles = [role] }
            filter.runID = try call.identifier("run", RunID.self)
            return try .page(
                await humanTasks.list(in: call.scope, matching: filter, page: call.pageRequest()), Self.json)
        }
    }

    private var read: Operation {
        Operation(
            id: "readHumanTask", method: .get, path: "/v1/plants/{plant}/human-tasks/{task}",
            summary: "One task with its evidence and its form.", tag: "Human tasks",
            access: .permission(.humanTasksRead, on: .plant), success: .init(.ok, "The task.", schema: Self.schema)
        ) { call in .json(Self.json(try await humanTasks.task(call.id("task", of: "task"), in: call.scope))) }
    }

    private var claim: Operation {
        Operation(
            id: "claimHumanTask", method: .post, path: "/v1/plants/{plant}/human-tasks/{task}/claim",
            summary: "Takes a task, so that others see that somebody is on it.", tag: "Human tasks",
            access: .permission(.humanTasksDecide, on: .plant),
            success: .init(.ok, "The task as it is now.", schema: Self.schema)
        ) { call in
            .json(
                Self.json(
                    try await humanTasks.claim(
                        call.id("task", of: "task"), in: call.scope, by: try call.caller(), from: call.actor.origin)))
        }
    }

    private var release: Operation {
        Operation(
            id: "releaseHumanTask", method: .post, path: "/v1/plants/{plant}/human-tasks/{task}/release",
            summary: "Gives a task back.", tag: "Human tasks", access: .permission(.humanTasksDecide, on: .plant),
            success: .init(.ok, "The task as it is now.", schema: Self.schema)
        ) { call in
            .json(
                Self.json(
                    try await humanTasks.release(
                        call.id("task", of: "task"), in: call.scope, by: try call.caller(), from: call.actor.origin)))
        }
    }

    private var decide: Operation {
        Operation(
            id: "decideHumanTask", method: .post, path: "/v1/plants/{plant}/human-tasks/{task}/decide",
            summary: "Decides. A decision is final; a second one is answered with who decided first.",
            tag: "Human tasks", access: .permission(.humanTasksDecide, on: .plant),
            body: .init(
                Schema.object(
                    ["outcome": Schema.text, "reason": Schema.text, "data": Schema.anyObject], required: ["outcome"])),
            success: .init(.ok, "The task as it is now.", schema: Self.schema)
        ) { call in
            let decided = try await humanTasks.decide(
                call.id("task", of: "task"), in: call.scope, outcome: call.text("outcome"),
                reason: call.body["reason"]?.stringValue, data: call.body["data"], by: try call.caller(),
                from: call.actor.origin)
            return .json(Self.json(decided))
        }
    }
}
