import CPostgres
import Synchronization

/// Sends cancel requests from a thread of their own: `PQcancel` opens a second connection and blocks.
///
/// A request names the session, not the statement. Until it is known to have reached the server, nothing new may be
/// sent on the session: it would be the one that is cancelled.
final class CancelRequests: Sendable {
    private struct State {
        var isUnderWay = false
        var count = 0
    }

    private let state = Mutex(State())

    /// How many were sent in this session and before.
    var count: Int { state.withLock { $0.count } }
    var isUnderWay: Bool { state.withLock { $0.isUnderWay } }

    /// Asks the server to cancel whatever the session is running. `whenSent` runs on the other thread.
    func send(to session: OpaquePointer, whenSent: @escaping @Sendable () -> Void) {
        guard let request = PQgetCancel(session) else { return }
        let mayStart = state.withLock { state in
            guard !state.isUnderWay else { return false }
            state.isUnderWay = true
            state.count += 1
            return true
        }
        guard mayStart else {
            PQfreeCancel(request)
            return
        }
        let owned = OwnedRequest(pointer: request)
        DedicatedThread.start("db-cancel") {
            owned.send()
            self.state.withLock { $0.isUnderWay = false }
            whenSent()
        }
    }

    /// Safe to send to another thread: the structure is a copy that libpq made for exactly that.
    private final class OwnedRequest: @unchecked Sendable {
        private let pointer: OpaquePointer
        init(pointer: OpaquePointer) { self.pointer = pointer }
        deinit { PQfreeCancel(pointer) }

        func send() {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
                // A failure shows as a statement that goes on; the drain grace then gives the connection up.
                _ = PQcancel(pointer, reason.baseAddress, Int32(reason.count))
            }
        }
    }
}
