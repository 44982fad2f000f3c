import Execution
import HTTPTypes
import Insight
import JSON
import Primitives
import Tenancy

/// The plants' runners, and the overview of what happened.
struct RunnerOperations {
    let runners: RunnerStore
    let overviews: OverviewReader
    typealias Level = TenantOperations.Level

    var all: [Operation] { [read, setState] + Level.all.map(overview) }

    private static let schema = Schema.object(
        [
            "id": Schema.uuid, "epoch": Schema.integer, "desiredState": Schema.oneOf(RunnerStore.DesiredState.self),
            "observedState": Schema.oneOf(RunnerStore.ObservedState.self), "startedAt": Schema.timestamp,
            "readyAt": Schema.timestamp, "lastSeenAt": Schema.timestamp, "restarts": Schema.integer,
            "detail": Schema.string,
        ], required: ["desiredState", "observedState"])

    private static func json(_ runner: RunnerStore.Runner?) -> JSONValue {
        guard let runner else { return ["desiredState": "running", "observedState": "absent"] }
        var object: JSONObject = [
            "id": .string(runner.runnerID.description), "epoch": .number(JSONNumber(runner.epoch)),
            "desiredState": .string(runner.desiredState.rawValue),
            "observedState": .string(runner.observedState.rawValue), "restarts": JSONValue(runner.restarts),
        ]
        object.set("startedAt", ifPresent: runner.startedAt.json)
        object.set("readyAt", ifPresent: runner.readyAt.json)
        object.set("lastSeenAt", ifPresent: runner.lastSeenAt.json)
        object.set("detail", ifPresent: runner.detail.map(JSONValue.string))
        return .object(object)
    }

    private var read: Operation {
        Operation(
            id: "readRunner", method: .get, path: "/v1/plants/{plant}/runner",
            summary: "The plant's runner: wanted and observed state.", tag: "Runners",
            access: .permission(.runnersRead, on: .plant), success: .init(.ok, "The runner.", schema: Self.schema)
        ) { call in .json(Self.json(try await runners.runner(of: call.scope))) }
    }

    private var setState: Operation {
        Operation(
            id: "setRunnerState", method: .put, path: "/v1/plants/{plant}/runner",
            summary: "Stops or starts the plant's runner. Events are accepted meanwhile.", tag: "Runners",
            access: .permission(.runnersOperate, on: .plant),
            body: .init(
                Schema.object(
                    ["desiredState": Schema.oneOf(RunnerStore.DesiredState.self)], required: ["desiredState"])),
            success: .init(.ok, "The runner.", schema: Self.schema)
        ) { call in
            let state = RunnerStore.DesiredState(rawValue: call.text("desiredState")) ?? .running
            try await runners.setDesired(state, of: call.scope, by: call.actor)
            return .json(Self.json(try await runners.runner(of: call.scope)))
        }
    }

    private func overview(_ level: Level) -> Operation {
        Operation(
            id: level.title.lowercased() + "Overview", method: .get, path: level.path + "/overview",
            summary: "What happened in each plant so far, in numbers.", tag: "Overview",
            access: .permission(.plantsRead, on: level.source),
            success: .init(.ok, "One item a plant.", schema: Schema.object(["items": Schema.array(Schema.anyObject)]))
        ) { call in
            .json(["items": .array(try await overviews.overviews(in: call.scope).map(Self.json))])
        }
    }

    private static func json(_ overview: PlantOverview) -> JSONValue {
        var object: JSONObject = [
            "plantId": .string(overview.plantID.description), "client": .string(overview.client),
            "plant": .string(overview.plant),
        ]
        let counts: [(String, Int)] = [
            ("events", overview.events), ("eventsAccepted", overview.eventsAccepted),
            ("runsStarted", overview.runsStarted), ("runsOpen", overview.runsOpen),
            ("runsCompleted", overview.runsCompleted), ("runsFaulted", overview.runsFaulted),
            ("runsCancelled", overview.runsCancelled), ("humanTasksOpen", overview.humanTasksOpen),
        ]
        for (name, count) in counts { object[name] = JSONValue(count) }
        return .object(object)
    }
}
