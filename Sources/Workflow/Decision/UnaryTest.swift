package import JSON

/// A condition on one value, as decision tables write it (the unary tests of DMN, in small):
/// `-` (anything), `< 10`, `<= 10`, `> 10`, `>= 10`, `= x`, `!= x`, `[10..20]`, `[10..20)`, `not(…)`, several of these with
/// commas between (any of them), and a plain value that must be equal. A text can stand in double quotes.
/// JSON that is no text is compared as it is; a list means any of its elements.
package indirect enum UnaryTest: Sendable {
    case anything
    case equals(JSONValue)
    case compares(Comparison, JSONValue)
    case within(from: Bound, to: Bound)
    case not(UnaryTest)
    case anyOf([UnaryTest])

    package enum Comparison: String, Sendable { case less = "<", atMost = "<=", more = ">", atLeast = ">=" }

    package struct Bound: Sendable {
        var value: JSONValue
        var isIncluded: Bool
    }

    package func holds(_ value: JSONValue) -> Bool {
        switch self {
        case .anything: true
        case .equals(let expected): Self.order(value, expected) == 0
        case .compares(let comparison, let limit):
            switch (comparison, Self.order(value, limit)) {
            case (_, nil): false
            case (.less, let order?): order < 0
            case (.atMost, let order?): order <= 0
            case (.more, let order?): order > 0
            case (.atLeast, let order?): order >= 0
            }
        case .within(let from, let to):
            Self.holds(Self.order(value, from.value).map { -$0 }, from.isIncluded)
                && Self.holds(Self.order(value, to.value), to.isIncluded)
        case .not(let test): !test.holds(value)
        case .anyOf(let tests): tests.contains { $0.holds(value) }
        }
    }

    private static func holds(_ order: Int?, _ isIncluded: Bool) -> Bool {
        guard let order else { return false }
        return order < 0 || order == 0 && isIncluded
    }

    /// -1, 0 or 1; `nil` when the two cannot be compared. Numbers as numbers, texts by their code points (so that dates of
    /// the same form are compared as dates).
    private static func order(_ left: JSONValue, _ right: JSONValue) -> Int? {
        if let left = left.stringValue, let right = right.stringValue {
            return left == right ? 0 : left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars) ? -1 : 1
        }
        if let left = left.doubleValue, let right = right.doubleValue {
            return left < right ? -1 : left > right ? 1 : 0
        }
        return left == right ? 0 : nil
    }
}
