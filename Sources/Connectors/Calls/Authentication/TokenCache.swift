import NIOCore
import Primitives
import Synchronization

/// Access tokens by the settings that they were fetched with: one for all calls with the same policy.
package final class TokenCache: Sendable {
    /// Beyond this the account that was opened first is forgotten.
    private static let maximumAccounts = 64

    private struct State {
        var accounts: [String: TokenAccount] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())

    package init() {}

    func account(_ settings: TokenSettings) -> TokenAccount {
        state.withLock { state in
            if let account = state.accounts[settings.fingerprint] { return account }
            if state.order.count >= Self.maximumAccounts {
                state.accounts[state.order.removeFirst()] = nil
            }
            let account = TokenAccount()
            state.accounts[settings.fingerprint] = account
            state.order.append(settings.fingerprint)
            return account
        }
    }
}

/// What is known of one account: its token, and where the next one is fetched.
final class TokenAccount: Sendable {
    private static let discoveryLifeSeconds = 600.0

    let source = TokenSource()
    private let discovered = Mutex<(endpoint: WebAddress, endsAt: NIODeadline)?>(nil)

    var endpoint: WebAddress? {
        discovered.withLock { found in
            guard let found, found.endsAt > .now() else { return nil }
            return found.endpoint
        }
    }

    func keep(endpoint: WebAddress) {
        discovered.withLock { $0 = (endpoint, .in(seconds: Self.discoveryLifeSeconds)) }
    }
}
