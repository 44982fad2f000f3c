/// An exact decimal number: `significand × 10^-scale`. Prices and amounts are kept in it; it never rounds by itself.
///
/// 128 bits hold 38 digits: a price of 12 decimals times 10^18 units still fits with room. What would not fit is
/// refused by `nil` and never wraps or traps.
public struct Decimal: Sendable, Hashable, CustomStringConvertible, LosslessStringConvertible {
    /// Digits after the point that a number may have.
    public static let maximumScale = 18

    public let significand: Int128
    public let scale: Int

    /// Trailing zeros of the fraction are dropped, so that equal numbers have one form.
    public init(significand: Int128, scale: Int) {
        precondition((0...Self.maximumScale).contains(scale), "a decimal has 0 to 18 decimals")
        var significand = significand
        var scale = scale
        while scale > 0, significand % 10 == 0 {
            significand /= 10
            scale -= 1
        }
        self.significand = significand
        self.scale = scale
    }

    public init(_ integer: Int64) { self.init(significand: Int128(integer), scale: 0) }

    public static let zero = Decimal(0)

    /// `-12.50`: a sign, digits, and at most 18 decimals. No exponent, no grouping, no leading point.
    public init?(_ text: String) {
        var significand: Int128 = 0
        var scale = 0
        var digits = 0
        var isFraction = false
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        for byte in text.utf8.dropFirst(isNegative ? 1 : 0) {
            if byte == UInt8(ascii: "."), !isFraction, digits > 0 {
                isFraction = true
                continue
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tenfold, overflow) = significand.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int128(digit))
            guard !overflow, !carry else { return nil }
            significand = sum
            digits += 1
            if isFraction { scale += 1 }
        }
        guard digits > 0, scale <= Self.maximumScale, !isFraction || scale > 0 else { return nil }
        self.init(significand: isNegative ? -significand : significand, scale: scale)
    }

    public var description: String { text(decimals: scale) }

    /// The number with at least so many decimals, zeros filled up: `5` with two is `5.00`.
    public func text(decimals: Int) -> String {
        let width = max(scale, decimals)
        var digits = String(significand.magnitude)
        digits += String(repeating: "0", count: width - scale)
        if digits.utf8.count <= width {
            digits = String(repeating: "0", count: width + 1 - digits.utf8.count) + digits
        }
        let sign = significand < 0 ? "-" : ""
        guard width > 0 else { return sign + digits }
        return sign + digits.dropLast(width) + "." + digits.suffix(width)
    }

    public var isNegative: Bool { significand < 0 }
    public var isZero: Bool { significand == 0 }
}
