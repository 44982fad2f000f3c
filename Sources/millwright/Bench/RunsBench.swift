import JSON
import Primitives
import Tenancy

/// Single events over keep-alive connections, as machines and webhooks send them, to completed runs of two tasks.
struct RunsBench: Sendable {
    let seconds: Double
    let connections: Int
    let rate: Double
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let floor = PostgresFloor(cluster: stage.cluster)
        try await floor.prepare()
        let plant = try await BenchPlant(stage, slug: "runs")
        let pace = RunPace(stage: stage, scope: plant.scope, connections: connections, seconds: seconds)
        let warmUp = RunPace(stage: stage, scope: plant.scope, connections: connections, seconds: 2)
        _ = try await warmUp.throughput(plant.load("warm-up").single)

        report.say("The floor …")
        let cycle = try await floor.measure(.cycle)
        report.say("Single events over \(connections) connections, event to completed …")
        let outcome = try await pace.throughput(plant.load("throughput").single)
        report.figure("throughput", outcome.perSecond, unit: "runs/s", floor: cycle)
        report.quantiles("throughput-answer", of: outcome.answerMilliseconds, unit: "ms")

        report.say("At \(Int(rate)) events/s, event to completed …")
        let waited = try await pace.latency(perSecond: rate, plant.load("latency").single)
        report.quantiles("event-to-completed-at-\(Int(rate))-per-s", of: waited, unit: "ms")
    }
}
