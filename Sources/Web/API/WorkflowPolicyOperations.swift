import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// How many runs of a workflow go on at once, how fast they start, and who waits.
struct WorkflowPolicyOperations {
    let policies: WorkflowPolicyDirectory

    var all: [Operation] { [read, set, queue] }

    private static let members: JSONObject = [
        "maxConcurrent": Schema.nullable(["type": "integer", "minimum": 1, "maximum": 100_000]),
        "maxStartsPerMinute": Schema.nullable(["type": "integer", "minimum": 1, "maximum": 1_000_000]),
        "burst": Schema.nullable(["type": "integer", "minimum": 1, "maximum": 100_000]),
        "businessKey": Schema.nullable(Schema.text), "priority": Schema.nullable(Schema.text),
        "deduplicate": Schema.nullable(Schema.oneOf(Deduplication.self)),
    ]

    private static let schema = Schema.object(members, required: members.map(\.key))

    private var read: Operation {
        Operation(
            id: "readWorkflowPolicy", method: .get, path: "/v1/plants/{plant}/workflows/{workflow}/policy",
            summary: "A workflow's limits, and how the runs that its events start are called.", tag: "Workflows",
            access: .permission(.workflowsRead, on: .plant), success: .init(.ok, "The policy.", schema: Self.schema)
        ) { call in
            .json(try await policies.policy(of: call.id("workflow", of: "workflow"), in: call.scope).json)
        }
    }

    private var set: Operation {
        var members = Self.members
        members["reason"] = Schema.text
        return Operation(
            id: "setWorkflowPolicy", method: .put, path: "/v1/plants/{plant}/workflows/{workflow}/policy",
            summary: "Sets a workflow's limits; what is left out or null is without limit.", tag: "Workflows",
            access: .permission(.workflowsWrite, on: .plant), body: .init(Schema.object(members)),
            success: .init(.ok, "The policy as it is now.", schema: Self.schema)
        ) { call in
            let id: WorkflowID = try call.id("workflow", of: "workflow")
            let policy = WorkflowPolicy(
                maxConcurrent: call.body["maxConcurrent"]?.intValue,
                maxStartsPerMinute: call.body["maxStartsPerMinute"]?.intValue, burst: call.body["burst"]?.intValue,
                businessKey: call.body["businessKey"]?.stringValue, priority: call.body["priority"]?.stringValue,
                deduplicate: call.body["deduplicate"]?.stringValue.flatMap(Deduplication.init(rawValue:)))
            try await policies.set(
                policy, of: id, in: call.scope, reason: call.body["reason"]?.stringValue, by: call.actor)
            return .json(try await policies.policy(of: id, in: call.scope).json)
        }
    }

    private var queue: Operation {
        Operation(
            id: "readWorkflowQueue", method: .get, path: "/v1/plants/{plant}/workflows/{workflow}/queue",
            summary: "How many runs of a workflow have a slot, and who waits for one, next first.", tag: "Workflows",
            access: .permission(.runsRead, on: .plant),
            success: .init(
                .ok, "The queue.",
                schema: Schema.object(
                    [
                        "policy": Self.schema, "running": Schema.integer, "waiting": Schema.integer,
                        "next": Schema.array(
                            Schema.object(
                                [
                                    "runId": Schema.uuid, "position": Schema.integer, "priority": Schema.integer,
                                    "businessKey": Schema.string, "queuedAt": Schema.timestamp,
                                    "startsAbout": Schema.timestamp,
                                ], required: ["runId", "position", "priority", "queuedAt"])),
                    ], required: ["policy", "running", "waiting", "next"]))
        ) { call in
            let queue = try await policies.queue(of: call.id("workflow", of: "workflow"), in: call.scope)
            return .json([
                "policy": queue.policy.json, "running": JSONValue(queue.running), "waiting": JSONValue(queue.waiting),
                "next": .array(
                    queue.next.map { waiting in
                        var object: JSONObject = [
                            "runId": .string(waiting.id.description), "position": JSONValue(waiting.position),
                            "priority": JSONValue(waiting.priority),
                            "queuedAt": .string(waiting.queuedAt.description),
                        ]
                        object.set("businessKey", ifPresent: waiting.businessKey.map(JSONValue.string))
                        object.set("startsAbout", ifPresent: waiting.startsAbout.json)
                        return .object(object)
                    }),
            ])
        }
    }
}
