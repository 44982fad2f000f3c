import JSON
import NIOCore
import Primitives

/// Fetches tokens for a policy, through the same client and egress rules as the call itself.
struct TokenFetcher {
    /// No server of tokens needs longer, and others wait for the same token.
    private static let maximumSeconds = 30.0
    private static let maximumBytes = 256 << 10
    private static let wellKnown = "/.well-known/openid-configuration"

    let client: any HTTPExchange
    let cache: TokenCache
    let clock: any WallClock

    func token(_ settings: TokenSettings, deadline: NIODeadline) async throws(CallFailure) -> Redacted<String> {
        let account = cache.account(settings)
        return try await account.source.token { (refreshToken) async throws(CallFailure) in
            let endpoint = try await self.endpoint(settings, account, deadline)
            let seconds = Int(clock.now().unixMilliseconds / 1000)
            let request = TokenRequest(
                settings: settings, endpoint: endpoint, refreshToken: refreshToken, now: seconds
            ).request()
            let answer = try TokenAnswer(reading: try await send(request, "the token server", deadline))
            try check(answer, settings)
            return answer
        }
    }

    func discard(_ token: Redacted<String>, _ settings: TokenSettings) {
        cache.account(settings).source.discard(token)
    }

    private func check(_ answer: TokenAnswer, _ settings: TokenSettings) throws(CallFailure) {
        guard !settings.issuers.isEmpty else { return }
        guard let issuer = answer.issuer else {
            throw CallFailure(.authentication, "the token names no issuer, and `issuers` asks for one of a list")
        }
        guard settings.issuers.contains(issuer) else {
            throw CallFailure(.authentication, "the token's issuer is not one of `issuers`")
        }
    }

    // MARK: Where

    private func endpoint(
        _ settings: TokenSettings, _ account: TokenAccount, _ deadline: NIODeadline
    ) async throws(CallFailure) -> WebAddress {
        if settings.isDiscovered {
            if let known = account.endpoint { return known }
            let found = try await discover(settings, deadline)
            account.keep(endpoint: found)
            return found
        }
        let path = settings.tokenEndpoint
        if path.contains("://") {
            guard let address = try? WebAddress(path) else {
                throw CallFailure(.configuration, "`endpoints.token` of `oauth2` is not an address")
            }
            return address
        }
        return settings.authority.appending(path: PercentEncoding.lenient(path.hasPrefix("/") ? path : "/" + path))
    }

    /// OpenID Connect Discovery 1.0, 4: the document must name the authority that was asked as its issuer.
    private func discover(_ settings: TokenSettings, _ deadline: NIODeadline) async throws(CallFailure) -> WebAddress {
        let isWhole = settings.authority.path.hasSuffix(Self.wellKnown)
        let address = isWhole ? settings.authority : settings.authority.appending(path: Self.wellKnown)
        let request = OutboundRequest(
            method: "GET", address: address,
            headers: [("Accept", "application/json"), ("User-Agent", "millwright-runner")])
        let response = try await send(request, "the authority's OpenID configuration", deadline)
        guard response.status == 200 else {
            throw CallFailure(
                .authentication, status: response.status,
                "the authority answered \(response.status) when asked for its OpenID configuration")
        }
        guard let document = try? JSONValue(parsing: response.body),
            let endpoint = document["token_endpoint"]?.stringValue.flatMap({ try? WebAddress($0) })
        else { throw CallFailure(.authentication, "the authority's OpenID configuration has no token endpoint") }
        var expected = address.description
        expected.removeLast(Self.wellKnown.utf8.count)
        guard let issuer = document["issuer"]?.stringValue,
            settings.issuers.contains(issuer) || Self.isSame(issuer, expected)
        else { throw CallFailure(.authentication, "the authority's OpenID configuration is another issuer's") }
        guard endpoint.scheme == .https || settings.authority.scheme == .http else {
            throw CallFailure(.authentication, "the authority wants secrets sent without TLS")
        }
        return endpoint
    }

    private static func isSame(_ issuer: String, _ expected: String) -> Bool {
        guard let address = try? WebAddress(issuer) else { return false }
        var text = address.description
        if text.hasSuffix("/") { text.removeLast() }
        return text == expected
    }

    private func send(
        _ request: OutboundRequest, _ what: String, _ deadline: NIODeadline
    ) async throws(CallFailure) -> OutboundResponse {
        var limits = CallLimits(maximumResponseBytes: Self.maximumBytes)
        limits.timeoutSeconds = min(Self.maximumSeconds, deadline.secondsLeft)
        limits.readTimeoutSeconds = limits.timeoutSeconds
        let response: OutboundResponse
        do {
            response = try await client.exchange(request, limits: limits)
        } catch {
            throw CallFailure(beforeTheCall: error, "\(what) cannot be asked")
        }
        // The server's own trouble, not the credential's.
        guard response.status < 500 else {
            throw CallFailure(.communication, status: response.status, "\(what) answered \(response.status)")
        }
        return response
    }
}
