import JSON
import Primitives
import Tenancy

/// Events into the database: nobody listens to them, so that storing is all there is.
struct IngestBench: Sendable {
    /// Events of one request when they come in batches.
    static let batch = 100
    /// So many that one batch is on its way while another one is stored.
    static let batchConnections = 16

    let seconds: Double
    let connections: Int
    let report: BenchReport

    func measure(_ stage: BenchHost.Stage) async throws {
        let floor = PostgresFloor(cluster: stage.cluster)
        try await floor.prepare()
        let platform = try await BenchPlatform(stage.client)
        let plant = try await platform.makePlant("ingest")
        try await platform.waitForRunner(of: plant)
        let key = stage.client.key.reveal()
        let warmUp = EventLoad(plantID: plant, key: key, type: BenchPlatform.unheardEventType, name: "warm-up")
        _ = try await LoadGenerator(port: stage.port, connections: connections, seconds: 1).closedLoop(warmUp.single)

        report.say("The floor …")
        let storing = try await floor.measure(.intake)
        let commits = try await floor.measure(.singleCommit)
        report.figure("pgbench-single-row-commits", commits, unit: "rows/s")
        report.say("Single events over \(connections) connections …")
        let singles = EventLoad(plantID: plant, key: key, type: BenchPlatform.unheardEventType, name: "single")
        let one = try await LoadGenerator(port: stage.port, connections: connections, seconds: seconds)
            .closedLoop(singles.single)
        try one.expectAccepted()
        report.figure(
            "single-events", Double(one.sent) / one.elapsedSeconds, unit: "events/s", floor: storing)
        report.figure("single-events", Double(one.sent) / one.elapsedSeconds, unit: "events/s", goal: 10_000)
        report.quantiles("single-event-answer", of: one.answerMilliseconds, unit: "ms")

        report.say("Batches of \(Self.batch) over \(Self.batchConnections) connections …")
        let batches = EventLoad(plantID: plant, key: key, type: BenchPlatform.unheardEventType, name: "batch")
        let many = try await LoadGenerator(port: stage.port, connections: Self.batchConnections, seconds: seconds)
            .closedLoop { batches.batch($0 * Self.batch, count: Self.batch) }
        try many.expectAccepted()
        report.figure(
            "batched-events", Double(many.sent * Self.batch) / many.elapsedSeconds, unit: "events/s", floor: storing)
        report.figure(
            "batched-events", Double(many.sent * Self.batch) / many.elapsedSeconds, unit: "events/s", goal: 50_000)
    }
}

extension LoadGenerator.Outcome {
    /// A load that was refused in part has not been measured.
    func expectAccepted() throws {
        guard refused.isEmpty, sent > 0 else {
            throw Problem(.unavailable, "Of \(sent) requests some were not accepted, by status: \(refused).")
        }
    }
}
