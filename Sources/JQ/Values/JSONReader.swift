import JSON

/// `fromjson` and `tonumber`: JSON with jq's additions (`nan`, numbers like `.5` and `+1`).
enum JSONReader {
    static let maximumDepth = 10_000

    static func parse(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        guard case .string(let text) = value else {
            throw .message("\(ErrorText.full(value)) only strings can be parsed")
        }
        // What is parsed takes up to eight times the room of its text, as in [1,1,1…
        try meter.charge(steps: text.utf8.count >> 2)
        try meter.charge(bytes: text.utf8.count * 8)
        var limits = JSONLimits.default
        limits.maximumBytes = max(text.utf8.count, 1)
        limits.maximumDepth = min(maximumDepth, meter.nesting)
        do {
            return try JSONValue(parsing: text, limits: limits)
        } catch {
            if let special = special(text) { return special }
            throw .message("\(problem(error, in: text)) (while parsing '\(text)')")
        }
    }

    private static func special(_ text: String) -> JSONValue? {
        let trimmed = Trim.both(text)
        switch trimmed {
        case "": return .null
        case "nan", "NaN", "-nan", "-NaN": return JSONValue(Double.nan)
        default: return nil
        }
    }

    /// What is wrong, and where, in jq's words where programs may look for them.
    private static func problem(_ error: JSONParseError, in text: String) -> String {
        let bytes = Array(text.utf8)
        switch error.code {
        case .tooDeep: return "Exceeds depth limit for parsing at line \(error.line), column \(error.column)"
        case .unexpectedEnd: return "Unfinished JSON term at EOF at line \(error.line), column \(error.column - 1)"
        case .unexpectedCharacter, .invalidNumber:
            var end = min(error.offset, bytes.count)
            while end > 0, !isDelimiter(bytes[end - 1]) { end -= 1 }
            let start = end
            while end < bytes.count, !isDelimiter(bytes[end]) { end += 1 }
            if start == end { break }
            let column = error.column + bytes[min(error.offset, end)..<end].filter { $0 & 0xC0 != 0x80 }.count
            let place =
                end == bytes.count
                ? "at EOF at line \(error.line), column \(column - 1)"
                : "at line \(error.line), column \(column)"
            return bytes[start] == UInt8(ascii: "'")
                ? "Invalid string literal; expected \", but got ' \(place)" : "Invalid numeric literal \(place)"
        default: break
        }
        return "\(error.reason.dropLast()) at line \(error.line), column \(error.column)"
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        byte <= 0x20 || "[]{},:\"".utf8.contains(byte)
    }

    /// A JSON number, or one that lacks digits before or after its point, with an optional sign; nothing around it.
    static func number(_ text: String) -> JSONNumber? {
        if let number = JSONNumber(literal: text) { return Parser.bounded(number) }
        var bytes = Array(text.utf8)
        var isNegative = false
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        let word = String(decoding: bytes, as: UTF8.self)
        if word == "nan" { return JSONNumber(Double.nan) }
        guard isNumeric(bytes) else { return nil }
        let number = Parser.number(word)
        return isNegative ? Arithmetic.negate(number) : number
    }

    /// `digits [. digits] [e [sign] digits]` with at least one digit before the exponent.
    private static func isNumeric(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        func digits() -> Int {
            let count = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
            rest = rest.dropFirst(count)
            return count
        }
        var count = digits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            count += digits()
        }
        if count == 0 { return false }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }
}
