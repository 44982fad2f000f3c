import Synchronization

/// What a process has written so far, up to a bound.
final class BoundedOutput: Sendable {
    private let limit: Int
    private let bytes = Mutex<[UInt8]>([])

    init(limit: Int) { self.limit = limit }

    var value: [UInt8] { bytes.withLock { $0 } }

    /// Whether it still fits; what does not is left out.
    func take(_ more: [UInt8]) -> Bool {
        bytes.withLock { bytes in
            let room = limit - bytes.count
            bytes += more.prefix(room)
            return more.count <= room
        }
    }
}
