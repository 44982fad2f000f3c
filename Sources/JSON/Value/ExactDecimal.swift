/// A number as sign, digits and a power of ten: ±0.d₁d₂d₃… × 10^magnitude, with no zero at either end of the digits.
/// It is what exact comparison, divisibility and canonical writing need; nothing of it is rounded.
struct ExactDecimal {
    var isNegative = false
    /// The values 0…9, most significant first; empty for zero.
    var digits: [UInt8] = []
    /// The place of the point, counted from the front of the digits. Magnitudes beyond the bound are not told apart.
    var magnitude = 0

    init(_ number: JSONNumber) {
        var literal = number.literal
        self = literal.withUTF8 { ExactDecimal(literal: $0) }
    }

    /// - Parameter literal: a well-formed JSON number.
    init(literal: UnsafeBufferPointer<UInt8>) {
        var index = 0
        if index < literal.count, literal[index] == Ascii.minus {
            isNegative = true
            index += 1
        }
        var pointSeen = false
        digits.reserveCapacity(literal.count)
        while index < literal.count {
            let byte = literal[index]
            if byte == Ascii.point {
                pointSeen = true
            } else if byte &- Ascii.zero < 10 {
                let digit = byte &- Ascii.zero
                if digits.isEmpty, digit == 0 {
                    if pointSeen { magnitude -= 1 }
                } else {
                    digits.append(digit)
                    if !pointSeen { magnitude += 1 }
                }
            } else {
                break
            }
            index += 1
        }
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty {
            isNegative = false
            magnitude = 0
        } else if index < literal.count {
            magnitude += Self.exponent(literal[(index + 1)...])
            magnitude = min(max(magnitude, -Self.magnitudeBound), Self.magnitudeBound)
        }
    }

    /// Far outside of what a literal can reach by its digits, and far inside of what `Int` can hold.
    static let magnitudeBound = 1 << 58
    private static let exponentBound = magnitudeBound * 2

    private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var value = 0
        for byte in text where byte &- Ascii.zero < 10 && value < exponentBound {
            value = min(value * 10 + Int(byte &- Ascii.zero), exponentBound)
        }
        return text.first == Ascii.minus ? -value : value
    }

    var isZero: Bool { digits.isEmpty }

    /// The power of ten of the last digit.
    var scale: Int { magnitude - digits.count }

    var isInteger: Bool { digits.isEmpty || scale >= 0 }

    var int64: Int64? {
        guard isInteger else { return nil }
        guard magnitude <= 19 else { return digits.isEmpty ? 0 : nil }
        var value: Int64 = 0
        for place in 0..<max(magnitude, 0) {
            let digit = Int64(place < digits.count ? digits[place] : 0)
            let (shifted, over) = value.multipliedReportingOverflow(by: 10)
            let (next, under) = shifted.subtractingReportingOverflow(digit)
            if over || under { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    static func order(_ left: ExactDecimal, _ right: ExactDecimal) -> Int {
        if left.isZero || right.isZero {
            return (left.isZero ? 0 : (left.isNegative ? -1 : 1)) - (right.isZero ? 0 : (right.isNegative ? -1 : 1))
        }
        if left.isNegative != right.isNegative { return left.isNegative ? -1 : 1 }
        let bigger = left.isNegative ? -1 : 1
        if left.magnitude != right.magnitude { return left.magnitude > right.magnitude ? bigger : -bigger }
        for (a, b) in zip(left.digits, right.digits) where a != b { return a > b ? bigger : -bigger }
        if left.digits.count == right.digits.count { return 0 }
        return left.digits.count > right.digits.count ? bigger : -bigger
    }
}
