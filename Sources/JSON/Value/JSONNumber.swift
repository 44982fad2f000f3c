/// A JSON number that keeps its literal exactly, whatever its size: `0.10` stays `0.10`, and a 40-digit integer is not
/// rounded. Comparison is by exact decimal value: `1`, `1.0` and `10e-1` are equal.
///
/// Most numbers fit in `bits` alone; a literal that neither an `Int64` nor the shortest form of a double can give back
/// is kept as text, with its nearest double beside it.
public struct JSONNumber: Sendable {
    @usableFromInline
    enum Kind: Sendable {
        case integer
        case double
        case literal(Literal)
    }

    @usableFromInline
    final class Literal: Sendable {
        let text: String
        init(_ text: String) { self.text = text }
    }

    @usableFromInline let bits: UInt64
    @usableFromInline let kind: Kind

    @inlinable
    init(bits: UInt64, kind: Kind) {
        self.bits = bits
        self.kind = kind
    }

    /// A whole number.
    @inlinable public init(_ value: Int) { self.init(Int64(value)) }

    /// A whole number.
    @inlinable public init(_ value: Int64) {
        self.init(bits: UInt64(bitPattern: value), kind: .integer)
    }

    /// A whole number below 2^53 is written without a fraction (`3`, not `3.0`).
    ///
    /// JSON has no infinity and no NaN: such a number can be computed with, but it is written as the largest finite
    /// double or as `null`, the way jq does it.
    @inlinable public init(_ value: Double) {
        if value.magnitude < 9_007_199_254_740_992, let whole = Self.wholeNumber(value),
            value.sign == .plus || whole != 0
        {
            self.init(whole)
        } else {
            self.init(exactly: value)
        }
    }

    /// A double whose literal is its shortest description, so `1.0` is written as `1.0`.
    @inlinable init(exactly value: Double) {
        self.init(bits: value.bitPattern, kind: .double)
    }

    /// The number that this JSON literal denotes; nil when it is not a JSON number.
    public init?(literal: String) {
        var copy = literal
        let parsed = copy.withUTF8 { units -> JSONNumber? in
            guard let start = units.baseAddress else { return nil }
            var scanner = NumberScanner(at: start, end: start + units.count)
            guard let number = scanner.scan(), scanner.cursor == start + units.count else { return nil }
            return number
        }
        guard let parsed else { return nil }
        self = parsed
    }

    /// The whole number that a double is; nil when it has a fraction or does not fit. `Int64(exactly:)` would need the
    /// C library's mathematics, which a package that uses this one without Foundation may not link.
    @inlinable static func wholeNumber(_ value: Double) -> Int64? {
        guard value >= -0x1p63, value < 0x1p63 else { return nil }
        let whole = Int64(value)
        return Double(whole) == value ? whole : nil
    }

    /// The exact value when it is a whole number that fits.
    @inlinable public var int64: Int64? {
        switch kind {
        case .integer: Int64(bitPattern: bits)
        case .double: Self.wholeNumber(Double(bitPattern: bits))
        case .literal: exactInt64OfLiteral
        }
    }

    /// The nearest double; infinite when the number is beyond the range of doubles.
    @inlinable public var double: Double {
        switch kind {
        case .integer: Double(Int64(bitPattern: bits))
        case .double, .literal: Double(bitPattern: bits)
        }
    }

    /// How the number is written.
    public var literal: String {
        switch kind {
        case .integer: return Int64(bitPattern: bits).description
        case .literal(let literal): return literal.text
        case .double:
            let value = Double(bitPattern: bits)
            if value.isFinite { return value == 0 && value.sign == .minus ? "-0" : value.description }
            if value.isNaN { return "null" }
            return value < 0 ? "-1.7976931348623157e+308" : "1.7976931348623157e+308"
        }
    }

    /// Whether the exact value has no fraction (`1.0` and `1e2` have none).
    public var isInteger: Bool {
        switch kind {
        case .integer: return true
        case .double:
            let value = Double(bitPattern: bits)
            // Beyond 2^53 no double has a fraction.
            return value.isFinite && (value.magnitude >= 9_007_199_254_740_992 || Self.wholeNumber(value) != nil)
        case .literal: return ExactDecimal(self).isInteger
        }
    }

    @usableFromInline var exactInt64OfLiteral: Int64? { ExactDecimal(self).int64 }
}

extension JSONNumber: CustomStringConvertible {
    public var description: String { literal }
}
