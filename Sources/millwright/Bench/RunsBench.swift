import JSON
import Primitives
import Tenancy

/// Single events over keep-alive connections, as machines and webhooks send them, to completed runs of two tasks.
struct RunsBench: Sendable {
    static let patienceSeconds = 60.0
    /// One each has a thread while events are sent at a rate.
    static let connectionsAtARate = 32

    let seconds: Double
    let connections: Int
    let rate: Double
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let floor = PostgresFloor(cluster: stage.cluster)
        try await floor.prepare()
        let platform = try await BenchPlatform(stage.client)
        let plant = try await platform.makePlant("runs")
        try await platform.waitForRunner(of: plant)
        guard let id = PlantID(plant), let place = try await stage.domain.tenants.plantScope(of: id) else {
            throw Problem.notFound("plant")
        }
        let key = stage.client.key.reveal()
        func load(_ name: String) -> EventLoad {
            EventLoad(plantID: plant, key: key, type: BenchPlatform.eventType, name: name)
        }
        _ = try await throughput(load("warm-up"), seconds: 2, stage, place)

        report.say("The floor …")
        let cycle = try await floor.measure(.cycle)
        report.say("Single events over \(connections) connections, event to completed …")
        let outcome = try await throughput(load("throughput"), seconds: seconds, stage, place)
        report.figure("throughput", outcome.perSecond, unit: "runs/s", floor: cycle)
        report.quantiles("throughput-answer", of: outcome.answers, unit: "ms")

        report.say("At \(Int(rate)) events/s, event to completed …")
        let waited = try await latency(load("latency"), stage, place)
        report.quantiles("event-to-completed-at-\(Int(rate))-per-s", of: waited, unit: "ms")
    }

    /// Runs a second from the first event to the last completed run.
    private func throughput(
        _ load: EventLoad, seconds: Double, _ stage: BenchHost.Stage, _ plant: TenantScope
    ) async throws -> (perSecond: Double, answers: [Double]) {
        let before = try await CompletionWatch.completedRuns(stage.domain.database, plant)
        let start = ContinuousClock.now
        let outcome = try await LoadGenerator(port: stage.port, connections: connections, seconds: seconds)
            .closedLoop(load.single)
        try outcome.expectAccepted()
        let deadline = ContinuousClock.now + .seconds(Self.patienceSeconds)
        while try await CompletionWatch.openRuns(stage.domain.database, plant) > 0 {
            guard ContinuousClock.now < deadline else {
                throw Problem(.timeout, "Runs were still open \(Int(Self.patienceSeconds)) s after the last event.")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        let elapsed = (ContinuousClock.now - start).seconds
        let completed = try await CompletionWatch.completedRuns(stage.domain.database, plant) - before
        guard completed == outcome.sent else {
            throw Problem(.internalError, "\(outcome.sent) events were accepted and \(completed) runs completed.")
        }
        return (Double(completed) / elapsed, outcome.answerMilliseconds)
    }

    /// Milliseconds from the moment at which an event was due to the completed run that follows from it.
    private func latency(
        _ load: EventLoad, _ stage: BenchHost.Stage, _ plant: TenantScope
    ) async throws -> [Double] {
        let watch = CompletionWatch(stage.domain.database, plant)
        return try await withThrowingTaskGroup(of: [Double].self) { group in
            group.addTask { [seconds, connections, rate] in
                defer { watch.finish() }
                let outcome = try await LoadGenerator(
                    port: stage.port, connections: min(connections, Self.connectionsAtARate), seconds: seconds
                ).openLoop(perSecond: rate, load.single) { due, body in
                        let answer = try? JSONValue(parsing: body)
                        if let id = answer?["events"]?[0]?["id"]?.stringValue.flatMap({ UUIDv7($0) }) {
                            watch.follow(id, from: due)
                        }
                    }
                try outcome.expectAccepted()
                return []
            }
            group.addTask {
                try await watch.watch(patienceSeconds: Self.patienceSeconds)
            }
            var all: [Double] = []
            for try await part in group { all += part }
            return all
        }
    }
}
