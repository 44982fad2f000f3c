/// What an escape stands for: one character, or a set of them in Oniguruma's form (usable inside and outside of a class).
enum PatternEscape {
    case character(Unicode.Scalar)
    case set(String)

    static let word = "[0-9A-Z_a-z]"
    private static let space =
        "\\t\\n\\x{b}\\f\\r\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"

    /// How it is written inside a class.
    var text: String {
        switch self {
        case .character(let scalar): Self.literal(scalar)
        case .set(let set): set
        }
    }

    /// A character that means only itself, inside a class as well as outside.
    static func literal(_ scalar: Unicode.Scalar) -> String {
        let isPlain = scalar.value >= 0x80 || (scalar.value | 0x20) &- 0x61 < 26 || scalar.value &- 0x30 < 10
        return isPlain ? String(Character(scalar)) : "\\x{\(String(scalar.value, radix: 16))}"
    }

    /// Reads what follows a backslash.
    static func read(_ input: inout ArraySlice<Unicode.Scalar>) throws(PatternError) -> PatternEscape {
        guard let letter = input.popFirst() else { throw PatternError(reason: "it ends in a “\\”") }
        switch letter {
        case "d": return .set("[0-9]")
        case "D": return .set("[^0-9]")
        case "w": return .set(word)
        case "W": return .set("[^0-9A-Z_a-z]")
        case "s": return .set("[\(space)]")
        case "S": return .set("[^\(space)]")
        case "p", "P": return .set(try property(&input, isNegated: letter == "P"))
        case "t": return .character("\t")
        case "n": return .character("\n")
        case "v": return .character("\u{B}")
        case "f": return .character("\u{C}")
        case "r": return .character("\r")
        case "0":
            if let next = input.first, next.value &- 0x30 < 10 { break }
            return .character("\0")
        case "c":
            guard let control = input.popFirst(), control.isASCII, control.properties.isAlphabetic else { break }
            return .character(Unicode.Scalar(UInt8(control.value & 31)))
        case "x":
            if let value = hexadecimal(&input, digits: 2), let scalar = Unicode.Scalar(value) {
                return .character(scalar)
            }
        case "u": return .character(try unicode(&input))
        default:
            let isWordLike = letter.properties.isAlphabetic || letter.value &- 0x30 < 10 || letter == "_"
            if !isWordLike { return .character(letter) }
        }
        throw PatternError(reason: "“\\\(letter)” is not an escape that ECMA-262 knows")
    }

    private static func unicode(_ input: inout ArraySlice<Unicode.Scalar>) throws(PatternError) -> Unicode.Scalar {
        if input.first == "{" {
            let digits = input.dropFirst().prefix { $0 != "}" }
            input.removeFirst(min(digits.count + 2, input.count))
            let text = String(String.UnicodeScalarView(digits))
            if let value = UInt32(text, radix: 16), text.first != "+", let scalar = Unicode.Scalar(value) {
                return scalar
            }
        } else if let unit = hexadecimal(&input, digits: 4) {
            if let scalar = Unicode.Scalar(unit) { return scalar }
            var rest = input
            if unit < 0xDC00, rest.popFirst() == "\\", rest.popFirst() == "u",
                let low = hexadecimal(&rest, digits: 4), low & 0xFC00 == 0xDC00,
                let scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF)
            {
                input = rest
                return scalar
            }
        }
        throw PatternError(reason: "a “\\u” does not name a character")
    }

    private static func hexadecimal(_ input: inout ArraySlice<Unicode.Scalar>, digits: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let next = input.popFirst(), next.isASCII, let digit = hexDigit(UInt8(next.value)) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Reads the braces of `\p{Letter}`, `\p{Script=Greek}` or the like. Oniguruma knows values by their bare name.
    private static func property(
        _ input: inout ArraySlice<Unicode.Scalar>, isNegated: Bool
    ) throws(PatternError) -> String {
        guard input.popFirst() == "{" else { throw PatternError(reason: "“\\p” is not followed by “{”") }
        let content = input.prefix { $0 != "}" }
        input.removeFirst(min(content.count + 1, input.count))
        let text = String(String.UnicodeScalarView(content))
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        let kinds = ["General_Category", "gc", "Script", "sc", "Script_Extensions", "scx"]
        let isKnownKind = parts.count == 1 || (parts.count == 2 && kinds.contains(String(parts[0])))
        let name = parts.last ?? ""
        let isName =
            !name.isEmpty
            && name.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || $0.value &- 0x30 < 10 || $0 == "_")
            }
        guard isKnownKind, isName else { throw PatternError(reason: "“\\p{\(text)}” is not a property") }
        return (isNegated ? "\\P{" : "\\p{") + name + "}"
    }
}
