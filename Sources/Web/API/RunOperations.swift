import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import Workflow

/// Runs: what happened, and what an operator may do about it.
struct RunOperations {
    let runs: RunDirectory

    var all: [Operation] { [list, start, read, timeline] }

    static let schema = Schema.object(
        [
            "id": Schema.uuid, "workflowId": Schema.uuid, "workflow": Schema.string,
            "status": Schema.oneOf(RunStatus.self), "businessKey": Schema.string, "priority": Schema.integer,
            "acceptedAt": Schema.timestamp, "startedAt": Schema.timestamp, "endedAt": Schema.timestamp,
            "wakeAt": Schema.timestamp, "eventId": Schema.uuid, "parentRunId": Schema.uuid,
            "schedule": Schema.oneOf(TimedRule.Kind.self), "scheduledAt": Schema.timestamp,
            "initiatorId": Schema.uuid, "requestedBy": Schema.string, "error": Schema.anything,
            "restartedFromRunId": Schema.uuid, "reopened": Schema.integer, "queuedAt": Schema.timestamp,
            "sequence": Schema.integer, "input": Schema.anything, "output": Schema.anything, "state": Schema.anything,
            "journal": journalSchema,
        ], required: ["id", "workflowId", "workflow", "status", "acceptedAt"])

    /// Instead of entries that are not there: their month was dropped as the policy says.
    private static let agedOut: JSONValue = "aged-out"
    private static let journalSchema: JSONValue = ["type": "string", "enum": [agedOut]]

    static func object(_ run: RunSummary) -> JSONObject {
        var object: JSONObject = [
            "id": .string(run.id.description), "workflowId": .string(run.workflowID.description),
            "workflow": .string(run.workflowName), "status": .string(run.status.rawValue),
            "priority": JSONValue(run.priority), "acceptedAt": .string(run.acceptedAt.description),
        ]
        object.set("businessKey", ifPresent: run.businessKey.map(JSONValue.string))
        object.set("startedAt", ifPresent: run.startedAt.json)
        object.set("endedAt", ifPresent: run.endedAt.json)
        object.set("wakeAt", ifPresent: run.wakeAt.json)
        object.set("eventId", ifPresent: run.eventID.json)
        object.set("parentRunId", ifPresent: run.parentRunID.json)
        object.set("schedule", ifPresent: run.scheduleKind.map { .string($0.rawValue) })
        object.set("scheduledAt", ifPresent: run.scheduledAt.json)
        object.set("initiatorId", ifPresent: run.initiator.json)
        object.set("requestedBy", ifPresent: run.requestedBy.map(JSONValue.string))
        object.set("error", ifPresent: run.error)
        object.set("restartedFromRunId", ifPresent: run.restartedFrom.json)
        if run.reopened > 0 { object["reopened"] = JSONValue(run.reopened) }
        object.set("queuedAt", ifPresent: run.queuedAt.json)
        return object
    }

    private var list: Operation {
        Operation(
            id: "listRuns", method: .get, path: "/v1/plants/{plant}/runs",
            summary: "The runs of a plant, newest first.",
            tag: "Runs", access: .permission(.runsRead, on: .plant),
            query: QueryParameter.page + RunFilterQuery.parameters,
            success: .init(.ok, "A page of runs.", schema: Schema.page(Self.schema))
        ) { call in
            let filter = try RunFilterQuery.filter(call)
            return try .page(await runs.list(in: call.scope, matching: filter, page: call.pageRequest())) {
                .object(Self.object($0))
            }
        }
    }

    private var start: Operation {
        Operation(
            id: "startRun", method: .post, path: "/v1/plants/{plant}/runs", summary: "Starts a run by hand.",
            tag: "Runs", access: .permission(.runsOperate, on: .plant),
            body: .init(
                Schema.object(
                    [
                        "workflowId": Schema.uuid, "input": Schema.anything, "businessKey": Schema.text,
                        "priority": ["type": "integer", "minimum": 0, "maximum": 100], "requestedBy": Schema.text,
                        "deduplicate": Schema.oneOf(Deduplication.self),
                    ], required: ["workflowId", "input"])),
            success: .init(
                .created, "The run. With deduplicate, 200 and existing: true answer for one that was there.",
                schema: Schema.object(["id": Schema.uuid, "existing": Schema.boolean], required: ["id", "existing"]))
        ) { call in
            guard let workflow = WorkflowID(call.text("workflowId")) else { throw Problem.notFound("workflow") }
            let start = RunDirectory.Start(
                workflow, input: call.body["input"] ?? .null, businessKey: call.body["businessKey"]?.stringValue,
                priority: call.body["priority"]?.intValue ?? NewRun.defaultPriority,
                requestedBy: call.body["requestedBy"]?.stringValue,
                deduplicate: call.body["deduplicate"]?.stringValue.flatMap(Deduplication.init(rawValue:)))
            let started = try await runs.start(start, in: call.scope, by: call.actor)
            let body: JSONValue = ["id": .string(started.id.description), "existing": .bool(started.isExisting)]
            return started.isExisting ? .json(body) : .created(body, at: "\(call.plantPath)/runs/\(started.id)")
        }
    }

    private var read: Operation {
        Operation(
            id: "readRun", method: .get, path: "/v1/plants/{plant}/runs/{run}",
            summary: "One run with its input, output and open state.", tag: "Runs",
            access: .permission(.runsRead, on: .plant), success: .init(.ok, "The run.", schema: Self.schema)
        ) { call in
            let run = try await runs.run(call.id("run", of: "run"), in: call.scope)
            var object = Self.object(run.summary)
            object["sequence"] = .number(JSONNumber(run.sequence))
            object["input"] = run.input
            object.set("output", ifPresent: run.output)
            object.set("state", ifPresent: run.state)
            if run.hasAgedOut { object["journal"] = Self.agedOut }
            return .json(.object(object))
        }
    }

    private var timeline: Operation {
        Operation(
            id: "readRunTimeline", method: .get, path: "/v1/plants/{plant}/runs/{run}/timeline",
            summary: "What happened in a run, in order: input, output, duration, and who decided.", tag: "Runs",
            access: .permission(.runsRead, on: .plant),
            query: [.init("after", "The ordinal of the last entry that you have.", schema: Schema.integer)],
            success: .init(
                .ok, "Entries in order.",
                schema: Schema.object(
                    [
                        "items": Schema.array(Schema.anyObject), "humanTasks": Schema.array(Schema.anyObject),
                        "next": Schema.nullable(Schema.integer), "journal": Self.journalSchema,
                    ], required: ["items", "humanTasks", "next"]))
        ) { call in
            let timeline = try await runs.timeline(
                of: call.id("run", of: "run"), in: call.scope, after: max(0, try call.integer("after") ?? 0))
            var object: JSONObject = [
                "items": .array(timeline.entries.map(Self.json)),
                "humanTasks": .array(timeline.humanTasks.map(HumanTaskOperations.json)),
                "next": timeline.next.map { JSONValue($0) } ?? .null,
            ]
            if timeline.hasAgedOut { object["journal"] = Self.agedOut }
            return .json(.object(object))
        }
    }

    private static func json(_ entry: RunTimeline.Entry) -> JSONValue {
        let (seconds, attoseconds) = entry.duration.components
        var object: JSONObject = [
            "ordinal": JSONValue(entry.ordinal), "kind": .string(entry.kind.rawValue),
            "attempt": JSONValue(entry.attempt), "startedAt": .string(entry.startedAt.description),
            "endedAt": .string(entry.endedAt.description),
            "durationMilliseconds": JSONValue(Double(seconds) * 1000 + Double(attoseconds) / 1e15),
        ]
        object.set("task", ifPresent: entry.taskReference.map(JSONValue.string))
        object.set("taskType", ifPresent: entry.taskType.map(JSONValue.string))
        object.set("function", ifPresent: entry.function.map(JSONValue.string))
        object.set("input", ifPresent: entry.input)
        object.set("output", ifPresent: entry.output)
        object.set("error", ifPresent: entry.error)
        object.set("detail", ifPresent: entry.detail)
        return .object(object)
    }
}
