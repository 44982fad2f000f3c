import JSON
import Primitives
import Tenancy

/// From a person's decision to the task that follows it: seen from outside, when the run that had only that task left
/// has completed, so that the figure holds the task's own commit as well.
struct DecisionBench: Sendable {
    static let goalMilliseconds = 50.0

    let decisions: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let platform = try await BenchPlatform(stage.client)
        try await platform.publish("bench-decision", roles: ["operator"], tasks: Self.tasks)
        let plant = try await BenchPlant(stage, platform, slug: "decision", template: "bench-decision")
        let client = stage.client.with(key: try await operatorKey(stage, plant))
        let load = plant.load("decision")
        let count = decisions
        try await OwnThread.run { [port = stage.port] in
            var connection = try KeepAliveConnection(port: port)
            guard try connection.exchange(load.batch(0, count: count)).status == 202 else {
                throw Problem(.unavailable, "The plant did not accept the events.")
            }
        }
        let tasks = try await openTasks(client, plant)
        report.say("Deciding \(tasks.count) tasks, one after the other …")
        var times: [Double] = []
        for task in tasks { times.append(try await decide(task, client, stage, plant)) }
        report.quantiles("decision-to-next-task-done", of: times, unit: "ms", ceilingOfP99: Self.goalMilliseconds)
    }

    private static let tasks: [JSONValue] = [
        [
            "ask": [
                "call": "human-task:1.0.0@default",
                "with": [
                    "title": "Go on?", "role": "operator",
                    "outcomes": [["name": "yes", "label": "Yes", "requiresReason": false]],
                ],
            ]
        ],
        ["conclude": ["set": ["isDone": true]]],
    ]

    /// A user of the plant with the role that is asked.
    private func operatorKey(_ stage: BenchHost.Stage, _ plant: BenchPlant) async throws -> String {
        let actor = Actor(kind: .system, principalID: nil, displayName: "millwright bench", origin: "command")
        let principals = stage.domain.principals
        let person = try await principals.create(
            NewPrincipal(
                kind: .user, displayName: "Operator", email: "operator@bench.example", home: plant.scope,
                bindings: [RoleBinding(role: .operator, scope: plant.scope)]),
            grantedBy: .system, by: actor)
        return try await principals.issueKey(for: person.id, name: "bench", in: plant.scope, by: actor).token.reveal()
    }

    private func openTasks(_ client: APIClient, _ plant: BenchPlant) async throws -> [JSONValue] {
        let deadline = ContinuousClock.now + .seconds(Int64(RunPace.patienceSeconds))
        while ContinuousClock.now < deadline {
            let tasks = try await client.all("/v1/plants/\(plant.id)/human-tasks?status=open")
            if tasks.count >= decisions { return tasks }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem(.timeout, "The tasks did not open.")
    }

    private func decide(
        _ task: JSONValue, _ client: APIClient, _ stage: BenchHost.Stage, _ plant: BenchPlant
    ) async throws -> Double {
        guard let id = task["id"]?.stringValue, let run = task["runId"]?.stringValue.flatMap({ RunID($0) }) else {
            throw Problem(.internalError, "A task has no id or no run.")
        }
        let start = ContinuousClock.now
        _ = try await client.post("/v1/plants/\(plant.id)/human-tasks/\(id)/decide", ["outcome": "yes"])
        while try await !CompletionWatch.hasCompleted(run, stage.domain.database, plant.scope) {
            guard (ContinuousClock.now - start).seconds < RunPace.patienceSeconds else {
                throw Problem(.timeout, "A decided run did not complete.")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        return (ContinuousClock.now - start).seconds * 1000
    }
}
