extension JSONNumber: Hashable, Comparable {
    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        if case .integer = left.kind, case .integer = right.kind { return left.bits == right.bits }
        return order(left, right) == 0
    }

    public static func < (left: JSONNumber, right: JSONNumber) -> Bool {
        if case .integer = left.kind, case .integer = right.kind {
            return Int64(bitPattern: left.bits) < Int64(bitPattern: right.bits)
        }
        guard let order = order(left, right) else { return false }
        return order < 0
    }

    /// Negative, zero or positive; nil when one of them is not a number.
    private static func order(_ left: JSONNumber, _ right: JSONNumber) -> Int? {
        let a = left.double
        let b = right.double
        if a.isNaN || b.isNaN { return nil }
        // Rounding keeps order: only numbers that round to the same double need a closer look.
        if a < b { return -1 }
        if a > b { return 1 }
        if case .double = left.kind, case .double = right.kind { return 0 }
        return ExactDecimal.order(ExactDecimal(left), ExactDecimal(right))
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(double)  // equal numbers round to the same double; zero hashes as itself whatever its sign
    }
}

extension JSONNumber {
    /// Whether this number divided by `divisor` leaves no remainder, by exact decimal arithmetic.
    public func isMultiple(of divisor: JSONNumber) -> Bool {
        if let a = int64, let b = divisor.int64, b != 0, b != -1 { return a % b == 0 }
        guard double.isNaN == false, divisor.double.isNaN == false else { return false }
        return ExactDecimal(self).isMultiple(of: ExactDecimal(divisor))
    }
}
