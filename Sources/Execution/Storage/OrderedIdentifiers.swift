package import Primitives
import Synchronization

/// Identifiers that this process makes in order, also within one millisecond: the twelve bits after the time count
/// (RFC 9562, section 6.2, method 1). So a key is a position in the queue, and inserts go to the right edge of an index.
package final class OrderedIdentifiers: Sendable {
    private static let countersPerMillisecond: UInt64 = 1 << 12

    private let last = Mutex<UInt64>(0)

    package init() {}

    /// The first eight bytes of the next identifier: 48 bits of time, the version, and the counter.
    func nextHigh(at moment: Timestamp) -> UInt64 {
        let time = UInt64(bitPattern: moment.unixMilliseconds) & 0xFFFF_FFFF_FFFF
        let position = last.withLock { last in
            last = max(last + 1, time * Self.countersPerMillisecond)
            return last
        }
        return (position / Self.countersPerMillisecond) << 16 | 0x7000 | position % Self.countersPerMillisecond
    }

    package func next(at moment: Timestamp) -> UUIDv7 {
        Self.identifier(high: nextHigh(at: moment))
    }

    /// Another identifier of the same moment and counter.
    static func identifier(high: UInt64) -> UUIDv7 {
        UUIDv7(high: high, low: Chance.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}
