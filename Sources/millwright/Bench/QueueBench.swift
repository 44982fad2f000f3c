import JSON
import Primitives

/// Runs of four durable tasks from a queue, and DBOS doing the same on the same PostgreSQL in the same run.
///
/// Ours: every event is accepted over HTTP first, then the runner takes the runs, four tasks each, whose journal is
/// stored with the run. DBOS: a workflow of four steps for each, from its own queue, each step stored.
struct QueueBench: Sendable {
    static let goalTimes = 30.0

    let runs: Int
    let peer: DBOSPeer?
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let platform = try await BenchPlatform(stage.client)
        let tasks = (1...4).map { number -> JSONValue in
            [.init(stringLiteral: "step-\(number)"): ["set": ["x": "${ (.x // 0) + 1 }"]]]
        }
        try await platform.publish("bench-four-steps", tasks: tasks)
        let plant = try await BenchPlant(stage, platform, slug: "queue", template: "bench-four-steps")
        let pace = RunPace(stage: stage, scope: plant.scope, connections: 4, seconds: 1)
        _ = try await pace.backlog(plant.load("warm-up"), runs: min(runs, 2000))
        report.say("\(runs) runs of four tasks from a queue …")
        let ours = try await pace.backlog(plant.load("queue"), runs: runs)
        guard let peer else {
            report.figure("four-tasks-from-a-queue", ours, unit: "runs/s")
            return report.say(DBOSPeer.missing)
        }
        report.say("DBOS …")
        let theirs = try await peer.runsPerSecond(on: stage.cluster)
        report.figure("four-tasks-from-a-queue", ours, unit: "runs/s", floor: nil)
        report.figure("dbos-four-steps-from-a-queue", theirs, unit: "runs/s")
        report.figure("times-dbos", ours / theirs, unit: "times", goal: Self.goalTimes)
    }
}
