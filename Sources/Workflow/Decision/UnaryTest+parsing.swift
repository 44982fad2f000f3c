package import JSON
import Primitives

extension UnaryTest {
    package static let maximumBytes = 1_000
    private static let maximumDepth = 8

    /// - Throws: a sentence about what is wrong.
    package init(json: JSONValue) throws(Mistake) {
        switch json {
        case .string(let text): self = try Self.parse(text)
        case .array(let values):
            var tests: [UnaryTest] = []
            for value in values {
                guard value.arrayValue == nil else { throw Mistake("A list in a list means nothing.") }
                tests.append(try UnaryTest(json: value))
            }
            self = .anyOf(tests)
        case .object: throw Mistake("Write a condition like \"< 10\", a value, or a list of values.")
        default: self = .equals(json)
        }
    }

    package struct Mistake: Error, Sendable, Hashable {
        package var message: String
        init(_ message: String) { self.message = message }
    }

    private static func parse(_ text: String, depth: Int = 0) throws(Mistake) -> UnaryTest {
        guard text.utf8.count <= maximumBytes, depth <= maximumDepth else {
            throw Mistake("The condition is too long or nested too deep.")
        }
        let parts = try split(Array(text))
        if parts.count > 1 {
            var tests: [UnaryTest] = []
            for part in parts { tests.append(try parse(String(part), depth: depth + 1)) }
            return .anyOf(tests)
        }
        let trimmed = text.trimmed[...]
        if trimmed.isEmpty { throw Mistake("The condition is empty; write - for anything.") }
        if trimmed == "-" { return .anything }
        if trimmed.hasPrefix("not("), trimmed.hasSuffix(")") {
            return .not(try parse(String(trimmed.dropFirst(4).dropLast()), depth: depth + 1))
        }
        for comparison in [Comparison.atMost, .atLeast, .less, .more] where trimmed.hasPrefix(comparison.rawValue) {
            return .compares(comparison, try value(trimmed.dropFirst(comparison.rawValue.count)))
        }
        if trimmed.hasPrefix("!=") { return .not(.equals(try value(trimmed.dropFirst(2)))) }
        if trimmed.hasPrefix("=") { return .equals(try value(trimmed.dropFirst())) }
        if let interval = try interval(trimmed) { return interval }
        return .equals(try value(trimmed))
    }

    /// At the commas that stand outside of quotes and parentheses.
    private static func split(_ text: [Character]) throws(Mistake) -> [ArraySlice<Character>] {
        var parts: [ArraySlice<Character>] = []
        var start = 0
        var depth = 0
        var isQuoted = false
        var index = 0
        while index < text.count {
            switch text[index] {
            case "\\" where isQuoted: index += 1
            case "\"": isQuoted.toggle()
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted: depth -= 1
            case "," where !isQuoted && depth <= 0:
                parts.append(text[start..<index])
                start = index + 1
            default: break
            }
            index += 1
        }
        if isQuoted { throw Mistake("A quote is not closed.") }
        return parts + [text[min(start, text.count)...]]
    }

    /// `[1..5]`, `(1..5)`, `[1..5)`; `nil` for what has not this form.
    private static func interval(_ text: Substring) throws(Mistake) -> UnaryTest? {
        guard let open = text.first, let close = text.last, "[(".contains(open), "])".contains(close),
            let dots = text.firstRange(of: "..")
        else { return nil }
        let from = try value(text[text.index(after: text.startIndex)..<dots.lowerBound])
        let to = try value(text[dots.upperBound..<text.index(before: text.endIndex)])
        guard from.kind == to.kind else { throw Mistake("The two ends of \(text) are of different kinds.") }
        return .within(
            from: Bound(value: from, isIncluded: open == "["), to: Bound(value: to, isIncluded: close == "]"))
    }

    /// JSON where it is (numbers, true, false, null, quoted texts); anything else is a text as it stands.
    private static func value(_ text: Substring) throws(Mistake) -> JSONValue {
        let text = text.trimmed[...]
        guard !text.isEmpty else { throw Mistake("A value is missing.") }
        guard let parsed = try? JSONValue(parsing: Array(text.utf8)), parsed.objectValue == nil,
            parsed.arrayValue == nil
        else {
            if text.hasPrefix("\"") { throw Mistake("\(text) is not a text in quotes.") }
            return .string(String(text))
        }
        return parsed
    }
}

extension JSONValue {
    fileprivate var kind: Int {
        if doubleValue != nil { return 1 }
        if stringValue != nil { return 2 }
        return 0
    }
}
