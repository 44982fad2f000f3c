import JSON

/// A duration that is known, or that an expression gives as ISO 8601 text.
enum DurationTemplate: Sendable {
    case seconds(Double)
    case expression(RuntimeExpression)
}

/// ISO 8601 durations, as far as the specification's pattern has them.
enum ISODuration {
    /// A run cannot wait longer than this: about a hundred years.
    static let maximumSeconds = 3_155_760_000.0

    /// Seconds of `P[nY][nM][nW][nD][T[nH][nM][nS]]`, each with or without a fraction; `nil` for anything else.
    /// A year is taken as 365 days and a month as 30, because a duration has no calendar.
    static func seconds(_ text: String) -> Double? {
        var bytes = Substring(text)
        guard bytes.popFirst() == "P", !bytes.isEmpty else { return nil }
        let parts = bytes.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = sum(parts[0], [("Y", 31_536_000), ("M", 2_592_000), ("W", 604_800), ("D", 86_400)]) else {
            return nil
        }
        guard parts.count == 2 else { return bounded(date) }
        guard !parts[1].isEmpty, let time = sum(parts[1], [("H", 3600), ("M", 60), ("S", 1)]) else { return nil }
        return bounded(date + time)
    }

    private static func bounded(_ seconds: Double) -> Double? { seconds <= maximumSeconds ? seconds : nil }

    private static func sum(_ text: Substring, _ units: [(Character, Double)]) -> Double? {
        var rest = text
        var total = 0.0
        var units = units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isWholeNumber || $0 == ".") }
            guard let first = digits.first, first != ".", digits.last != ".", let amount = Double(digits) else {
                return nil
            }
            rest = rest.dropFirst(digits.count)
            guard let letter = rest.popFirst(), let at = units.firstIndex(where: { $0.0 == letter }) else { return nil }
            total += amount * units[at].1
            units = units[(at + 1)...]
        }
        return total
    }
}
