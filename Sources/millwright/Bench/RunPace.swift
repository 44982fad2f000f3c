import JSON
import Primitives
import Tenancy

/// How many runs a second a load of events completes, and how soon each completes: what several benches ask.
struct RunPace: Sendable {
    static let patienceSeconds = 60.0
    /// While events are sent at a rate, each connection has a thread.
    static let connectionsAtARate = 32

    let stage: BenchHost.Stage
    /// The plants' own scope, or one that covers all of them.
    let scope: TenantScope
    let connections: Int
    let seconds: Double

    struct Throughput: Sendable {
        var perSecond: Double
        var answerMilliseconds: [Double]
    }

    /// Runs a second, from the first event to the last completed run.
    func throughput(_ request: @escaping @Sendable (Int) -> [UInt8]) async throws -> Throughput {
        let database = stage.domain.database
        let open = try await CompletionWatch.openRuns(database, scope)
        let before = try await CompletionWatch.completedRuns(database, scope)
        let start = ContinuousClock.now
        let outcome = try await LoadGenerator(port: stage.port, connections: connections, seconds: seconds)
            .closedLoop(request)
        try outcome.expectAccepted()
        try await waitForOpenRuns(open)
        let elapsed = (ContinuousClock.now - start).seconds
        let completed = try await CompletionWatch.completedRuns(database, scope) - before
        guard completed == outcome.sent else {
            throw Problem(.internalError, "\(outcome.sent) events were accepted and \(completed) runs completed.")
        }
        return Throughput(perSecond: Double(completed) / elapsed, answerMilliseconds: outcome.answerMilliseconds)
    }

    /// Runs a second of so many that are accepted first, in batches: from the first request to the last completed run.
    func backlog(_ load: EventLoad, runs: Int, batch: Int = 100) async throws -> Double {
        let requests = stride(from: 0, to: runs, by: batch).map { load.batch($0, count: min(batch, runs - $0)) }
        let start = ContinuousClock.now
        try await OwnThread.run { [port = stage.port] in
            let crowd = try ConnectionCrowd(port: port, connections: 4)
            var next = requests.makeIterator()
            try crowd.drive(patienceSeconds: LoadGenerator.patienceSeconds) { next.next() }.expectAccepted()
        }
        try await waitForOpenRuns(0)
        return Double(runs) / (ContinuousClock.now - start).seconds
    }

    /// Until no more runs are open than there were. It asks seldom enough to leave the database to what is measured.
    func waitForOpenRuns(_ count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(Self.patienceSeconds)
        while true {
            let asked = ContinuousClock.now
            guard try await CompletionWatch.openRuns(stage.domain.database, scope) > count else { return }
            guard asked < deadline else {
                throw Problem(.timeout, "Runs were still open \(Int(Self.patienceSeconds)) s after the last event.")
            }
            try await Task.sleep(for: max(.milliseconds(5), (ContinuousClock.now - asked) * 8))
        }
    }

    /// Milliseconds from the moment at which an event was due to the completed run that follows from it.
    func latency(perSecond rate: Double, _ request: @escaping @Sendable (Int) -> [UInt8]) async throws -> [Double] {
        let watch = CompletionWatch(stage.domain.database, scope)
        return try await withThrowingTaskGroup(of: [Double].self) { group in
            group.addTask { [self] in
                defer { watch.finish() }
                let generator = LoadGenerator(
                    port: stage.port, connections: min(connections, Self.connectionsAtARate), seconds: seconds)
                let outcome = try await generator.openLoop(perSecond: rate, request) { due, body in
                    if let id = Self.eventID(in: body) { watch.follow(id, from: due) }
                }
                try outcome.expectAccepted()
                return []
            }
            group.addTask { try await watch.watch(patienceSeconds: Self.patienceSeconds) }
            var all: [Double] = []
            for try await part in group { all += part }
            return all
        }
    }

    /// Of the answer to a single event.
    static func eventID(in answer: [UInt8]) -> UUIDv7? {
        (try? JSONValue(parsing: answer))?["events"]?[0]?["id"]?.stringValue.flatMap { UUIDv7($0) }
    }
}
