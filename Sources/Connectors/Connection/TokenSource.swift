import NIOCore
import Primitives
import Synchronization

/// The access token of one account with a token server, fetched once for all calls that need it.
final class TokenSource: Sendable {
    /// A token is renewed this long before it ends, so that it does not end on its way.
    private static let marginSeconds = 30.0

    private struct Token {
        var value: Redacted<String>
        var endsAt: NIODeadline
    }

    private struct State {
        var token: Token?
        /// What the server gave with the last token, for the next one.
        var refreshToken: Redacted<String>?
        var isFetching = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private enum Turn { case use(Redacted<String>), fetch(refreshing: Redacted<String>?), wait }

    private let state = Mutex(State())

    /// The current token, or the one that `fetch` brings. It is given the refresh token, if there is one; when that is
    /// refused it is asked again without.
    func token(
        fetch: (_ refreshToken: Redacted<String>?) async throws(CallFailure) -> TokenAnswer
    ) async throws(CallFailure) -> Redacted<String> {
        while true {
            switch turn() {
            case .use(let token): return token
            case .wait: await waitForFetch()
            case .fetch(let refreshToken):
                defer { endFetch() }
                let answer = try await self.answer(refreshToken, fetch)
                keep(answer)
                return answer.value
            }
        }
    }

    /// Forgets a token that the system no longer takes; not the newer one that another call has fetched since.
    func discard(_ used: Redacted<String>) {
        state.withLock { state in
            if state.token?.value.reveal() == used.reveal() { state.token = nil }
        }
    }

    private func answer(
        _ refreshToken: Redacted<String>?,
        _ fetch: (_ refreshToken: Redacted<String>?) async throws(CallFailure) -> TokenAnswer
    ) async throws(CallFailure) -> TokenAnswer {
        guard let refreshToken else { return try await fetch(nil) }
        do {
            return try await fetch(refreshToken)
        } catch  where error.kind == .authentication {
            state.withLock { $0.refreshToken = nil }
            return try await fetch(nil)
        }
    }

    private func keep(_ answer: TokenAnswer) {
        let seconds = max(1, answer.lifeSeconds - Self.marginSeconds)
        state.withLock { state in
            state.token = Token(value: answer.value, endsAt: .in(seconds: seconds))
            // A server that gives none means that the old one is still good (RFC 6749, 6).
            if let refreshToken = answer.refreshToken { state.refreshToken = refreshToken }
        }
    }

    private func turn() -> Turn {
        state.withLock { state in
            if let token = state.token, token.endsAt > .now() { return .use(token.value) }
            if state.isFetching { return .wait }
            state.isFetching = true
            return .fetch(refreshing: state.refreshToken)
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
}
