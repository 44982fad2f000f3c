extension JSONNumber {
    @inline(__always)
    func write(into sink: inout ByteSink) {
        if case .integer = kind {
            sink.append(integer: Int64(bitPattern: bits))
        } else {
            sink.append(text: literal)
        }
    }

    /// The form that ECMAScript gives a number of this value (RFC 8785, 3.2.2.3), for any number of digits.
    func writeCanonical(into sink: inout ByteSink) {
        if case .double = kind, !double.isFinite { return write(into: &sink) }
        let decimal = ExactDecimal(self)
        if decimal.isZero { return sink.append(Ascii.zero) }
        if decimal.isNegative { sink.append(Ascii.minus) }
        let digits = decimal.digits.map { $0 &+ Ascii.zero }
        let point = decimal.magnitude
        if point > 21 || point <= -6 {
            sink.append(digits[0])
            if digits.count > 1 { sink.append(Ascii.point) }
            for digit in digits.dropFirst() { sink.append(digit) }
            sink.append(Ascii.lowerE)
            if point > 0 { sink.append(Ascii.plus) }
            let isBound = abs(point) == ExactDecimal.magnitudeBound  // must be at the bound when it is read again
            sink.append(integer: Int64(isBound ? point * 4 : point - 1))
        } else if point <= 0 {
            sink.append(word: "0.")
            sink.append(Ascii.zero, times: -point)
            for digit in digits { sink.append(digit) }
        } else {
            for (place, digit) in digits.enumerated() {
                if place == point { sink.append(Ascii.point) }
                sink.append(digit)
            }
            sink.append(Ascii.zero, times: max(0, point - digits.count))
        }
    }
}
