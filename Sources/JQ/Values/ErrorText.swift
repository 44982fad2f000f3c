import JSON

/// How values appear in error messages: shortened, as jq shortens them.
enum ErrorText {
    private static let limitBytes = 29

    /// `string ("abc")`
    static func full(_ value: JSONValue) -> String {
        if case .null = value { return "null (null)" }
        return "\(value.typeName) (\(short(value)))"
    }

    /// The value's text, cut after 29 bytes with `...` and its closing mark.
    static func short(_ value: JSONValue) -> String {
        var writer = ValueText(limitBytes: limitBytes * 4)
        if case .string(let text) = value, text.utf8.count > limitBytes + 1 {
            writer.write(.string(String(text.unicodeScalars.prefix(limitBytes + 1))))
        } else {
            writer.write(value)
        }
        let bytes = writer.bytes
        guard bytes.count > limitBytes else { return String(decoding: bytes, as: UTF8.self) }
        let closing: String
        switch bytes[0] {
        case UInt8(ascii: "\""): closing = "\""
        case UInt8(ascii: "["): closing = "]"
        case UInt8(ascii: "{"): closing = "}"
        default: closing = ""
        }
        var end = limitBytes + 1 - (closing.isEmpty ? 4 : 5)
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self) + "..." + closing
    }
}
