import Synchronization

/// The bytes of all requests of one runner that are under way, up to a limit.
final class SyncBodies: Sendable {
    private let limit: Int
    private let bytes = Mutex(0)

    init(limit: Int) { self.limit = limit }

    /// What one request takes of it. It is given back when nobody holds it any more, too: a request that is never answered.
    final class Share: Sendable {
        private let bodies: SyncBodies
        private let bytes = Mutex(0)

        fileprivate init(_ bodies: SyncBodies) { self.bodies = bodies }

        deinit { giveBack() }

        /// Whether there was room. If not, it holds nothing any more, at once: of two that meet at the limit one goes on.
        func add(_ count: Int) -> Bool {
            bytes.withLock { held in
                let isIn = bodies.bytes.withLock { bytes in
                    guard bytes + count <= bodies.limit else {
                        bytes -= held
                        return false
                    }
                    bytes += count
                    return true
                }
                held = isIn ? held + count : 0
                return isIn
            }
        }

        func giveBack() {
            let count = bytes.withLock { bytes in
                defer { bytes = 0 }
                return bytes
            }
            if count > 0 { bodies.bytes.withLock { $0 -= count } }
        }
    }

    func share() -> Share { Share(self) }
}
