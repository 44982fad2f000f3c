/// Says where text stops being UTF-8. Only used to report an error; whether it is UTF-8 the standard library decides.
enum UTF8Check {
    static func firstInvalidOffset(in units: UnsafeBufferPointer<UInt8>) -> Int {
        var offset = 0
        while offset < units.count {
            let length = characterLength(units[offset...])
            if length == 0 { return offset }
            offset += length
        }
        return offset
    }

    /// The length of the character at the front; zero when it is not one (RFC 3629: no overlong form, no surrogate,
    /// nothing above U+10FFFF).
    private static func characterLength(_ units: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        guard let lead = units.first else { return 0 }
        let (length, second): (Int, ClosedRange<UInt8>)
        switch lead {
        case 0...0x7F: return 1
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        let rest = units.dropFirst().prefix(length - 1)
        guard rest.count == length - 1, let next = rest.first, second.contains(next) else { return 0 }
        return rest.allSatisfy { $0 & 0xC0 == 0x80 } ? length : 0
    }
}
