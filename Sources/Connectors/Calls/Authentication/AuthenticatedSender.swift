import NIOCore
import Primitives

/// Sends a request with what its policy adds, and answers what the server asks for.
///
/// A 401 says that the request was not acted on, so it may be sent again; that happens once for a token, and for a digest
/// as often as the server gives a new nonce, at most `maximumTries` times in all.
struct AuthenticatedSender {
    private static let maximumTries = 3

    let client: any HTTPExchange
    let tokens: TokenFetcher
    let digests: DigestSessions

    /// - Parameter secrets: learns what was sent as a credential, so that it is not shown.
    /// - Throws: `CallFailure` when the credential cannot be had, `OutboundFailure` when the call has no answer.
    func send(
        _ request: OutboundRequest, _ policy: AuthenticationPolicy?, limits: CallLimits, deadline: NIODeadline,
        secrets: inout SecretResolution
    ) async throws -> OutboundResponse {
        switch policy {
        case nil: return try await exchange(request, nil, limits, deadline)
        case .basic(let username, let password):
            let header = BasicAuthentication.header(username, password)
            secrets.hide(String(header.dropFirst("Basic ".count)))
            return try await exchange(request, header, limits, deadline)
        case .bearer(let token):
            secrets.hide(token.reveal())
            return try await exchange(request, "Bearer " + token.reveal(), limits, deadline)
        case .digest(let username, let password):
            return try await sendDigest(request, username, password, limits, deadline)
        case .token(let settings):
            let token = try await tokens.token(settings, deadline: deadline)
            secrets.hide(token.reveal())
            let response = try await exchange(request, "Bearer " + token.reveal(), limits, deadline)
            guard response.status == 401 else { return response }
            tokens.discard(token, settings)
            let fresh = try await tokens.token(settings, deadline: deadline)
            secrets.hide(fresh.reveal())
            return try await exchange(request, "Bearer " + fresh.reveal(), limits, deadline)
        }
    }

    private func sendDigest(
        _ request: OutboundRequest, _ username: String, _ password: Redacted<String>, _ limits: CallLimits,
        _ deadline: NIODeadline
    ) async throws -> OutboundResponse {
        let account = DigestSessions.Account(request.address, username)
        var known = digests.next(account)
        var tries = 1
        while true {
            let answer = known.map { challenge, count in
                DigestAnswer(
                    challenge: challenge, username: username, password: password, count: count,
                    clientNonce: Self.clientNonce())
            }
            let response = try await exchange(request, answer?.header(for: request), limits, deadline)
            guard response.status == 401 else { return response }
            // What is refused with a nonce of this very call is refused for good, unless the server says that only the
            // nonce is too old.
            guard let challenge = DigestChallenge(response), tries == 1 || challenge.isStale, tries < Self.maximumTries
            else {
                digests.forget(account)
                return response
            }
            digests.keep(challenge, account)
            known = digests.next(account) ?? (challenge, 1)
            tries += 1
        }
    }

    private static func clientNonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return Digests.hexadecimal((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    private func exchange(
        _ request: OutboundRequest, _ authorization: String?, _ limits: CallLimits, _ deadline: NIODeadline
    ) async throws(OutboundFailure) -> OutboundResponse {
        var request = request
        if let authorization {
            request.headers.removeAll { $0.name.lowercased() == "authorization" }
            request.headers.append(("Authorization", authorization))
        }
        var limits = limits
        limits.timeoutSeconds = deadline.secondsLeft
        limits.readTimeoutSeconds = limits.timeoutSeconds
        return try await client.exchange(request, limits: limits)
    }
}
