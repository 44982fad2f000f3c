/// Reads one JSON number and picks the smallest form that gives its literal back.
struct NumberScanner {
    let start: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    var cursor: UnsafePointer<UInt8>

    init(at start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) {
        self.start = start
        self.end = end
        cursor = start
    }

    /// The number; nil when the text is not a JSON number, with the cursor where it stops being one.
    @inline(__always)
    mutating func scan() -> JSONNumber? {
        let isNegative = cursor < end && cursor.pointee == Ascii.minus
        if isNegative { cursor += 1 }
        guard cursor < end else { return nil }
        var mantissa: UInt64 = 0
        let digitsStart = cursor
        if cursor.pointee == Ascii.zero {
            cursor += 1
        } else {
            mantissa = scanDigits(into: mantissa)
            if cursor == digitsStart { return nil }
        }
        let integerDigits = cursor - digitsStart
        if cursor == end || (cursor.pointee != Ascii.point && cursor.pointee | 0x20 != Ascii.lowerE) {
            if integerDigits <= 18 {
                if isNegative, mantissa == 0 { return JSONNumber(exactly: -0.0) }
                let value = Int64(bitPattern: mantissa)
                return JSONNumber(isNegative ? 0 &- value : value)
            }
            return longInteger()
        }
        return fractional(mantissa, integerDigits: integerDigits, isNegative: isNegative)
    }

    /// Wraps beyond 19 digits; whoever uses the mantissa counts the digits first.
    @inline(__always)
    private mutating func scanDigits(into mantissa: UInt64) -> UInt64 {
        var mantissa = mantissa
        while cursor < end {
            let digit = cursor.pointee &- Ascii.zero
            if digit > 9 { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            cursor += 1
        }
        return mantissa
    }

    private mutating func fractional(_ whole: UInt64, integerDigits: Int, isNegative: Bool) -> JSONNumber? {
        var mantissa = whole
        var fractionDigits = 0
        if cursor.pointee == Ascii.point {
            cursor += 1
            let fractionStart = cursor
            mantissa = scanDigits(into: mantissa)
            fractionDigits = cursor - fractionStart
            if fractionDigits == 0 { return nil }
        }
        if cursor < end, cursor.pointee | 0x20 == Ascii.lowerE {
            guard skipExponent() else { return nil }
            return literal(nearest: nearestDouble())
        }
        guard integerDigits + fractionDigits <= 18, mantissa < 1 << 53 else { return roundTripped() }
        // Both are exact, so the one division rounds correctly.
        let magnitude = Double(mantissa) / powersOfTen[fractionDigits]
        let value = isNegative ? -magnitude : magnitude
        let lastDigit = (cursor - 1).pointee
        let isShortest =
            mantissa < 1_000_000_000_000_000
            && (lastDigit != Ascii.zero ? magnitude >= 0.0001 : fractionDigits == 1 && (mantissa != 0 || !isNegative))
        return isShortest ? JSONNumber(exactly: value) : literal(nearest: value)
    }

    private mutating func skipExponent() -> Bool {
        cursor += 1
        if cursor < end, cursor.pointee == Ascii.plus || cursor.pointee == Ascii.minus { cursor += 1 }
        let exponentStart = cursor
        _ = scanDigits(into: 0)
        return cursor > exponentStart
    }

    private func longInteger() -> JSONNumber {
        if cursor - start <= 20, let value = Int64(text) { return JSONNumber(value) }
        return literal(nearest: nearestDouble())
    }

    /// A literal of 16 or 17 digits is most often a double that somebody printed.
    private func roundTripped() -> JSONNumber {
        let value = nearestDouble()
        if cursor - start <= 24, value != 0, sameCodeUnits(value.description, text) {
            return JSONNumber(exactly: value)
        }
        return literal(nearest: value)
    }

    private func literal(nearest value: Double) -> JSONNumber {
        JSONNumber(bits: value.bitPattern, kind: .literal(JSONNumber.Literal(text)))
    }

    private var text: String {
        String(decoding: UnsafeBufferPointer(start: start, count: cursor - start), as: UTF8.self)
    }

    /// The standard library rounds any well-formed decimal correctly, and answers infinity beyond the range.
    private func nearestDouble() -> Double { Double(text) ?? .nan }
}

/// The powers of ten that a double holds exactly.
private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
