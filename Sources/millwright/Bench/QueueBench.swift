import JSON
import Primitives

/// Runs of four durable tasks from a queue, and DBOS doing the same on the same PostgreSQL in the same run.
///
/// Ours: every event is accepted over HTTP first, then the runner takes the runs, four tasks each, whose journal is
/// stored with the run. DBOS: a workflow of four steps for each, from its own queue, each step stored.
struct QueueBench: Sendable {
    static let batch = 100
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
        _ = try await perSecond(plant.load("warm-up"), runs: min(runs, 2000), stage, plant)
        report.say("\(runs) runs of four tasks from a queue …")
        let ours = try await perSecond(plant.load("queue"), runs: runs, stage, plant)
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

    /// From the first request to the last completed run.
    private func perSecond(
        _ load: EventLoad, runs: Int, _ stage: BenchHost.Stage, _ plant: BenchPlant
    ) async throws -> Double {
        let pace = RunPace(stage: stage, scope: plant.scope, connections: 4, seconds: 1)
        let requests = stride(from: 0, to: runs, by: Self.batch).map { load.batch($0, count: Self.batch) }
        let start = ContinuousClock.now
        try await OwnThread.run { [port = stage.port] in
            let crowd = try ConnectionCrowd(port: port, connections: 4)
            var next = requests.makeIterator()
            try crowd.drive(patienceSeconds: LoadGenerator.patienceSeconds) { next.next() }.expectAccepted()
        }
        try await pace.waitForOpenRuns(0)
        return Double(requests.count * Self.batch) / (ContinuousClock.now - start).seconds
    }
}
