import Primitives
import Provisioning
import Synchronization

/// Process policies as a test sets them.
final class MemoryPolicies: Sendable {
    private struct State {
        var policies: [TenantScope: ProcessPolicy] = [:]
        var listeners: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    func set(_ plant: TenantScope, _ policy: ProcessPolicy) {
        let listeners = state.withLock { state in
            state.policies[plant] = policy
            return state.listeners
        }
        for listener in listeners { listener.yield() }
    }

    var port: ProcessGate.Policies {
        ProcessGate.Policies(
            policy: { [self] plant in state.withLock { $0.policies[plant] ?? .nothing } },
            changes: { [self] _ in
                let (changes, change) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
                state.withLock { $0.listeners.append(change) }
                return changes
            })
    }
}
