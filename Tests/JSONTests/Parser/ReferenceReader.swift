/// Decides, slowly and by the letter of RFC 8259, whether bytes are a JSON text: a judge for the fast parser that shares
/// nothing with it. Beyond the grammar it asks for UTF-8, paired surrogates and a depth within the limit.
struct ReferenceReader {
    private let text: [Character]
    private var place = 0
    private let maximumDepth: Int

    static func accepts(_ bytes: [UInt8], maximumDepth: Int) -> Bool {
        guard let string = String(validating: bytes, as: UTF8.self) else { return false }
        // One scalar a character, so that nothing is composed.
        var reader = ReferenceReader(text: string.unicodeScalars.map { Character($0) }, maximumDepth: maximumDepth)
        reader.space()
        guard reader.value(depth: 0) else { return false }
        reader.space()
        return reader.place == reader.text.count
    }

    private init(text: [Character], maximumDepth: Int) {
        self.text = text
        self.maximumDepth = maximumDepth
    }

    private var next: Character? { place < text.count ? text[place] : nil }

    private mutating func take(_ characters: String) -> Bool {
        for character in characters {
            guard next == character else { return false }
            place += 1
        }
        return true
    }

    private mutating func space() {
        while let character = next, " \t\n\r".unicodeScalars.contains(character.unicodeScalars.first!) { place += 1 }
    }

    private mutating func value(depth: Int) -> Bool {
        switch next {
        case "n": return take("null")
        case "t": return take("true")
        case "f": return take("false")
        case "\"": return string()
        case "[": return depth < maximumDepth && sequence("[", "]", depth: depth) { $0.value(depth: depth + 1) }
        case "{":
            return depth < maximumDepth
                && sequence("{", "}", depth: depth) { reader in
                    guard reader.string() else { return false }
                    reader.space()
                    guard reader.take(":") else { return false }
                    reader.space()
                    return reader.value(depth: depth + 1)
                }
        default: return number()
        }
    }

    private mutating func sequence(
        _ open: String, _ close: String, depth: Int, _ part: (inout ReferenceReader) -> Bool
    ) -> Bool {
        guard take(open) else { return false }
        space()
        if take(close) { return true }
        while true {
            space()
            guard part(&self) else { return false }
            space()
            if take(close) { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func digits() -> Int {
        let start = place
        while let character = next, ("0"..."9").contains(character) { place += 1 }
        return place - start
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if next == "0" { place += 1 } else if digits() == 0 { return false }
        if next == "." {
            place += 1
            if digits() == 0 { return false }
        }
        if next == "e" || next == "E" {
            place += 1
            if next == "+" || next == "-" { place += 1 }
            if digits() == 0 { return false }
        }
        return true
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let character = next {
            place += 1
            if character == "\"" { return true }
            if character.unicodeScalars.first!.value < 0x20 { return false }
            if character == "\\", !escape() { return false }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard let letter = next else { return false }
        place += 1
        if letter != "u" { return "\"\\/bfnrt".contains(letter) }
        guard let unit = hexadecimal() else { return false }
        if 0xDC00...0xDFFF ~= unit { return false }
        if 0xD800...0xDBFF ~= unit {
            guard take("\\u"), let low = hexadecimal() else { return false }
            return 0xDC00...0xDFFF ~= low
        }
        return true
    }

    private mutating func hexadecimal() -> Int? {
        guard place + 4 <= text.count else { return nil }
        let digits = text[place..<place + 4]
        guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        place += 4
        return Int(String(digits), radix: 16)
    }
}
