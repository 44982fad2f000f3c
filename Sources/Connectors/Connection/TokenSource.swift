import JSON
import NIOCore
import Primitives
import Synchronization

/// Access tokens of one connection (OAuth 2.0 client credentials), fetched once for all calls that need one.
final class TokenSource: Sendable {
    /// A token is renewed this long before it ends, so that it does not end on its way.
    private static let marginSeconds = 30.0
    private static let assumedLifeSeconds = 300.0

    private struct Token {
        var value: Redacted<String>
        var endsAt: NIODeadline
    }

    private struct State {
        var token: Token?
        var isFetching = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private enum Turn { case use(Redacted<String>), fetch, wait }

    private let state = Mutex(State())

    /// The current token, or the one that `fetch` brings.
    func token(
        fetch: () async throws(CallFailure) -> OutboundResponse
    ) async throws(CallFailure) -> Redacted<String> {
        while true {
            switch turn() {
            case .use(let token): return token
            case .wait: await waitForFetch()
            case .fetch:
                defer { endFetch() }
                let token = try read(try await fetch())
                state.withLock { $0.token = token }
                return token.value
            }
        }
    }

    /// Forgets a token that the system no longer takes.
    func discard() { state.withLock { $0.token = nil } }

    private func turn() -> Turn {
        state.withLock { state in
            if let token = state.token, token.endsAt > .now() { return .use(token.value) }
            if state.isFetching { return .wait }
            state.isFetching = true
            return .fetch
        }
    }

    private func waitForFetch() async {
        await withCheckedContinuation { continuation in
            let isFetching = state.withLock { state in
                if state.isFetching { state.waiting.append(continuation) }
                return state.isFetching
            }
            if !isFetching { continuation.resume() }
        }
    }

    private func endFetch() {
        let waiting = state.withLock { state in
            state.isFetching = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func read(_ response: OutboundResponse) throws(CallFailure) -> Token {
        guard response.status == 200 else {
            throw CallFailure(
                .authentication, status: response.status, "the token server refuses with status \(response.status)")
        }
        guard let body = try? JSONValue(parsing: response.body), let value = body["access_token"]?.stringValue,
            !value.isEmpty, HeaderRules.isValue(value)
        else { throw CallFailure(.authentication, status: response.status, "the token server's answer has no token") }
        let life = body["expires_in"]?.doubleValue ?? Self.assumedLifeSeconds
        return Token(value: Redacted(value), endsAt: .in(seconds: max(1, life - Self.marginSeconds)))
    }
}
