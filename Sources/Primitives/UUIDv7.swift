/// A 128-bit identifier, made as RFC 9562 version 7: 48 bits of Unix milliseconds, then random bits.
///
/// Keys made one after the other sort together, so that inserts touch the right edge of an index.
public struct UUIDv7: Sendable, Hashable, Comparable, CustomStringConvertible, LosslessStringConvertible {
    /// The first and the last eight bytes, big-endian.
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new identifier for a moment, `unixMilliseconds` since 1970 UTC.
    public init(at unixMilliseconds: Int64, using generator: inout some RandomNumberGenerator) {
        let random: UInt64 = generator.next()
        let time = UInt64(bitPattern: unixMilliseconds) & 0xFFFF_FFFF_FFFF
        high = time << 16 | 0x7000 | (random & 0x0FFF)
        low = (generator.next() as UInt64) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// A new identifier for now.
    public init() {
        if let simulated = Chance.simulated {
            let time = UInt64(bitPattern: simulated.now().unixMilliseconds) & 0xFFFF_FFFF_FFFF
            self.init(
                high: time << 16 | 0x7000 | (simulated.next() & 0x0FFF),
                low: simulated.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
            return
        }
        var generator = SystemRandomNumberGenerator()
        self.init(at: Timestamp.now().unixMilliseconds, using: &generator)
    }

    /// Any UUID in its usual form of 36 characters, upper or lower case.
    public init?(_ text: String) {
        var value: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var position = 0
        for byte in text.utf8 {
            defer { position += 1 }
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.hexValue(byte), digits < 32 else { return nil }
            if digits < 16 { value.0 = value.0 << 4 | digit } else { value.1 = value.1 << 4 | digit }
            digits += 1
        }
        guard digits == 32, position == 36 else { return nil }
        self.init(high: value.0, low: value.1)
    }

    public init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 16, "a UUID has 16 bytes")
        high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// The sixteen bytes in network order.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
    }

    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var at = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64((15 - index % 16) * 4)) & 0xF
                buffer[at] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                at += 1
            }
            return 36
        }
    }

    /// The moment in the identifier, when it is one of version 7.
    public var unixMilliseconds: Int64 { Int64(high >> 16) }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static func hexValue(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
