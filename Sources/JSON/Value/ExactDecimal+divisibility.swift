extension ExactDecimal {
    /// Whether `self` is a whole multiple of `divisor`. Bounded by the product of both literals' lengths: a huge
    /// exponent costs nothing, because beyond four powers of ten for each digit of the divisor no new factor of two or
    /// five can matter.
    func isMultiple(of divisor: ExactDecimal) -> Bool {
        if divisor.isZero { return false }
        if isZero { return true }
        let shift = scale - divisor.scale
        // Our digits do not end in zero, so they cannot be a multiple of a power of ten.
        if shift < 0 { return false }
        let zeros = min(shift, divisor.digits.count * 4)
        if divisor.digits.count <= 18 { return remainderIsZero(zeros: zeros, narrow: divisor.narrow) }
        return remainderIsZero(zeros: zeros, wide: divisor.digits)
    }

    private var narrow: UInt64 { digits.reduce(0) { $0 * 10 + UInt64($1) } }

    private func remainderIsZero(zeros: Int, narrow divisor: UInt64) -> Bool {
        var remainder: UInt64 = 0
        for digit in digits { remainder = (remainder * 10 + UInt64(digit)) % divisor }
        for _ in 0..<zeros { remainder = (remainder * 10) % divisor }
        return remainder == 0
    }

    /// Long division as on paper, one digit at a time, the remainder most significant digit first.
    private func remainderIsZero(zeros: Int, wide divisor: [UInt8]) -> Bool {
        let width = divisor.count + 1
        let padded = [0] + divisor
        var remainder = [UInt8](repeating: 0, count: width)
        for place in 0..<(digits.count + zeros) {
            remainder.removeFirst()
            remainder.append(place < digits.count ? digits[place] : 0)
            while !remainder.lexicographicallyPrecedes(padded) { Self.subtract(padded, from: &remainder) }
        }
        return remainder.allSatisfy { $0 == 0 }
    }

    private static func subtract(_ amount: [UInt8], from value: inout [UInt8]) {
        var borrow: Int8 = 0
        for place in value.indices.reversed() {
            var digit = Int8(value[place]) - Int8(amount[place]) - borrow
            borrow = digit < 0 ? 1 : 0
            if digit < 0 { digit += 10 }
            value[place] = UInt8(digit)
        }
    }
}
