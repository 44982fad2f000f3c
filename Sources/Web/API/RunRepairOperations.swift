import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import Workflow

/// What an operator does with one run.
struct RunRepairOperations {
    let runs: RunDirectory

    var all: [Operation] { RunAction.Name.allCases.map(operate) + [setPriority] }

    private static let summaries: [RunAction.Name: String] = [
        .cancel: "Ends a run. What it waits for is withdrawn.",
        .suspend: "Stops a run until it is resumed.",
        .resume: "Lets a suspended run go on.",
        .retry: "Lets a faulted run go on with the task that failed.",
        .rerun: "Lets a faulted, cancelled or suspended run go on from a task; what was open is given up.",
        .restart: "Starts a new run with the input of one that has ended.",
        .migrate: "Lets a waiting run go on with another version of its workflow.",
    ]

    static let argumentSchemas: [RunAction.Name: JSONObject] = [
        .retry: ["input": Schema.anything],
        .rerun: ["task": Schema.text, "input": Schema.anything],
        .restart: ["version": Schema.text, "input": Schema.anything],
        .migrate: [
            "version": Schema.text,
            "mapping": ["type": "object", "additionalProperties": Schema.text, "maxProperties": 1000],
        ],
    ]

    private func operate(_ name: RunAction.Name) -> Operation {
        var members = Self.argumentSchemas[name] ?? [:]
        members["reason"] = Schema.text
        let required = name == .rerun ? ["reason", "task"] : ["reason"]
        let success: SuccessDeclaration =
            name == .restart
            ? .init(.created, "The new run.", schema: RunOperations.schema)
            : .init(.ok, "The run as it is now.", schema: RunOperations.schema)
        return Operation(
            id: name.rawValue + "Run", method: .post, path: "/v1/plants/{plant}/runs/{run}/" + name.rawValue,
            summary: Self.summaries[name] ?? name.rawValue, tag: "Runs",
            access: .permission(.runsOperate, on: .plant), body: .init(Schema.object(members, required: required)),
            success: success
        ) { call in
            let id: RunID = try call.id("run", of: "run")
            var arguments = call.body.objectValue ?? [:]
            arguments.removeValue(forKey: "reason")
            let action = try RunAction(name, arguments: .object(arguments))
            let new = try await runs.perform(
                action, on: id, in: call.scope, reason: call.text("reason"), by: call.actor)
            let object = RunOperations.object(try await runs.run(new ?? id, in: call.scope).summary)
            return new.map { .created(.object(object), at: "\(call.plantPath)/runs/\($0)") } ?? .json(.object(object))
        }
    }

    private var setPriority: Operation {
        Operation(
            id: "setRunPriority", method: .put, path: "/v1/plants/{plant}/runs/{run}/priority",
            summary: "Changes how early a run that waits is started.", tag: "Runs",
            access: .permission(.runsOperate, on: .plant),
            body: .init(
                Schema.object(
                    ["priority": ["type": "integer", "minimum": 0, "maximum": 100], "reason": Schema.text],
                    required: ["priority", "reason"])),
            success: .init(.ok, "The run as it is now.", schema: RunOperations.schema)
        ) { call in
            let id: RunID = try call.id("run", of: "run")
            try await runs.setPriority(
                call.body["priority"]?.intValue ?? NewRun.defaultPriority, of: id, in: call.scope,
                reason: call.text("reason"), by: call.actor)
            return .json(.object(RunOperations.object(try await runs.run(id, in: call.scope).summary)))
        }
    }
}
