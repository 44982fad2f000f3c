extension JSONParser {
    /// Reads the rest of a string whose opening quote is behind the cursor.
    @inline(__always)
    mutating func parseString() throws(Failure) -> String {
        let first = cursor
        var isASCII = true
        while true {
            skipPlainASCII()
            let byte = try peek()
            if byte == Ascii.quote { break }
            if byte == Ascii.backslash { return try parseEscapedString(from: first) }
            if byte < Ascii.space { throw failure(.controlCharacter) }
            isASCII = false
            skipBeyondASCII()
        }
        let units = UnsafeBufferPointer(start: first, count: cursor - first)
        cursor += 1
        // ASCII cannot need repair, and the standard library's check of it is as fast as a copy.
        return isASCII ? String(decoding: units, as: UTF8.self) : try validated(units)
    }

    /// Passes eight bytes at a time over what needs no attention: neither `"`, `\`, a control character nor a byte of a
    /// multi-byte character.
    @inline(__always)
    private mutating func skipPlainASCII() {
        while end - cursor >= 8 {
            let stop = attention(UInt64(littleEndian: UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self)))
            if stop != 0 {
                cursor += stop.trailingZeroBitCount &>> 3
                return
            }
            cursor += 8
        }
        while cursor < end {
            let byte = cursor.pointee
            if byte == Ascii.quote || byte == Ascii.backslash || byte < Ascii.space || byte >= 0x80 { return }
            cursor += 1
        }
    }

    /// The top bit of each byte that needs attention. A borrow can set a bit too many, but only above the first true
    /// one, which is all that is used.
    @inline(__always)
    private func attention(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(Ascii.quote))
        let backslashes = word ^ (ones &* UInt64(Ascii.backslash))
        let zeroTests = (quotes &- ones) | (backslashes &- ones) | (word &- (ones &* UInt64(Ascii.space)))
        return (zeroTests | word) & (ones &* 0x80)
    }

    @inline(__always)
    private mutating func skipBeyondASCII() {
        while cursor < end, cursor.pointee >= 0x80 { cursor += 1 }
    }

    private func validated(_ units: UnsafeBufferPointer<UInt8>) throws(Failure) -> String {
        if let string = String(validating: units, as: UTF8.self) { return string }
        guard let base = units.baseAddress else { return "" }
        throw failure(.invalidUTF8, at: base + UTF8Check.firstInvalidOffset(in: units))
    }

    /// Reads a string again that has escapes, from its first byte.
    @inline(never)
    private mutating func parseEscapedString(from first: UnsafePointer<UInt8>) throws(Failure) -> String {
        var units = ByteSink(capacity: (cursor - first) * 2 + 64)
        var isASCII = true
        cursor = first
        while true {
            let plain = cursor
            skipPlainASCII()
            units.append(plain, cursor - plain)
            let byte = try peek()
            if byte >= 0x80 {
                isASCII = false
                let beyond = cursor
                skipBeyondASCII()
                units.append(beyond, cursor - beyond)
                continue
            }
            if byte < Ascii.space { throw failure(.controlCharacter) }
            cursor += 1
            if byte == Ascii.quote { break }
            if try parseEscape(into: &units) >= 0x80 { isASCII = false }
        }
        if isASCII { return String(decoding: units.bytes, as: UTF8.self) }
        if let string = String(validating: units.bytes, as: UTF8.self) { return string }
        let source = UnsafeBufferPointer(start: first, count: cursor - first)
        throw failure(.invalidUTF8, at: first + UTF8Check.firstInvalidOffset(in: source))
    }

    /// Reads what follows a backslash, and says which character it is.
    @inline(__always)
    private mutating func parseEscape(into units: inout ByteSink) throws(Failure) -> UInt32 {
        let byte = try peek()
        cursor += 1
        let unescaped: UInt8
        switch byte {
        case Ascii.quote, Ascii.backslash, Ascii.slash: unescaped = byte
        case Ascii.lowerB: unescaped = 0x08
        case Ascii.lowerF: unescaped = 0x0C
        case Ascii.lowerN: unescaped = Ascii.newline
        case Ascii.lowerR: unescaped = Ascii.carriageReturn
        case Ascii.lowerT: unescaped = Ascii.tab
        case Ascii.lowerU:
            let scalar = try parseUnicodeEscape()
            for unit in UTF8.encode(scalar).unsafelyUnwrapped { units.append(unit) }
            return scalar.value
        default: throw failure(.invalidEscape, at: cursor - 1)
        }
        units.append(unescaped)
        return UInt32(unescaped)
    }

    private mutating func parseUnicodeEscape() throws(Failure) -> Unicode.Scalar {
        let place = cursor
        let unit = try parseFourHexDigits()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, end - cursor >= 2, cursor[0] == Ascii.backslash, cursor[1] == Ascii.lowerU else {
            throw failure(.unpairedSurrogate, at: place)
        }
        cursor += 2
        let low = try parseFourHexDigits()
        guard low & 0xFC00 == 0xDC00, let scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF) else {
            throw failure(.unpairedSurrogate, at: place)
        }
        return scalar
    }

    private mutating func parseFourHexDigits() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = try peek()
            switch byte {
            case Ascii.zero...Ascii.nine: value = value << 4 | UInt32(byte &- Ascii.zero)
            case 0x41...0x46, 0x61...0x66: value = value << 4 | UInt32((byte | 0x20) &- 0x57)
            default: throw failure(.invalidEscape)
            }
            cursor += 1
        }
        return value
    }
}
