import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Promised times: a plant's business calendar, and the clocks that its runs have set.
struct ServiceLevelOperations {
    let runs: RunDirectory
    let calendars: BusinessCalendarDirectory

    var all: [Operation] { [readCalendar, replaceCalendar, list, history] }

    private static let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    /// Stretches are texts like `08:00-16:30`; what they must look like is said by the answer to a wrong one.
    private static let calendar: JSONValue = {
        let stretches = Schema.array(Schema.string)
        return Schema.object(
            [
                "hours": Schema.object(JSONObject(uniqueKeysWithValues: days.map { ($0, stretches) })),
                "holidays": Schema.array(
                    Schema.object([
                        "date": Schema.string, "from": Schema.string, "to": Schema.string, "name": Schema.string,
                    ])),
                "exceptions": Schema.array(
                    Schema.object(
                        ["date": Schema.string, "hours": stretches, "name": Schema.string],
                        required: ["date", "hours"])),
            ], required: ["hours"])
    }()

    private var readCalendar: Operation {
        Operation(
            id: "readBusinessCalendar", method: .get, path: "/v1/plants/{plant}/business-calendar",
            summary: "When the plant works: the hours of the week, holidays, days with other hours.",
            tag: "Service levels", access: .permission(.plantsRead, on: .plant),
            success: .init(
                .ok, "The calendar, in the plant's time zone. A plant that was given none works always.",
                schema: Self.calendar)
        ) { call in .json(try await calendars.calendar(of: call.scope)) }
    }

    private var replaceCalendar: Operation {
        Operation(
            id: "replaceBusinessCalendar", method: .put, path: "/v1/plants/{plant}/business-calendar",
            summary: "Replaces the plant's business calendar. Clocks that run are set anew by it.",
            tag: "Service levels", access: .permission(.plantsWrite, on: .plant), body: .init(Self.calendar),
            success: .init(.ok, "The calendar as it is now.", schema: Self.calendar)
        ) { call in
            try await calendars.replace(call.body, of: call.scope, by: call.actor)
            return .json(try await calendars.calendar(of: call.scope))
        }
    }

    private static let clock = Schema.object(
        [
            "name": Schema.string, "status": Schema.string, "startedAt": Schema.timestamp,
            "targetSeconds": ["type": "number"], "dueAt": Schema.timestamp, "stoppedAt": Schema.timestamp,
            "breachedAt": Schema.timestamp, "warningsGiven": Schema.integer,
        ], required: ["name", "status", "startedAt", "targetSeconds", "warningsGiven"])

    private var list: Operation {
        Operation(
            id: "listServiceLevels", method: .get, path: "/v1/plants/{plant}/service-levels",
            summary: "Runs with the clocks that they have set, newest first.", tag: "Service levels",
            access: .permission(.runsRead, on: .plant),
            query: QueryParameter.page + [
                .init("state", "Only clocks in this state.", schema: Schema.oneOf(ServiceLevelDirectory.State.self)),
                .init("run", "Only clocks of this run.", schema: Schema.uuid),
            ],
            success: .init(
                .ok, "A page of runs.",
                schema: Schema.page(
                    Schema.object(
                        [
                            "runId": Schema.uuid, "workflowId": Schema.uuid, "workflow": Schema.string,
                            "clocks": Schema.array(Self.clock),
                        ], required: ["runId", "workflowId", "workflow", "clocks"])))
        ) { call in
            let page = try await runs.serviceLevels.list(
                in: call.scope, state: call.oneOf("state", ServiceLevelDirectory.State.self),
                run: call.identifier("run", RunID.self), page: call.pageRequest())
            return .page(page) { .object(Self.object($0)) }
        }
    }

    private static func object(_ entry: ServiceLevelDirectory.Entry) -> JSONObject {
        [
            "runId": .string(entry.runID.description), "workflowId": .string(entry.workflowID.description),
            "workflow": .string(entry.workflowName), "clocks": .array(entry.clocks.map { .object(object($0)) }),
        ]
    }

    private static func object(_ clock: ServiceLevelDirectory.Clock) -> JSONObject {
        var object: JSONObject = [
            "name": .string(clock.name), "status": .string(clock.status),
            "startedAt": .string(clock.startedAt.description), "targetSeconds": JSONValue(clock.targetSeconds),
            "warningsGiven": JSONValue(clock.warningsGiven),
        ]
        object.set("dueAt", ifPresent: clock.dueAt.json)
        object.set("stoppedAt", ifPresent: clock.stoppedAt.json)
        object.set("breachedAt", ifPresent: clock.breachedAt.json)
        return object
    }

    private var history: Operation {
        Operation(
            id: "readServiceLevelHistory", method: .get, path: "/v1/plants/{plant}/runs/{run}/service-levels",
            summary: "What happened to a run's clocks, in order: started, warned, paused, breached, stopped.",
            tag: "Service levels", access: .permission(.runsRead, on: .plant),
            success: .init(
                .ok, "What happened.",
                schema: Schema.object(
                    [
                        "items": Schema.array(
                            Schema.object(
                                [
                                    "clock": Schema.string, "occasion": Schema.string,
                                    "occurredAt": Schema.timestamp, "dueAt": Schema.timestamp,
                                ], required: ["clock", "occasion", "occurredAt"]))
                    ], required: ["items"]))
        ) { call in
            let run = try call.id("run", of: "run") as RunID
            // A run that is not there answers as for every other question about it.
            _ = try await runs.run(run, in: call.scope)
            let items = try await runs.serviceLevels.occurrences(of: run, in: call.scope).map { occurrence in
                var object: JSONObject = [
                    "clock": .string(occurrence.clock), "occasion": .string(occurrence.occasion),
                    "occurredAt": .string(occurrence.occurredAt.description),
                ]
                object.set("dueAt", ifPresent: occurrence.dueAt.json)
                return JSONValue.object(object)
            }
            return .json(["items": .array(items)])
        }
    }
}
