import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Work for people: seeing it. What is done with it stands in the extension.
struct HumanTaskOperations {
    let humanTasks: HumanTaskService

    var all: [Operation] { [list, read, claim, release, reassign, delegate, decide, comment, listComments] }

    static let person = Schema.object(["id": Schema.uuid, "name": Schema.string], required: ["id", "name"])

    static let decisionSchema = Schema.object(
        [
            "outcome": Schema.string, "reason": Schema.string, "data": Schema.anything, "decidedById": Schema.uuid,
            "decidedBy": Schema.string, "role": Schema.oneOf(Role.self), "decidedAt": Schema.timestamp,
            "closes": Schema.boolean, "onBehalfOf": person, "signatureMeaning": Schema.string,
        ], required: ["outcome", "decidedById", "decidedBy", "decidedAt", "closes"])

    static let schema = Schema.object(
        [
            "id": Schema.uuid, "runId": Schema.uuid, "workflowId": Schema.uuid, "workflow": Schema.string,
            "status": Schema.oneOf(HumanTask.Status.self), "role": Schema.oneOf(Role.self),
            "roles": Schema.array(Schema.oneOf(Role.self)), "principals": Schema.array(Schema.string),
            "assigneeId": Schema.uuid, "assignee": Schema.string, "delegatedBy": person, "title": Schema.string,
            "description": Schema.string, "form": Schema.anything, "evidence": Schema.anything,
            "outcomes": Schema.array(Schema.anyObject), "priority": Schema.integer, "fourEyes": Schema.boolean,
            "delegation": Schema.boolean, "quorum": Schema.anyObject, "veto": Schema.array(Schema.string),
            "separateFrom": Schema.array(Schema.string), "signature": Schema.anyObject,
            "requestedBy": Schema.string, "openedAt": Schema.timestamp, "dueAt": Schema.timestamp,
            "followUpAt": Schema.timestamp, "escalationLevel": Schema.integer, "closedAt": Schema.timestamp,
            "outcome": Schema.string, "decision": decisionSchema, "decisions": Schema.array(decisionSchema),
        ], required: ["id", "runId", "status", "roles", "title", "outcomes", "openedAt", "decisions"])

    private var list: Operation {
        Operation(
            id: "listHumanTasks", method: .get, path: "/v1/plants/{plant}/human-tasks",
            summary: "What people are asked, the most urgent first: by priority, due date and age.",
            tag: "Human tasks", access: .permission(.humanTasksRead, on: .plant),
            query: QueryParameter.page + [
                .init("status", "Only tasks in this state.", schema: Schema.oneOf(HumanTask.Status.self)),
                .init("role", "Only tasks for this role.", schema: Schema.oneOf(Role.self)),
                .init("run", "Only tasks of this run.", schema: Schema.uuid),
                .init("assignee", "Only tasks that this person has.", schema: Schema.uuid),
                .init("followUpBy", "Only tasks that are to be followed up by then.", schema: Schema.timestamp),
            ], success: .init(.ok, "A page of tasks.", schema: Schema.page(Self.schema))
        ) { call in
            var filter = HumanTaskService.Filter()
            if let status = try call.oneOf("status", HumanTask.Status.self) { filter.statuses = [status] }
            if let role = try call.oneOf("role", Role.self) { filter.roles = [role] }
            filter.runID = try call.identifier("run", RunID.self)
            filter.assignee = try call.identifier("assignee", PrincipalID.self)
            filter.followUpBy = try call.timestamp("followUpBy")
            return try .page(
                await humanTasks.list(in: call.scope, matching: filter, page: call.pageRequest()), Self.json)
        }
    }

    private var read: Operation {
        Operation(
            id: "readHumanTask", method: .get, path: "/v1/plants/{plant}/human-tasks/{task}",
            summary: "One task with its evidence, its form and what was decided.", tag: "Human tasks",
            access: .permission(.humanTasksRead, on: .plant), success: .init(.ok, "The task.", schema: Self.schema)
        ) { call in .json(Self.json(try await humanTasks.task(call.id("task", of: "task"), in: call.scope))) }
    }
}
