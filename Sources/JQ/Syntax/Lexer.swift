/// Cuts a program into tokens. Strings become several tokens, with the tokens of their interpolations between them.
struct Lexer {
    private enum Bracket { case parenthesis, bracket, brace, interpolation }

    private let bytes: [UInt8]
    private var position = 0
    private var tokens: [Token] = []
    /// What is open, with the place where it was opened.
    private var open: [(bracket: Bracket, at: Int)] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        tokens.reserveCapacity(bytes.count / 3 + 4)
    }

    mutating func tokenize() throws(SyntaxError) -> [Token] {
        while true {
            skipBlanks()
            guard position < bytes.count else { break }
            try lexToken()
        }
        if let unclosed = open.last {
            throw SyntaxError(
                span: Span(unclosed.at, unclosed.at + 1),
                message: "this \(name(unclosed.bracket, opening: true)) is never closed: expected "
                    + "\(name(unclosed.bracket, opening: false)) before the end of the program")
        }
        tokens.append(Token(kind: .end, span: Span(bytes.count, bytes.count)))
        return tokens
    }

    // MARK: - Characters

    private func peek(_ distance: Int = 0) -> UInt8 {
        let index = position + distance
        return index < bytes.count ? bytes[index] : 0
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case UInt8(ascii: "#"): skipComment()
            default: return
            }
        }
    }

    /// A comment ends at the end of the line, unless an odd number of backslashes stands before it.
    private mutating func skipComment() {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\n") || (byte == 0x0D && peek(1) == UInt8(ascii: "\n")) { return }
            position += 1
            if byte == UInt8(ascii: "\\") {
                if peek() == UInt8(ascii: "\\") || peek() == UInt8(ascii: "\n") {
                    position += 1
                } else if peek() == 0x0D && peek(1) == UInt8(ascii: "\n") {
                    position += 2
                }
            }
        }
    }

    private mutating func emit(_ kind: Token.Kind, from start: Int) {
        tokens.append(Token(kind: kind, span: Span(start, position)))
    }

    private mutating func emit(_ symbol: Symbol, length: Int) {
        position += length
        tokens.append(Token(kind: .symbol(symbol), span: Span(position - length, position)))
    }

    private func text(_ start: Int, _ end: Int) -> String {
        String(decoding: bytes[start..<end], as: UTF8.self)
    }

    // MARK: - Tokens

    private mutating func lexToken() throws(SyntaxError) {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            lexWord()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): lexNumber()
        case UInt8(ascii: "."): lexDot()
        case UInt8(ascii: "$"): lexVariable()
        case UInt8(ascii: "@"): try lexFormat()
        case UInt8(ascii: "\""):
            position += 1
            emit(.stringStart, from: position - 1)
            try lexStringBody(openedAt: position - 1)
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): lexOpening(byte)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): try lexClosing(byte)
        default: try lexOperator(byte)
        }
    }

    private static func isWordStart(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
    }

    private static func isWordPart(_ byte: UInt8) -> Bool {
        isWordStart(byte) || isDigit(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// Moves over a name, with its `module::` parts where they are allowed.
    private mutating func scanName(qualified: Bool) {
        while true {
            while Self.isWordPart(peek()) { position += 1 }
            guard qualified, peek() == UInt8(ascii: ":"), peek(1) == UInt8(ascii: ":"), Self.isWordStart(peek(2))
            else { return }
            position += 2
        }
    }

    private mutating func lexWord() {
        let start = position
        scanName(qualified: true)
        let name = text(start, position)
        if let keyword = Keyword.byName[name] {
            emit(.keyword(keyword), from: start)
        } else {
            emit(.identifier(name), from: start)
        }
    }

    private mutating func lexVariable() {
        let start = position
        position += 1
        guard Self.isWordStart(peek()) else {
            emit(.symbol(.dollar), from: start)
            return
        }
        scanName(qualified: true)
        let name = text(start + 1, position)
        emit(name == "__loc__" ? .location : .variable(name), from: start)
    }

    private mutating func lexDot() {
        let start = position
        if Self.isDigit(peek(1)) { return lexNumber() }
        if Self.isWordStart(peek(1)) {
            position += 1
            scanName(qualified: false)
            return emit(.field(text(start + 1, position)), from: start)
        }
        if peek(1) == UInt8(ascii: ".") { return emit(.recurse, length: 2) }
        emit(.dot, length: 1)
    }

    private mutating func lexNumber() {
        let start = position
        while Self.isDigit(peek()) { position += 1 }
        if peek() == UInt8(ascii: ".") {
            position += 1
            while Self.isDigit(peek()) { position += 1 }
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            let signed = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
            if Self.isDigit(peek(signed ? 2 : 1)) {
                position += signed ? 2 : 1
                while Self.isDigit(peek()) { position += 1 }
            }
        }
        emit(.number(text(start, position)), from: start)
    }

    private mutating func lexFormat() throws(SyntaxError) {
        let start = position
        position += 1
        while Self.isWordPart(peek()) { position += 1 }
        guard position > start + 1 else {
            throw SyntaxError(
                span: Span(start, position), message: "expected the name of a format after '@', such as @json or @csv")
        }
        emit(.format(text(start + 1, position)), from: start)
    }

    private mutating func lexOpening(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "("):
            open.append((.parenthesis, position))
            emit(.openParenthesis, length: 1)
        case UInt8(ascii: "["):
            open.append((.bracket, position))
            emit(.openBracket, length: 1)
        default:
            open.append((.brace, position))
            emit(.openBrace, length: 1)
        }
    }

    private mutating func lexClosing(_ byte: UInt8) throws(SyntaxError) {
        let found = Character(UnicodeScalar(byte))
        guard let last = open.last else {
            throw SyntaxError(span: Span(position, position + 1), message: "'\(found)' closes nothing that is open")
        }
        let start = position
        switch (byte, last.bracket) {
        case (UInt8(ascii: ")"), .parenthesis): emit(.closeParenthesis, length: 1)
        case (UInt8(ascii: "]"), .bracket): emit(.closeBracket, length: 1)
        case (UInt8(ascii: "}"), .brace): emit(.closeBrace, length: 1)
        case (UInt8(ascii: ")"), .interpolation):
            position += 1
            emit(.interpolationEnd, from: start)
            open.removeLast()
            return try lexStringBody(openedAt: last.at)
        default:
            throw SyntaxError(
                span: Span(position, position + 1),
                message: "expected \(name(last.bracket, opening: false)), found '\(found)'")
        }
        open.removeLast()
    }

    private func name(_ bracket: Bracket, opening: Bool) -> String {
        switch bracket {
        case .parenthesis: opening ? "'('" : "')'"
        case .bracket: opening ? "'['" : "']'"
        case .brace: opening ? "'{'" : "'}'"
        case .interpolation: opening ? "string" : "')' and the closing '\"'"
        }
    }

    private mutating func lexOperator(_ byte: UInt8) throws(SyntaxError) {
        let next = peek(1)
        let assigns = next == UInt8(ascii: "=")
        switch byte {
        case UInt8(ascii: "|"): assigns ? emit(.update, length: 2) : emit(.pipe, length: 1)
        case UInt8(ascii: ","): emit(.comma, length: 1)
        case UInt8(ascii: ";"): emit(.semicolon, length: 1)
        case UInt8(ascii: ":"): emit(.colon, length: 1)
        case UInt8(ascii: "+"): assigns ? emit(.updatePlus, length: 2) : emit(.plus, length: 1)
        case UInt8(ascii: "-"): assigns ? emit(.updateMinus, length: 2) : emit(.minus, length: 1)
        case UInt8(ascii: "*"): assigns ? emit(.updateTimes, length: 2) : emit(.times, length: 1)
        case UInt8(ascii: "%"): assigns ? emit(.updateRemainder, length: 2) : emit(.remainder, length: 1)
        case UInt8(ascii: "<"): assigns ? emit(.lessOrEqual, length: 2) : emit(.less, length: 1)
        case UInt8(ascii: ">"): assigns ? emit(.greaterOrEqual, length: 2) : emit(.greater, length: 1)
        case UInt8(ascii: "="): assigns ? emit(.equal, length: 2) : emit(.assign, length: 1)
        case UInt8(ascii: "/"):
            if next == UInt8(ascii: "/") {
                peek(2) == UInt8(ascii: "=") ? emit(.updateAlternative, length: 3) : emit(.alternative, length: 2)
            } else {
                assigns ? emit(.updateDivide, length: 2) : emit(.divide, length: 1)
            }
        case UInt8(ascii: "?"):
            let alternation = next == UInt8(ascii: "/") && peek(2) == UInt8(ascii: "/")
            alternation ? emit(.alternation, length: 3) : emit(.question, length: 1)
        case UInt8(ascii: "!") where assigns: emit(.notEqual, length: 2)
        default: throw unexpectedCharacter()
        }
    }

    private func unexpectedCharacter() -> SyntaxError {
        let rest = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
        let character = rest.unicodeScalars.first.map { String($0) } ?? "?"
        return SyntaxError(
            span: Span(position, position + 1),
            message: "unexpected character '\(character)'" + Hint.unexpected(character))
    }

    // MARK: - Strings

    /// From after the opening quote, or after an interpolation, to the closing quote or the next interpolation.
    private mutating func lexStringBody(openedAt: Int) throws(SyntaxError) {
        var buffer: [UInt8] = []
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                flush(&buffer, from: start)
                position += 1
                return emit(.stringEnd, from: position - 1)
            }
            guard byte == UInt8(ascii: "\\") else {
                buffer.append(byte)
                position += 1
                continue
            }
            if peek(1) == UInt8(ascii: "(") {
                flush(&buffer, from: start)
                position += 2
                open.append((.interpolation, openedAt))
                return emit(.interpolationStart, from: position - 2)
            }
            try lexEscape(into: &buffer)
        }
        // A quote inside of an interpolation that was never closed looks like the start of another string.
        if let outer = open.last, outer.bracket == .interpolation {
            throw SyntaxError(
                span: Span(outer.at, outer.at + 1),
                message: "the '\\(' in this string is never closed: expected ')' before the end of the string")
        }
        throw SyntaxError(
            span: Span(openedAt, openedAt + 1),
            message: "this string is never closed: expected '\"' before the end of the program")
    }

    private mutating func flush(_ buffer: inout [UInt8], from start: Int) {
        guard !buffer.isEmpty else { return }
        emit(.stringText(String(decoding: buffer, as: UTF8.self)), from: start)
    }

    private mutating func lexEscape(into buffer: inout [UInt8]) throws(SyntaxError) {
        let escaped = peek(1)
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(escaped)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"): return try lexUnicodeEscape(into: &buffer)
        default:
            throw SyntaxError(
                span: Span(position, position + 2),
                message: "invalid escape: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX or \\(…)"
                    + (Self.isWordPart(escaped) ? "; a backslash of a regular expression is written twice" : ""))
        }
        position += 2
    }

    private mutating func lexUnicodeEscape(into buffer: inout [UInt8]) throws(SyntaxError) {
        let start = position
        guard let first = hexadecimal(at: position + 2) else {
            throw SyntaxError(span: Span(start, start + 2), message: "expected four hexadecimal digits after \\u")
        }
        position += 6
        var scalar = first
        if (0xD800..<0xDC00).contains(first) {
            scalar = 0xFFFD
            if peek() == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "u"), let second = hexadecimal(at: position + 2),
                (0xDC00..<0xE000).contains(second)
            {
                position += 6
                scalar = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
        }
        buffer.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}")!)
    }

    private func hexadecimal(at index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
