/// How long to wait before the next attempt to connect: doubling from a base up to a ceiling, with jitter, so that
/// the connections of many processes do not come back to a restarted server in step.
struct Backoff {
    let base: Duration
    let ceiling: Duration
    private var failures = 0

    init(base: Duration, ceiling: Duration) {
        self.base = base
        self.ceiling = ceiling
    }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        // 2^16 times any sensible base is beyond any sensible ceiling.
        let doubled = base * (1 << min(failures, 16))
        failures += 1
        return min(doubled, ceiling) * Double.random(in: 0.5...1, using: &generator)
    }

    mutating func reset() { failures = 0 }
}
