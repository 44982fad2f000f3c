import JSON
import Primitives

/// Many runs that wait a tenth of a second, started together: how long after the last start the last one has completed.
struct WaitsBench: Sendable {
    static let waitMilliseconds = 100
    static let batch = 500
    static let goalSeconds = 1.5

    let runs: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let platform = try await BenchPlatform(stage.client)
        try await platform.publish(
            "bench-wait",
            tasks: [
                ["pause": ["wait": ["milliseconds": JSONValue(Self.waitMilliseconds)]]],
                ["conclude": ["set": ["isDone": true]]],
            ])
        let plant = try await BenchPlant(stage, platform, slug: "waits", template: "bench-wait")
        _ = try await secondsAfterLastStart(plant.load("warm-up"), runs: min(runs, 1000), stage, plant)
        report.say("\(runs) runs that wait \(Self.waitMilliseconds) ms each …")
        let load = plant.load("measured")
        let (afterLast, total) = try await secondsAfterLastStart(load, runs: runs, stage, plant)
        report.figure("last-done-after-last-start", afterLast, unit: "s", ceiling: Self.goalSeconds)
        report.figure("last-done-after-first-start", total, unit: "s")
    }

    private func secondsAfterLastStart(
        _ load: EventLoad, runs: Int, _ stage: BenchHost.Stage, _ plant: BenchPlant
    ) async throws -> (afterLast: Double, total: Double) {
        let pace = RunPace(stage: stage, scope: plant.scope, connections: 4, seconds: 1)
        let requests = stride(from: 0, to: runs, by: Self.batch).map { load.batch($0, count: Self.batch) }
        let start = ContinuousClock.now
        try await OwnThread.run { [port = stage.port] in
            let crowd = try ConnectionCrowd(port: port, connections: 4)
            var next = requests.makeIterator()
            try crowd.drive(patienceSeconds: LoadGenerator.patienceSeconds) { next.next() }.expectAccepted()
        }
        let lastStart = ContinuousClock.now
        try await pace.waitForOpenRuns(0)
        return ((ContinuousClock.now - lastStart).seconds, (ContinuousClock.now - start).seconds)
    }
}
