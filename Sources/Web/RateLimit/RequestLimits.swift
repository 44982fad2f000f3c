package import Connectors
package import HTTPTypes
import Metrics
import Primitives
import Synchronization

/// How often the API and the portal may be asked, and by whom what is counted: requests by principal, failed proofs of
/// identity and sign-ins by address.
package final class RequestLimits: Sendable {
    /// Generous: what one busy plant's gateway sends, many times over.
    package static let usualPerPrincipal = RequestRate(perSecond: 1000, burst: 5000)
    /// A misconfigured client is told so; whoever guesses keys is not answered for long.
    package static let usualRefusals = RequestRate(perSecond: 5, burst: 100)
    /// A shift that comes on behind one address can sign in.
    package static let usualSignIns = RequestRate(perSecond: 0.5, burst: 30)

    /// What is found about an address before its key is looked at.
    package enum Standing: Sendable, Hashable {
        case good
        /// Too many proofs failed. A key that is known here and now still counts: somebody else may share the address.
        case blocked(RateDecision)
    }

    private let limiter: any RateLimiter
    private let perPrincipal: RequestRate?
    private let refusals: RequestRate
    private let signIns: RequestRate
    private let clients: ClientAddress
    private let blocked = Mutex(BlockedAddresses())
    private let limitedPrincipals = Counter(
        label: "millwright_requests_limited", dimensions: [("by", "principal")])
    private let limitedAddresses = Counter(label: "millwright_requests_limited", dimensions: [("by", "address")])

    /// - Parameter perPrincipal: `nil` does not limit whoever has proved who it is.
    package init(
        limiter: any RateLimiter = InProcessRateLimiter(), perPrincipal: RequestRate? = usualPerPrincipal,
        refusals: RequestRate = usualRefusals, signIns: RequestRate = usualSignIns, trustedProxies: [HostPattern] = []
    ) {
        self.limiter = limiter
        self.perPrincipal = perPrincipal
        self.refusals = refusals
        self.signIns = signIns
        clients = ClientAddress(trustedProxies: trustedProxies)
    }

    package func origin(_ headers: HTTPFields, socket: String) -> String { clients.address(headers, socket: socket) }

    /// Takes one request, or what a large one weighs.
    ///
    /// - Returns: what is left; `nil` when principals are not limited.
    func admit(_ principal: PrincipalID, cost: Int = 1) async throws -> RateStatus? {
        guard let limit = perPrincipal else { return nil }
        let decision = await limiter.take(cost, from: .principal(principal), limit: limit)
        let status = RateStatus(limit: limit, decision: decision)
        guard decision.isAllowed else {
            limitedPrincipals.increment()
            throw RateRefusal(status, "Too many requests. Send fewer, or several events as one batch.")
        }
        return status
    }

    func standing(of origin: String) -> Standing {
        let pause = blocked.withLock { $0.pauseSeconds(ClientAddress.counted(origin), at: .now) }
        return pause.map { .blocked(RateDecision(denied: $0)) } ?? .good
    }

    /// Counts a proof of identity that failed.
    ///
    /// - Throws: `RateRefusal` when there were too many; then the address is blocked for a moment.
    func refused(_ origin: String) async throws {
        if case .blocked(let decision) = standing(of: origin) { throw refusal(decision) }
        let address = ClientAddress.counted(origin)
        let decision = await limiter.take(1, from: .refusals(address), limit: refusals)
        guard !decision.isAllowed else { return }
        let seconds = max(1, decision.retryAfterSeconds)
        blocked.withLock { $0.block(address, forSeconds: seconds, at: .now) }
        throw refusal(RateDecision(denied: seconds))
    }

    /// Counts an attempt to sign in, whether it is right or not.
    func admitSignIn(_ origin: String) async throws {
        let key = RateKey.signIns(ClientAddress.counted(origin))
        let decision = await limiter.take(1, from: key, limit: signIns)
        guard !decision.isAllowed else { return }
        limitedAddresses.increment()
        throw RateRefusal(
            RateStatus(limit: signIns, decision: decision), "Too many sign-ins from here. Wait a moment and try again.")
    }

    func refusal(_ decision: RateDecision) -> RateRefusal {
        limitedAddresses.increment()
        return RateRefusal(
            RateStatus(limit: refusals, decision: decision),
            "Too many requests from this address had no valid key. Wait a moment and check the key.")
    }
}

extension RateDecision {
    fileprivate init(denied seconds: Double) {
        self.init(isAllowed: false, remaining: 0, retryAfterSeconds: seconds, resetSeconds: seconds)
    }
}

/// Addresses that are not looked at for a moment. Bounded: with too many of them the oldest knowledge goes.
struct BlockedAddresses {
    static let capacity = 10_000

    private var until: [String: ContinuousClock.Instant] = [:]

    mutating func pauseSeconds(_ address: String, at now: ContinuousClock.Instant) -> Double? {
        // The usual case: nobody is blocked.
        guard !until.isEmpty, let end = until[address] else { return nil }
        guard end > now else {
            until[address] = nil
            return nil
        }
        let left = (end - now).components
        return Double(left.seconds) + Double(left.attoseconds) / 1e18
    }

    mutating func block(_ address: String, forSeconds seconds: Double, at now: ContinuousClock.Instant) {
        if until.count >= Self.capacity {
            until = until.filter { $0.value > now }
            if until.count >= Self.capacity { until = [:] }
        }
        until[address] = now + .seconds(seconds)
    }
}
