import JSON

extension Parser {
    /// A term with everything that is attached to it: `.a`, `[0]`, `[1:2]`, `[]` and `?`.
    @inline(never)
    mutating func parseTerm() throws(SyntaxError) -> Expression {
        let start = currentSpan
        var term = try parsePrimary()
        while true {
            switch current.kind {
            case .field(let name):
                let key = Expression(.literal(.string(name)), span: currentSpan)
                advance()
                let optional = accept(.question)
                term = try node(.index(target: term, key: key, optional: optional), from: start)
            case .symbol(.dot):
                advance()
                term = try parseDotSuffix(of: term, from: start)
            case .symbol(.openBracket):
                term = try parseBracketSuffix(of: term, from: start)
            case .symbol(.question):
                advance()
                term = try node(.attempt(body: term, handler: nil), from: start)
            default: return term
            }
        }
    }

    @inline(never)
    private mutating func parseDotSuffix(of term: Expression, from start: Span) throws(SyntaxError) -> Expression {
        switch current.kind {
        case .symbol(.openBracket): return try parseBracketSuffix(of: term, from: start)
        case .stringStart, .format:
            let key = try parseString()
            let optional = accept(.question)
            return try node(.index(target: term, key: key, optional: optional), from: start)
        default:
            throw failure(
                "expected a name, a string or '[' after '.', found \(current.kind.described); "
                    + "write .[\"…\"] for an unusual key")
        }
    }

    @inline(never)
    private mutating func parseBracketSuffix(of term: Expression, from start: Span) throws(SyntaxError) -> Expression {
        try expect(.openBracket, "")
        if accept(.closeBracket) {
            let optional = accept(.question)
            return try node(.iterate(target: term, optional: optional), from: start)
        }
        let from = isSymbol(.colon) ? nil : try parseQuery()
        guard accept(.colon) else {
            try expect(.closeBracket, "after the index")
            let optional = accept(.question)
            return try node(.index(target: term, key: from!, optional: optional), from: start)
        }
        let to = from != nil && isSymbol(.closeBracket) ? nil : try parseQuery()
        try expect(.closeBracket, "after the slice")
        let optional = accept(.question)
        return try node(.slice(target: term, from: from, to: to, optional: optional), from: start)
    }

    @inline(never)
    private mutating func parsePrimary() throws(SyntaxError) -> Expression {
        try enter()
        defer { leave() }
        let start = currentSpan
        switch current.kind {
        case .number(let literal):
            advance()
            return try node(.literal(.number(Self.number(literal))), from: start)
        case .stringStart: return try parseString()
        case .format(let name):
            if case .stringStart = tokens[position + 1].kind { return try parseString() }
            advance()
            return try node(.format(name), from: start)
        case .field(let name):
            advance()
            let target = Expression(.identity, span: Span(start: start.start, end: start.start))
            let key = Expression(.literal(.string(name)), span: start)
            let optional = accept(.question)
            return try node(.index(target: target, key: key, optional: optional), from: start)
        case .variable(let name):
            advance()
            return try node(.variable(name), from: start)
        case .location:
            advance()
            return try node(.location, from: start)
        case .identifier: return try parseCall()
        case .symbol(let symbol): return try parseSymbol(symbol)
        case .keyword(let keyword): return try parseKeyword(keyword)
        default: throw missingExpression()
        }
    }

    @inline(never)
    private mutating func parseSymbol(_ symbol: Symbol) throws(SyntaxError) -> Expression {
        let start = currentSpan
        switch symbol {
        case .dot:
            advance()
            let identity = try node(.identity, from: start)
            switch current.kind {
            case .stringStart, .format: return try parseDotSuffix(of: identity, from: start)
            case .identifier(let name), .field(let name):
                throw failure("no blank is allowed between '.' and a name: write .\(name) or .[\"\(name)\"]")
            default: return identity
            }
        case .recurse:
            advance()
            return try node(.recurse, from: start)
        case .minus:
            advance()
            let operand = try parseTerm()
            return try node(.negate(operand), from: start)
        case .openParenthesis:
            advance()
            let inner = try parseQuery()
            try expect(.closeParenthesis, "after the expression")
            return inner
        case .openBracket:
            advance()
            if accept(.closeBracket) { return try node(.literal(.array([])), from: start) }
            let inner = try parseQuery()
            try expect(.closeBracket, "after the elements of the array")
            return try node(.collect(inner), from: start)
        case .openBrace: return try parseObject()
        default: throw missingExpression()
        }
    }

    @inline(never)
    private mutating func parseCall() throws(SyntaxError) -> Expression {
        let start = currentSpan
        guard case .identifier(let name) = current.kind else { throw failure("expected a name") }
        advance()
        var arguments: [Expression] = []
        if accept(.openParenthesis) {
            repeat { arguments.append(try parseQuery()) } while accept(.semicolon)
            try expect(.closeParenthesis, "or ';' after the argument of '\(name)'")
        } else {
            switch name {
            case "true": return try node(.literal(.bool(true)), from: start)
            case "false": return try node(.literal(.bool(false)), from: start)
            case "null": return try node(.literal(.null), from: start)
            default: break
            }
        }
        var call = try node(.call(name, arguments), from: start)
        call.span = start  // a diagnostic about the call points at its name
        return call
    }

    /// A string, with the format before it if there is one. The tokens of its interpolations stand between its own.
    @inline(never)
    mutating func parseString() throws(SyntaxError) -> Expression {
        let start = currentSpan
        var format = "text"
        if case .format(let name) = current.kind {
            format = name
            advance()
        }
        guard case .stringStart = current.kind else {
            throw failure("expected a string after the format, found \(current.kind.described)")
        }
        advance()
        var parts: [StringPart] = []
        while true {
            switch current.kind {
            case .stringText(let text):
                parts.append(.text(text))
                advance()
            case .interpolationStart:
                advance()
                parts.append(.value(try parseQuery()))
                guard case .interpolationEnd = current.kind else {
                    throw failure("expected ')' after the embedded expression, found \(current.kind.described)")
                }
                advance()
            default:
                advance()  // the end of the string: the lexer lets nothing else through
                return try node(Self.string(parts, format: format), from: start)
            }
        }
    }

    private static func string(_ parts: [StringPart], format: String) -> Expression.Kind {
        var text = ""
        for part in parts {
            guard case .text(let piece) = part else { return .interpolation(format: format, parts: parts) }
            text += piece
        }
        return .literal(.string(text))
    }

    /// jq allows `.5`, `5.` and leading zeros, which JSON does not.
    static func number(_ literal: String) -> JSONNumber {
        if let number = JSONNumber(literal: literal) { return bounded(number) }
        let bytes = Array(literal.utf8)
        let mantissaEnd = bytes.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? bytes.count
        let pieces = bytes[..<mantissaEnd].split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        var repaired = Array(pieces[0].drop { $0 == UInt8(ascii: "0") })
        if repaired.isEmpty { repaired = [UInt8(ascii: "0")] }
        if pieces.count > 1, !pieces[1].isEmpty { repaired += [UInt8(ascii: ".")] + pieces[1] }
        repaired += bytes[mantissaEnd...]
        return bounded(JSONNumber(literal: String(decoding: repaired, as: UTF8.self)) ?? JSONNumber(0))
    }

    /// Literals longer than this are rounded to doubles: comparing exactly takes time with each digit.
    private static let maximumExactBytes = 1_024

    static func bounded(_ number: JSONNumber) -> JSONNumber {
        if case .literal(let double, let length) = number.form, length > maximumExactBytes { return JSONNumber(double) }
        return number
    }
}
