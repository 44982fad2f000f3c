import Primitives

/// Virtual time, and what waits for it. Everything happens at whole seconds: a wait is never shorter than was asked for.
///
/// Unchecked, because it belongs to the simulation's one thread.
final class SimulatedTime: @unchecked Sendable {
    static let origin = Timestamp(unixSeconds: 1_767_600_000)

    private struct Timer {
        let due: Int64
        let number: Int
        /// The instance that waits; `nil` for the world itself.
        let plane: Int?
        let action: () -> Void
    }

    /// Since the origin.
    private(set) var seconds: Int64 = 0
    private var timers: [Timer] = []
    private var number = 0

    var now: Timestamp { Self.origin.adding(seconds: Double(seconds)) }

    @discardableResult
    func at(_ delay: Double, of plane: Int? = nil, _ action: @escaping () -> Void) -> Int {
        number += 1
        timers.append(
            Timer(due: seconds + Int64(max(delay, 0).rounded(.up)), number: number, plane: plane, action: action))
        return number
    }

    func cancel(_ number: Int) { timers.removeAll { $0.number == number } }

    var nextDue: Int64? { timers.lazy.map(\.due).min() }

    /// Goes to the next moment at which something waits, and does the first thing that is due then.
    func advance() {
        guard let next = timers.min(by: { ($0.due, $0.number) < ($1.due, $1.number) }) else { return }
        seconds = max(seconds, next.due)
        timers.removeAll { $0.number == next.number }
        next.action()
    }

    func reset() {
        seconds = 0
        timers = []
        number = 0
    }
}

/// One process's clock: virtual time, and how far this machine is off.
///
/// Unchecked, because it belongs to the simulation's one thread.
final class SimulatedClock: WallClock, @unchecked Sendable {
    let time: SimulatedTime
    let plane: Int?
    var offsetSeconds: Double {
        get { offsets.last?.seconds ?? 0 }
        set { offsets.append((time.seconds, newValue)) }
    }
    private var offsets: [(from: Int64, seconds: Double)] = []

    /// The latest moment that it has shown since then.
    func latest(since moment: Int64) -> Timestamp {
        let later = offsets.indices.filter { $0 + 1 == offsets.count || offsets[$0 + 1].from >= moment }
        return time.now.adding(seconds: later.map { offsets[$0].seconds }.max() ?? 0)
    }

    init(_ time: SimulatedTime, plane: Int? = nil) {
        self.time = time
        self.plane = plane
    }

    func now() -> Timestamp { time.now.adding(seconds: offsetSeconds) }

    /// Unchecked, for the same reason.
    private final class Sleeper: @unchecked Sendable {
        var continuation: CheckedContinuation<Void, any Error>?
        var timer = 0

        func wake(_ error: (any Error)? = nil) {
            let waiting = continuation
            continuation = nil
            if let error { waiting?.resume(throwing: error) } else { waiting?.resume() }
        }
    }

    func sleep(for duration: Duration) async throws {
        let sleeper = Sleeper()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                sleeper.continuation = continuation
                sleeper.timer = time.at(duration / .seconds(1), of: plane) { sleeper.wake() }
            }
        } onCancel: {
            time.cancel(sleeper.timer)
            sleeper.wake(CancellationError())
        }
    }
}

/// Identifiers and nonces from the seed.
///
/// Unchecked, because it belongs to the simulation's one thread.
final class SeededChance: SimulatedChance, @unchecked Sendable {
    private var random: SimulationRandom
    private let time: SimulatedTime

    init(seed: UInt64, _ time: SimulatedTime) {
        random = SimulationRandom(seed: seed, stream: 2)
        self.time = time
    }

    func next() -> UInt64 { random.next() }
    func now() -> Timestamp { time.now }
}
