import NIOCore
import Synchronization

/// A token bucket that hands out turns: who comes too early is told how long to wait, in the order of asking.
struct TokenBucket {
    private let limit: RateLimit
    private var tokens: Double
    private var filledAt: NIODeadline

    init(_ limit: RateLimit, at now: NIODeadline) {
        self.limit = limit
        tokens = Double(limit.burst)
        filledAt = now
    }

    /// Takes one turn, and answers after how many seconds it is; `nil` when that is longer than the caller would wait,
    /// in which case no turn is taken.
    mutating func take(at now: NIODeadline, waitingAtMost patienceSeconds: Double) -> Double? {
        let elapsed = Double((now - filledAt).nanoseconds) / 1e9
        tokens = min(Double(limit.burst), tokens + max(0, elapsed) * limit.perSecond)
        filledAt = max(filledAt, now)
        let waitSeconds = tokens >= 1 ? 0 : (1 - tokens) / limit.perSecond
        guard waitSeconds <= patienceSeconds else { return nil }
        tokens -= 1
        return waitSeconds
    }
}

final class RateLimiter: Sendable {
    private let bucket: Mutex<TokenBucket>

    init(_ limit: RateLimit) { bucket = Mutex(TokenBucket(limit, at: .now())) }

    func take(waitingAtMost patienceSeconds: Double) -> Double? {
        bucket.withLock { $0.take(at: .now(), waitingAtMost: patienceSeconds) }
    }
}
