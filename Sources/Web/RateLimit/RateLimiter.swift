package import Primitives

/// How much may be done, as a bucket that fills steadily: `perSecond` on the long run, `burst` at once.
package struct RequestRate: Sendable, Hashable {
    package var perSecond: Double
    package var burst: Int

    /// - Precondition: both are greater than zero.
    package init(perSecond: Double, burst: Int) {
        precondition(perSecond > 0 && burst > 0, "a limit lets something through")
        self.perSecond = perSecond
        self.burst = burst
    }

    /// The time in which one unit comes back.
    var unitNanoseconds: Double { 1e9 / perSecond }
    /// The time in which an empty bucket is full again.
    var windowNanoseconds: Double { unitNanoseconds * Double(burst) }
}

/// Whose bucket it is.
package enum RateKey: Sendable, Hashable {
    /// Everything that one principal asks for.
    case principal(PrincipalID)
    /// Failed proofs of identity from one address.
    case refusals(String)
    /// Sign-ins with a password or a key from one address.
    case signIns(String)
}

/// What a limiter says of one request.
package struct RateDecision: Sendable, Hashable {
    package var isAllowed: Bool
    /// What is left to take at once.
    package var remaining: Int
    /// How long until the same request may be made; 0 when it was allowed.
    package var retryAfterSeconds: Double
    /// How long until the bucket is full.
    package var resetSeconds: Double
}

/// A shared count of who did how much. It never fails and never makes anybody wait for long: without an answer it gives
/// one of its own.
package protocol RateLimiter: Sendable {
    /// Takes `cost` units, or none of them. More than a bucket holds counts as a whole bucket.
    func take(_ cost: Int, from key: RateKey, limit: RequestRate) async -> RateDecision
}
