import JSON
import Primitives

/// One run after the other on an idle system, of many tasks that do nothing: what a task costs, and what a run does.
struct SequentialBench: Sendable {
    static let goalMilliseconds = [40: 15.0, 400: 60.0]

    let rounds: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let platform = try await BenchPlatform(stage.client)
        for (count, goal) in Self.goalMilliseconds.sorted(by: { $0.key < $1.key }) {
            let slug = "bench-\(count)-tasks"
            let tasks = (1...count).map { number -> JSONValue in
                [.init(stringLiteral: "task-\(number)"): ["set": ["done": JSONValue(number)]]]
            }
            try await platform.publish(slug, tasks: tasks)
            let plant = try await BenchPlant(stage, platform, slug: slug, template: slug)
            let trial = SingleRunTrial(stage, plant)
            _ = try await trial.milliseconds(rounds: 10, name: "warm-up")
            let times = try await trial.milliseconds(rounds: rounds, name: "measured")
            report.quantiles("\(count)-tasks", of: times, unit: "ms", goalOfMedian: goal)
        }
    }
}

/// Sends an event, waits until its run has completed, and does so again.
struct SingleRunTrial: Sendable {
    private let stage: BenchHost.Stage
    private let plant: BenchPlant

    init(_ stage: BenchHost.Stage, _ plant: BenchPlant) {
        self.stage = stage
        self.plant = plant
    }

    /// Of each round, from the request to the completed run as the database shows it.
    func milliseconds(rounds: Int, name: String) async throws -> [Double] {
        let load = plant.load(name)
        let watch = CompletionWatch(stage.domain.database, plant.scope)
        var times: [Double] = []
        for round in 0..<rounds {
            let start = ContinuousClock.now
            let answer = try await OwnThread.run { [port = stage.port] in
                var connection = try KeepAliveConnection(port: port)
                return try connection.exchange(load.single(round)).body
            }
            guard let id = RunPace.eventID(in: answer) else {
                throw Problem(.unavailable, "The plant did not accept an event.")
            }
            watch.follow(id, from: start)
            watch.finish()
            times += try await watch.watch(patienceSeconds: RunPace.patienceSeconds)
        }
        return times
    }
}
