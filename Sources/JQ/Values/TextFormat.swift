import JSON

/// `@text`, `@json` and the other formats.
enum TextFormat: UInt8, Sendable, CaseIterable {
    case text, json, csv, tsv, html, uri, urid, sh, base64, base64d, base32, base32d

    init?(name: String) {
        guard let found = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
        self = found
    }

    func apply(to value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        switch self {
        case .text: return .string(try Self.plain(value, &meter))
        case .json: return .string(try ValueText.text(value, &meter))
        case .csv: return .string(try row(value, separator: ",", &meter))
        case .tsv: return .string(try row(value, separator: "\t", &meter))
        case .html: return .string(try escaped(try Self.plain(value, &meter), Self.htmlEscape, &meter))
        case .sh: return .string(try shell(value, &meter))
        case .uri: return .string(Percent.encode(try charged(value, 3, &meter)))
        case .urid:
            let text = try charged(value, 1, &meter)
            guard let decoded = Percent.decode(text) else {
                throw .message("\(ErrorText.full(.string(text))) is not a valid uri encoding")
            }
            return .string(decoded)
        case .base64: return .string(Base64.encode(try charged(value, 2, &meter)))
        case .base64d: return .string(try Base64.decode(try charged(value, 1, &meter)))
        case .base32: return .string(Base32.encode(try charged(value, 2, &meter)))
        case .base32d: return .string(try Base32.decode(try charged(value, 1, &meter)))
        }
    }

    /// A string as it is, anything else as JSON.
    static func plain(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> String {
        if case .string(let text) = value { return text }
        return try ValueText.text(value, &meter)
    }

    private func charged(_ value: JSONValue, _ growth: Int, _ meter: inout Meter) throws(Fault) -> String {
        let text = try Self.plain(value, &meter)
        if text.utf8.count * growth > meter.memoryBytes { throw .exhausted(.memory) }
        try meter.charge(text: text.utf8.count * growth)
        return text
    }

    private func escaped(
        _ text: String, _ escape: (UInt8) -> String?, _ meter: inout Meter
    ) throws(Fault) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if let replacement = escape(byte) {
                bytes.append(contentsOf: replacement.utf8)
            } else {
                bytes.append(byte)
            }
        }
        try meter.charge(text: bytes.count)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func htmlEscape(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "'"): "&apos;"
        case UInt8(ascii: "\""): "&quot;"
        default: nil
        }
    }

    private static func tabEscape(_ byte: UInt8) -> String? {
        switch byte {
        case 0x09: "\\t"
        case 0x0D: "\\r"
        case 0x0A: "\\n"
        case UInt8(ascii: "\\"): "\\\\"
        default: nil
        }
    }

    private func row(_ value: JSONValue, separator: String, _ meter: inout Meter) throws(Fault) -> String {
        guard case .array(let cells) = value else {
            throw .message("\(ErrorText.full(value)) cannot be \(self)-formatted, only array")
        }
        var line = ""
        for (position, cell) in cells.enumerated() {
            if position > 0 { line += separator }
            switch cell {
            case .null: break
            case .bool(let flag): line += flag ? "true" : "false"
            case .number(let number): line += number.double.isNaN ? "" : NumberText.text(number)
            case .string(let text) where self == .csv:
                line += "\"" + (try escaped(text, { $0 == UInt8(ascii: "\"") ? "\"\"" : nil }, &meter)) + "\""
            case .string(let text): line += try escaped(text, Self.tabEscape, &meter)
            default: throw .message("\(ErrorText.full(cell)) is not valid in a csv row")
            }
            if line.utf8.count > meter.memoryBytes { throw .exhausted(.memory) }
        }
        try meter.charge(steps: cells.count)
        try meter.charge(text: line.utf8.count)
        return line
    }

    private func shell(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> String {
        var words: [JSONValue] = [value]
        if case .array(let elements) = value { words = elements }
        var line = ""
        for (position, word) in words.enumerated() {
            if position > 0 { line += " " }
            switch word {
            case .string(let text):
                line += "'" + (try escaped(text, { $0 == UInt8(ascii: "'") ? "'\\''" : nil }, &meter)) + "'"
            case .array, .object: throw .message("\(ErrorText.full(word)) can not be escaped for shell")
            default: line += try ValueText.text(word, &meter)
            }
            if line.utf8.count > meter.memoryBytes { throw .exhausted(.memory) }
        }
        try meter.charge(steps: words.count)
        try meter.charge(text: line.utf8.count)
        return line
    }
}

/// Percent-encoding of RFC 3986.
enum Percent {
    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Nil when a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    static func decode(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(value), let low = iterator.next().flatMap(value) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
