import Glibc
import Primitives
import Synchronization

/// Sends requests over keep-alive connections, and bounds the load in time.
struct LoadGenerator: Sendable {
    /// For one answer.
    static let patienceSeconds = 30

    let port: Int
    let connections: Int
    let seconds: Double

    struct Outcome: Sendable {
        var sent = 0
        /// By status, of those that were not 202.
        var refused: [Int: Int] = [:]
        var elapsedSeconds = 0.0
        /// Of each request, from when it was due to its answer.
        var answerMilliseconds: [Double] = []
    }

    /// As fast as the server answers: each connection sends the next when it has the answer. All of them are driven by
    /// one thread, because a thread for each would take more of the machine than what is measured leaves.
    func closedLoop(_ request: @escaping @Sendable (Int) -> [UInt8]) async throws -> Outcome {
        try await OwnThread.run { [port, connections, seconds] in
            let crowd = try ConnectionCrowd(port: port, connections: connections)
            let start = ContinuousClock.now
            let deadline = start + .nanoseconds(Int64(seconds * 1e9))
            var number = -1
            var outcome = try crowd.drive(patienceSeconds: Self.patienceSeconds) {
                guard ContinuousClock.now < deadline else { return nil }
                number += 1
                return request(number)
            }
            outcome.elapsedSeconds = (ContinuousClock.now - start).seconds
            return outcome
        }
    }

    /// At a rate, a thread a connection, whether the server keeps up or not: a late answer does not make the next event late, and its time
    /// counts from when it was due.
    func openLoop(
        perSecond rate: Double, _ request: @escaping @Sendable (Int) -> [UInt8],
        answered: @escaping Answered
    ) async throws -> Outcome {
        let next = Atomic<Int>(0)
        let total = Int(rate * seconds)
        return try await run { _, start in
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < total else { return nil }
            return (number, start + .nanoseconds(Int64(Double(number) / rate * 1e9)))
        } request: {
            request($0)
        } answered: {
            answered($0, $1)
        }
    }

    /// Called with when a request was due, and the body of its answer.
    typealias Answered = @Sendable (_ due: ContinuousClock.Instant, _ body: [UInt8]) -> Void

    private typealias Next =
        @Sendable (_ deadline: ContinuousClock.Instant, _ start: ContinuousClock.Instant) -> (
            number: Int, due: ContinuousClock.Instant?
        )?

    private func run(
        _ next: @escaping Next, request: @escaping @Sendable (Int) -> [UInt8], answered: @escaping Answered
    ) async throws -> Outcome {
        let start = ContinuousClock.now + .milliseconds(100)
        let deadline = start + .nanoseconds(Int64(seconds * 1e9))
        var total = Outcome()
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for _ in 0..<connections {
                group.addTask {
                    try await OwnThread.run {
                        try Self.send(KeepAliveConnection(port: port), start, deadline, next, request, answered)
                    }
                }
            }
            for try await part in group {
                total.sent += part.sent
                total.refused.merge(part.refused, uniquingKeysWith: +)
                total.answerMilliseconds += part.answerMilliseconds
            }
        }
        total.elapsedSeconds = (ContinuousClock.now - start).seconds
        return total
    }

    private static func send(
        _ opened: consuming KeepAliveConnection, _ start: ContinuousClock.Instant, _ deadline: ContinuousClock.Instant,
        _ next: Next, _ request: (Int) -> [UInt8], _ answered: Answered
    ) throws -> Outcome {
        var connection = opened
        var outcome = Outcome()
        sleep(until: start)
        while let (number, due) = next(deadline, start) {
            if let due { sleep(until: due) }
            let began = due ?? ContinuousClock.now
            let (status, body) = try connection.exchange(request(number))
            answered(began, body)
            outcome.sent += 1
            outcome.answerMilliseconds.append((ContinuousClock.now - began).seconds * 1000)
            if status != 202 { outcome.refused[status, default: 0] += 1 }
        }
        return outcome
    }

    private static func sleep(until moment: ContinuousClock.Instant) {
        let microseconds = (moment - .now).seconds * 1e6
        if microseconds > 1 { usleep(UInt32(microseconds)) }
    }
}

/// Runs blocking work on a thread made for it.
enum OwnThread {
    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { answer in
            let work = Work {
                answer.resume(with: Result { try body() })
            }
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { context in
                    Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
                    return nil
                }, Unmanaged.passRetained(work).toOpaque())
            guard status == 0 else {
                answer.resume(throwing: Problem(.unavailable, "A thread cannot be made."))
                return
            }
            pthread_detach(thread)
        }
    }
}
