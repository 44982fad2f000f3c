import JSON

/// What a scalar means: the core schema of YAML 1.2.2, chapter 10.3.
enum CoreSchema {
    static let tagPrefix = "tag:yaml.org,2002:"

    static func resolve(
        _ text: String, isPlain: Bool, tag: String?, at location: SourceLocation
    ) throws(YAMLError) -> JSONValue {
        guard let tag else { return isPlain ? try plain(text, at: location) : .string(text) }
        if tag == "!" || tag == tagPrefix + "str" { return .string(text) }
        let resolved = try plain(text, at: location)
        let fits =
            switch resolved {
            case .null: tag == tagPrefix + "null"
            case .bool: tag == tagPrefix + "bool"
            case .number(let number): tag == tagPrefix + "float" || tag == tagPrefix + "int" && number.isInteger
            default: false
            }
        guard fits else { throw refusal(tag, at: location) }
        return resolved
    }

    static func requireTag(_ name: String, of event: YAMLEvent) throws(YAMLError) {
        guard let tag = event.tag, tag != "!", tag != tagPrefix + name else { return }
        throw refusal(tag, at: event.location)
    }

    private static func refusal(_ tag: String, at location: SourceLocation) -> YAMLError {
        YAMLError(.unsupportedTag, "the tag \(tag) is not supported here", at: location)
    }

    private static func plain(_ text: String, at location: SourceLocation) throws(YAMLError) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case ".nan", ".NaN", ".NAN": throw notANumber(text, at: location)
        default: break
        }
        guard let first = text.utf8.first, first <= UInt8(ascii: "9") else { return .string(text) }
        switch text.drop(while: { $0 == "+" || $0 == "-" }) {
        case ".inf", ".Inf", ".INF": throw notANumber(text, at: location)
        default: break
        }
        if let literal = jsonLiteral(text), let number = JSONNumber(literal: literal) { return .number(number) }
        return .string(text)
    }

    private static func notANumber(_ text: String, at location: SourceLocation) -> YAMLError {
        YAMLError(.unsupportedValue, "\(text) is not a number that can be stored: quote it if it is text", at: location)
    }

    /// The same number as JSON writes it, digits kept: `+1` → `1`, `.5` → `0.5`, `0x1F` → `31`; `nil` when it is none.
    private static func jsonLiteral(_ text: String) -> String? {
        if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16).map(String.init) }
        if text.hasPrefix("0o") { return UInt64(text.dropFirst(2), radix: 8).map(String.init) }
        var rest = text[...]
        var literal = ""
        if rest.first == "-" { literal = "-" }
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        let whole = takeDigits(&rest)
        var fraction: Substring?
        if rest.first == "." {
            rest.removeFirst()
            fraction = takeDigits(&rest)
        }
        guard !whole.isEmpty || fraction?.isEmpty == false else { return nil }
        let significant = whole.drop(while: { $0 == "0" })
        literal += significant.isEmpty ? "0" : significant
        if let fraction, !fraction.isEmpty { literal += "." + fraction }
        guard rest.first == "e" || rest.first == "E" else { return rest.isEmpty ? literal : nil }
        rest.removeFirst()
        literal += "e"
        if rest.first == "-" { literal += "-" }
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        let exponent = takeDigits(&rest)
        guard !exponent.isEmpty, rest.isEmpty else { return nil }
        return literal + exponent
    }

    private static func takeDigits(_ text: inout Substring) -> Substring {
        let digits = text.prefix(while: { ("0"..."9").contains($0) })
        text = text[digits.endIndex...]
        return digits
    }
}
