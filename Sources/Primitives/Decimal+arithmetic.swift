/// How a number that lies between two others is moved to one of them.
public enum RoundingRule: String, Sendable, Hashable, CaseIterable {
    /// The nearer one; in the middle the one away from zero. What most tax laws ask for.
    case halfUp = "half-up"
    /// The nearer one; in the middle the even one. Does not drift over many lines.
    case halfEven = "half-even"
}

extension Decimal {
    /// The sum, or `nil` when it has more digits than fit.
    public func adding(_ other: Decimal) -> Decimal? {
        let scale = max(scale, other.scale)
        guard let left = aligned(to: scale), let right = other.aligned(to: scale) else { return nil }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : Decimal(significand: sum, scale: scale)
    }

    public func subtracting(_ other: Decimal) -> Decimal? {
        adding(Decimal(significand: -other.significand, scale: other.scale))
    }

    /// The product, or `nil` when it has more digits than fit.
    public func multiplied(by other: Decimal) -> Decimal? {
        let (product, overflow) = significand.multipliedReportingOverflow(by: other.significand)
        guard !overflow else { return nil }
        var exact = product
        var scale = scale + other.scale
        while scale > Self.maximumScale {
            guard exact % 10 == 0 else { return nil }
            exact /= 10
            scale -= 1
        }
        return Decimal(significand: exact, scale: scale)
    }

    /// The number with at most `decimals` decimals.
    public func rounded(decimals: Int, _ rule: RoundingRule) -> Decimal {
        guard scale > decimals else { return self }
        let divisor = Self.powerOfTen(scale - decimals)
        let (quotient, remainder) = significand.quotientAndRemainder(dividingBy: divisor)
        let twice = remainder.magnitude * 2
        let isAway =
            switch rule {
            case .halfUp: twice >= divisor.magnitude
            case .halfEven: twice > divisor.magnitude || (twice == divisor.magnitude && quotient % 2 != 0)
            }
        let step: Int128 = significand < 0 ? -1 : 1
        return Decimal(significand: isAway ? quotient + step : quotient, scale: decimals)
    }

    /// The number times `10^decimals`, when that is a whole number that fits: an amount in minor units.
    public func scaled(toDecimals decimals: Int) -> Int64? {
        guard scale <= decimals, let whole = aligned(to: decimals) else { return nil }
        return Int64(exactly: whole)
    }

    func aligned(to wanted: Int) -> Int128? {
        let (product, overflow) = significand.multipliedReportingOverflow(by: Self.powerOfTen(wanted - scale))
        return overflow ? nil : product
    }

    static func powerOfTen(_ exponent: Int) -> Int128 {
        var power: Int128 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}

extension Decimal: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        let scale = max(left.scale, right.scale)
        // A number too large to be aligned is further from zero than the other one, whose scale is the larger.
        guard let leftAligned = left.aligned(to: scale) else { return left.isNegative }
        guard let rightAligned = right.aligned(to: scale) else { return !right.isNegative }
        return leftAligned < rightAligned
    }
}

extension Decimal: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.init(value) }
}
