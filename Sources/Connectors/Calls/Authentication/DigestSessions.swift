import Synchronization

/// The nonces that servers gave, so that a following call is answered before it is asked for.
final class DigestSessions: Sendable {
    /// Whose nonce it is. The nonce itself is no secret.
    struct Account: Hashable, Sendable {
        var origin: String
        var username: String

        init(_ address: WebAddress, _ username: String) {
            origin = "\(address.scheme.rawValue)://\(address.authority)"
            self.username = username
        }
    }

    private static let maximumSessions = 64

    private struct State {
        var sessions: [Account: (challenge: DigestChallenge, count: Int)] = [:]
        var order: [Account] = []
    }

    private let state = Mutex(State())

    /// The challenge to answer and how often that was done, this time included; `nil` when none is known.
    func next(_ account: Account) -> (challenge: DigestChallenge, count: Int)? {
        state.withLock { state in
            guard var session = state.sessions[account] else { return nil }
            session.count += 1
            state.sessions[account] = session
            return session
        }
    }

    func keep(_ challenge: DigestChallenge, _ account: Account) {
        state.withLock { state in
            if state.sessions.updateValue((challenge, 0), forKey: account) == nil { state.order.append(account) }
            if state.order.count > Self.maximumSessions { state.sessions[state.order.removeFirst()] = nil }
        }
    }

    func forget(_ account: Account) {
        state.withLock { state in
            state.sessions[account] = nil
            state.order.removeAll { $0 == account }
        }
    }
}
