import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import Workflow

/// What starts runs by itself: the clock, and several events together.
struct ScheduleOperations {
    let schedules: ScheduleDirectory

    var all: [Operation] { [list, eventSets] }

    private var list: Operation {
        Operation(
            id: "listSchedules", method: .get, path: "/v1/plants/{plant}/schedules",
            summary: "What time starts in a plant: when next, and how it went last.", tag: "Runs",
            access: .permission(.runsRead, on: .plant), query: QueryParameter.page,
            success: .init(.ok, "A page of workflows with their timings.", schema: Schema.page(Self.schema))
        ) { call in
            try .page(await schedules.list(in: call.scope, page: call.pageRequest())) { schedule in
                [
                    "workflowId": .string(schedule.workflowID.description),
                    "workflow": .string(schedule.workflowName),
                    "timings": .array(schedule.timings.map(Self.json)),
                ]
            }
        }
    }

    private static let schema = Schema.object(
        [
            "workflowId": Schema.uuid, "workflow": Schema.string,
            "timings": Schema.array(
                Schema.object(
                    [
                        "kind": Schema.oneOf(TimedRule.Kind.self), "expression": Schema.string,
                        "timeZone": Schema.string, "overlap": Schema.oneOf(SchedulePolicy.Overlap.self),
                        "catchUp": Schema.oneOf(SchedulePolicy.CatchUp.self),
                        "status": Schema.oneOf(ScheduleStatus.self), "detail": Schema.string,
                        "nextDueAt": Schema.timestamp, "queuedFor": Schema.timestamp,
                        "lastScheduledFor": Schema.timestamp, "lastStartedAt": Schema.timestamp,
                        "lastRunId": Schema.uuid, "lastOutcome": Schema.oneOf(RunStatus.self),
                        "skipped": Schema.integer, "lastSkippedAt": Schema.timestamp,
                        "lastSkipReason": Schema.oneOf(ScheduleSkipReason.self),
                    ], required: ["kind", "expression", "overlap", "catchUp", "status", "skipped"])),
        ], required: ["workflowId", "workflow", "timings"])

    private static func json(_ timing: PlantSchedule.Timing) -> JSONValue {
        var object: JSONObject = [
            "kind": .string(timing.rule.kind.rawValue), "expression": .string(timing.rule.text),
            "overlap": .string(timing.rule.policy.overlap.rawValue),
            "catchUp": .string(timing.rule.policy.catchUp.rawValue), "status": .string(timing.status.rawValue),
            "skipped": .number(JSONNumber(timing.skipped)),
        ]
        object.set("detail", ifPresent: timing.detail.map(JSONValue.string))
        object.set("timeZone", ifPresent: timing.timeZone.map(JSONValue.string))
        object.set("nextDueAt", ifPresent: timing.nextDueAt.json)
        object.set("queuedFor", ifPresent: timing.queuedMoment.json)
        object.set("lastScheduledFor", ifPresent: timing.lastMoment.json)
        object.set("lastStartedAt", ifPresent: timing.lastStartedAt.json)
        object.set("lastRunId", ifPresent: timing.lastRunID.json)
        object.set("lastOutcome", ifPresent: timing.lastRunStatus.map { .string($0.rawValue) })
        object.set("lastSkippedAt", ifPresent: timing.skippedAt.json)
        object.set("lastSkipReason", ifPresent: timing.skipReason.map { .string($0.rawValue) })
        return .object(object)
    }

    private var eventSets: Operation {
        Operation(
            id: "listEventSets", method: .get, path: "/v1/plants/{plant}/event-sets",
            summary: "Events that wait for others to start a run with, and those that were given up, newest first.",
            tag: "Runs", access: .permission(.runsRead, on: .plant), query: QueryParameter.page,
            success: .init(
                .ok, "A page of sets.",
                schema: Schema.page(
                    Schema.object(
                        [
                            "id": Schema.uuid, "workflowId": Schema.uuid, "workflow": Schema.string,
                            "correlation": Schema.anyObject, "eventIds": Schema.array(Schema.nullable(Schema.uuid)),
                            "openedAt": Schema.timestamp, "closedAt": Schema.timestamp, "reason": Schema.string,
                        ], required: ["id", "workflowId", "workflow", "correlation", "eventIds", "openedAt"])))
        ) { call in
            try .page(await schedules.eventSets(in: call.scope, page: call.pageRequest())) { set in
                var object: JSONObject = [
                    "id": .string(set.id.description), "workflowId": .string(set.workflowID.description),
                    "workflow": .string(set.workflowName), "correlation": set.correlation,
                    "eventIds": .array(set.events.map { $0.map { .string($0.description) } ?? .null }),
                    "openedAt": .string(set.openedAt.description),
                ]
                object.set("closedAt", ifPresent: set.closedAt.json)
                object.set("reason", ifPresent: set.reason.map(JSONValue.string))
                return .object(object)
            }
        }
    }
}
