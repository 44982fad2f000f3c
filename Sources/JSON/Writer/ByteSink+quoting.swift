extension ByteSink {
    /// Appends a JSON string. Only what must be escaped is: `"`, `\` and the control characters below U+0020.
    mutating func append(quoted string: String) {
        append(Ascii.quote)
        let done: Void? = string.utf8.withContiguousStorageIfAvailable { append(escaping: $0) }
        if done == nil { Array(string.utf8).withUnsafeBufferPointer { append(escaping: $0) } }
        append(Ascii.quote)
    }

    private mutating func append(escaping units: UnsafeBufferPointer<UInt8>) {
        guard let base = units.baseAddress else { return }
        var plainStart = 0
        var offset = 0
        while offset < units.count {
            if offset &+ 8 <= units.count {
                let word = UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if Self.isPlain(word) {
                    offset &+= 8
                    continue
                }
            }
            let byte = base[offset]
            if byte == Ascii.quote || byte == Ascii.backslash || byte < Ascii.space {
                append(base + plainStart, offset &- plainStart)
                append(escape: byte)
                plainStart = offset &+ 1
            }
            offset &+= 1
        }
        append(base + plainStart, units.count &- plainStart)
    }

    /// Whether none of the eight bytes needs an escape.
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(Ascii.quote))
        let backslashes = word ^ (ones &* UInt64(Ascii.backslash))
        let found =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
            | ((word &- (ones &* UInt64(Ascii.space))) & ~word)
        return found & (ones &* 0x80) == 0
    }

    private mutating func append(escape byte: UInt8) {
        append(Ascii.backslash)
        switch byte {
        case Ascii.quote, Ascii.backslash: append(byte)
        case 0x08: append(Ascii.lowerB)
        case 0x0C: append(Ascii.lowerF)
        case Ascii.newline: append(Ascii.lowerN)
        case Ascii.carriageReturn: append(Ascii.lowerR)
        case Ascii.tab: append(Ascii.lowerT)
        default:
            let digits: StaticString = "0123456789abcdef"
            append(word: "u00")
            append(digits.utf8Start[Int(byte &>> 4)])
            append(digits.utf8Start[Int(byte & 15)])
        }
    }
}
