import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// What is done with a task.
extension HumanTaskOperations {
    private static let path = "/v1/plants/{plant}/human-tasks/{task}"
    private static let success = SuccessDeclaration(.ok, "The task as it is now.", schema: schema)
    private static let receiver = Schema.object(["to": Schema.text, "reason": Schema.text], required: ["to"])

    private static let commentSchema = Schema.object(
        [
            "id": Schema.uuid, "authorId": Schema.uuid, "author": Schema.string, "writtenAt": Schema.timestamp,
            "body": Schema.string,
        ], required: ["id", "authorId", "author", "writtenAt", "body"])

    var claim: Operation {
        Operation(
            id: "claimHumanTask", method: .post, path: Self.path + "/claim",
            summary: "Takes a task, so that others see that somebody is on it.", tag: "Human tasks",
            access: .permission(.humanTasksDecide, on: .plant), success: Self.success
        ) { call in
            .json(
                Self.json(
                    try await humanTasks.claim(
                        call.id("task", of: "task"), in: call.scope, by: try call.caller(), from: call.actor.origin)))
        }
    }

    var release: Operation {
        Operation(
            id: "releaseHumanTask", method: .post, path: Self.path + "/release",
            summary: "Gives a task back.", tag: "Human tasks", access: .permission(.humanTasksDecide, on: .plant),
            success: Self.success
        ) { call in
            .json(
                Self.json(
                    try await humanTasks.release(
                        call.id("task", of: "task"), in: call.scope, by: try call.caller(), from: call.actor.origin)))
        }
    }

    var reassign: Operation {
        Operation(
            id: "reassignHumanTask", method: .post, path: Self.path + "/reassign",
            summary: "Gives a task to somebody who may decide it, by identifier or mail address, whoever has it now.",
            tag: "Human tasks", access: .permission(.runsOperate, on: .plant), body: .init(Self.receiver),
            success: Self.success
        ) { call in
            let task = try await humanTasks.reassign(
                call.id("task", of: "task"), in: call.scope, to: call.text("to"),
                reason: call.body["reason"]?.stringValue, by: try call.caller(), from: call.actor.origin)
            return .json(Self.json(task))
        }
    }

    var delegate: Operation {
        Operation(
            id: "delegateHumanTask", method: .post, path: Self.path + "/delegate",
            summary: "Hands a task that one has on to somebody who may decide it. Both count as having decided it.",
            tag: "Human tasks", access: .permission(.humanTasksDecide, on: .plant), body: .init(Self.receiver),
            success: Self.success
        ) { call in
            let task = try await humanTasks.delegate(
                call.id("task", of: "task"), in: call.scope, to: call.text("to"),
                reason: call.body["reason"]?.stringValue, by: try call.caller(), from: call.actor.origin)
            return .json(Self.json(task))
        }
    }

    var decide: Operation {
        Operation(
            id: "decideHumanTask", method: .post, path: Self.path + "/decide",
            summary:
                "Decides, for oneself or for somebody who is away. A decision is final; one that comes too late is "
                + "answered with who decided first. What must be signed is decided in the portal.",
            tag: "Human tasks", access: .permission(.humanTasksDecide, on: .plant),
            body: .init(
                Schema.object(
                    [
                        "outcome": Schema.text, "reason": Schema.text, "data": Schema.anyObject,
                        "onBehalfOf": Schema.uuid,
                    ], required: ["outcome"])),
            success: Self.success
        ) { call in
            let choice = HumanTaskService.Choice(
                outcome: call.text("outcome"), reason: call.body["reason"]?.stringValue, data: call.body["data"],
                onBehalfOf: call.body["onBehalfOf"]?.stringValue.flatMap { PrincipalID($0) })
            let decided = try await humanTasks.decide(
                call.id("task", of: "task"), in: call.scope, choice, by: try call.caller(), from: call.actor.origin)
            return .json(Self.json(decided))
        }
    }

    var comment: Operation {
        Operation(
            id: "commentHumanTask", method: .post, path: Self.path + "/comments",
            summary: "Says something about a task. A comment is never changed.", tag: "Human tasks",
            access: .permission(.humanTasksDecide, on: .plant),
            body: .init(
                Schema.object(
                    [
                        "body": [
                            "type": "string", "minLength": 1, "maxLength": JSONValue(TaskComment.maximumCharacters),
                        ]
                    ], required: ["body"])),
            success: .init(.created, "The comment.", schema: Self.commentSchema)
        ) { call in
            let comment = try await humanTasks.comment(
                call.id("task", of: "task"), in: call.scope, call.text("body"), by: try call.caller(),
                from: call.actor.origin)
            return .json(Self.json(comment), .created)
        }
    }

    var listComments: Operation {
        Operation(
            id: "listHumanTaskComments", method: .get, path: Self.path + "/comments",
            summary: "What people said about a task, in order.", tag: "Human tasks",
            access: .permission(.humanTasksRead, on: .plant),
            success: .init(
                .ok, "All comments.",
                schema: Schema.object(["items": Schema.array(Self.commentSchema)], required: ["items"]))
        ) { call in
            let comments = try await humanTasks.comments(on: call.id("task", of: "task"), in: call.scope)
            return .json(["items": .array(comments.map(Self.json))])
        }
    }
}
