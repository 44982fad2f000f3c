import Synchronization

/// What went through a plant's gateway since it was opened.
package final class EgressCounters: Sendable {
    package struct Snapshot: Sendable, Hashable {
        package var openTunnels = 0
        package var tunnels: Int64 = 0
        package var bytesUp: Int64 = 0
        package var bytesDown: Int64 = 0
        /// By the refusal's code: `not-listed`, `address-metadata`, …
        package var refusals: [String: Int64] = [:]
    }

    private let state = Mutex(Snapshot())

    package init() {}

    package var snapshot: Snapshot { state.withLock { $0 } }

    /// Takes a place among the open tunnels, when there is one.
    func begin(limit: Int) -> Bool {
        state.withLock { state in
            guard state.openTunnels < limit else { return false }
            state.openTunnels += 1
            return true
        }
    }

    func opened() { state.withLock { $0.tunnels += 1 } }

    func moved(up: Int64, down: Int64) {
        state.withLock { state in
            state.bytesUp += up
            state.bytesDown += down
        }
    }

    func ended() { state.withLock { $0.openTunnels -= 1 } }

    func refused(_ reason: EgressRefusal.Reason) {
        state.withLock { $0.refusals[reason.code, default: 0] += 1 }
    }
}
