/// The bucket's arithmetic (the generic cell rate algorithm, ITU-T I.371): a bucket is one number, the moment at which
/// it will be full again. It is full when that moment has passed, so that a bucket nobody remembers is a full one.
struct CellRate {
    let limit: RequestRate

    /// - Parameters:
    ///   - fullAt: when the bucket is full again; whatever lies in the past means now. In nanoseconds, as `now`.
    /// - Returns: the decision, and the new moment when something was taken.
    func take(_ cost: Int, fullAt: Double, now: Double) -> (decision: RateDecision, fullAt: Double?) {
        let unit = limit.unitNanoseconds
        let window = limit.windowNanoseconds
        let start = max(fullAt, now)
        let end = start + unit * Double(min(max(cost, 0), limit.burst))
        // Half a unit of tolerance in a thousand: rounding must not refuse the last of a burst.
        let isAllowed = end - now <= window + unit / 1000
        let reached = isAllowed ? end : start
        let decision = RateDecision(
            isAllowed: isAllowed, remaining: max(0, Int((window - (reached - now)) / unit + 0.001)),
            retryAfterSeconds: isAllowed ? 0 : (end - now - window) / 1e9, resetSeconds: (reached - now) / 1e9)
        let changed: Double? = isAllowed && cost > 0 ? end : nil
        return (decision, changed)
    }
}
