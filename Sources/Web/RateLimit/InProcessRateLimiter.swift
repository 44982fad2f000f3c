import Synchronization

/// Counts in this process: a lock and an addition.
///
/// Its memory is bounded by two generations: a bucket that was not used while `capacity / 2` others were is forgotten,
/// which means full.
package final class InProcessRateLimiter: RateLimiter {
    private struct Buckets {
        var young: [RateKey: Double] = [:]
        var old: [RateKey: Double] = [:]
    }

    private let buckets = Mutex(Buckets())
    private let generationCapacity: Int
    private let now: @Sendable () -> Double

    /// - Parameter now: nanoseconds of a clock that never goes back.
    package init(capacity: Int = 100_000, now: @escaping @Sendable () -> Double = InProcessRateLimiter.monotonic) {
        generationCapacity = max(1, capacity / 2)
        self.now = now
    }

    package func take(_ cost: Int, from key: RateKey, limit: RequestRate) async -> RateDecision {
        takeNow(cost, from: key, limit: limit)
    }

    package func takeNow(_ cost: Int, from key: RateKey, limit: RequestRate) -> RateDecision {
        let now = now()
        return buckets.withLock { buckets in
            let fullAt = buckets.young[key] ?? buckets.old[key] ?? 0
            let (decision, changed) = CellRate(limit: limit).take(cost, fullAt: fullAt, now: now)
            // Whoever goes on asking stays known, also while it is refused.
            guard let kept = changed ?? (fullAt > now ? fullAt : nil) else { return decision }
            buckets.young[key] = kept
            if buckets.young.count >= generationCapacity { (buckets.old, buckets.young) = (buckets.young, [:]) }
            return decision
        }
    }

    /// How many buckets are remembered.
    package var count: Int { buckets.withLock { $0.young.count + $0.old.count } }

    package static let monotonic: @Sendable () -> Double = {
        let start = processStart
        let elapsed = (ContinuousClock.now - start).components
        return Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9
    }

    private static let processStart = ContinuousClock.now
}
