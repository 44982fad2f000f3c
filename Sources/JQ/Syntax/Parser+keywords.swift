import JSON

extension Parser {
    @inline(never)
    mutating func parseKeyword(_ keyword: Keyword) throws(SyntaxError) -> Expression {
        switch keyword {
        case .if: return try parseConditional()
        case .try: return try parseTry()
        case .reduce: return try parseReduce()
        case .foreach: return try parseForeach()
        case .break: return try parseBreak()
        case .label: throw failure("'label' must stand at the start of a pipeline: put it in parentheses")
        case .def: throw failure("a definition must stand at the start of a pipeline: put it in parentheses")
        default: throw missingExpression()
        }
    }

    @inline(never)
    private mutating func parseConditional() throws(SyntaxError) -> Expression {
        let start = currentSpan
        var branches: [Branch] = []
        repeat {
            advance()  // 'if' or 'elif'
            let condition = try parseQuery()
            try expect(.then, "after the condition")
            let body = try parseQuery()
            branches.append(Branch(condition: condition, body: body))
        } while isKeyword(.elif)
        let otherwise = accept(.else) ? try parseQuery() : nil
        guard accept(.end) else { throw missingEnd(of: start, after: otherwise) }
        return try node(.conditional(branches: branches, otherwise: otherwise), from: start)
    }

    /// Says which 'if' is meant: there may be many.
    private func missingEnd(of start: Span, after otherwise: Expression?) -> SyntaxError {
        let place = source.diagnostic(at: start, "")
        var message = "expected 'end' " + (otherwise == nil ? "or 'elif' or 'else'" : "after the 'else' branch")
        message += " of the 'if' at line \(place.line), column \(place.column), found \(current.kind.described)"
        if case .conditional = otherwise?.kind {
            message += "; another condition is written 'elif', without an 'end' of its own"
        }
        return failure(message)
    }

    /// After the initial value of `reduce` and `foreach`.
    private mutating func expectSemicolon(after initial: Expression, of name: String) throws(SyntaxError) {
        if accept(.semicolon) { return }
        var hasComma = false
        if case .comma = initial.kind { hasComma = true }
        throw failure(
            "expected ';' after the initial value of '\(name)', found \(current.kind.described)"
                + Hint.missingSemicolon(hasComma))
    }

    /// Body and handler of `try` are terms: `try .a + 1` is `(try .a) + 1`.
    @inline(never)
    private mutating func parseTry() throws(SyntaxError) -> Expression {
        let start = currentSpan
        advance()
        let body = try parseTerm()
        let handler = accept(.catch) ? try parseTerm() : nil
        return try node(.attempt(body: body, handler: handler), from: start)
    }

    @inline(never)
    private mutating func parseReduce() throws(SyntaxError) -> Expression {
        let start = currentSpan
        advance()
        let source = try parseExpression()
        try expect(.as, "after the source of 'reduce'")
        let patterns = try parsePatterns()
        try expect(.openParenthesis, "after the pattern of 'reduce'")
        let initial = try parseQuery()
        try expectSemicolon(after: initial, of: "reduce")
        let update = try parseQuery()
        try expect(.closeParenthesis, "after the update of 'reduce'")
        return try node(
            .reduce(source: source, patterns: patterns, initial: initial, update: update), from: start)
    }

    @inline(never)
    private mutating func parseForeach() throws(SyntaxError) -> Expression {
        let start = currentSpan
        advance()
        let source = try parseExpression()
        try expect(.as, "after the source of 'foreach'")
        let patterns = try parsePatterns()
        try expect(.openParenthesis, "after the pattern of 'foreach'")
        let initial = try parseQuery()
        try expectSemicolon(after: initial, of: "foreach")
        let update = try parseQuery()
        let extract = accept(.semicolon) ? try parseQuery() : nil
        try expect(.closeParenthesis, "at the end of 'foreach'")
        return try node(
            .foreach(source: source, patterns: patterns, initial: initial, update: update, extract: extract),
            from: start)
    }

    @inline(never)
    private mutating func parseBreak() throws(SyntaxError) -> Expression {
        let start = currentSpan
        advance()
        guard case .variable(let name) = current.kind else {
            throw failure("expected the name of a label such as $out after 'break', found \(current.kind.described)")
        }
        advance()
        return try node(.break(name), from: start)
    }

    // MARK: - Objects

    @inline(never)
    mutating func parseObject() throws(SyntaxError) -> Expression {
        let start = currentSpan
        try expect(.openBrace, "")
        var entries: [ObjectEntry] = []
        while !isSymbol(.closeBrace) {
            entries.append(try parseObjectEntry())
            guard accept(.comma) else { break }
        }
        guard accept(.closeBrace) else {
            throw failure(
                "expected '}' or ',' after the member of the object, found \(current.kind.described)"
                    + Hint.missingMemberEnd(found: current.kind))
        }
        return try node(entries.isEmpty ? .literal(.object([:])) : .object(entries), from: start)
    }

    @inline(never)
    private mutating func parseObjectEntry() throws(SyntaxError) -> ObjectEntry {
        let start = currentSpan
        switch current.kind {
        case .identifier(let name): return try parseNamedEntry(name)
        case .keyword(let keyword): return try parseNamedEntry(keyword.rawValue)
        case .stringStart, .format:
            let key = try parseString()
            if accept(.colon) { return ObjectEntry(key: key, value: try parseObjectValue()) }
            let identity = Expression(.identity, span: start)
            return ObjectEntry(
                key: key, value: try node(.index(target: identity, key: key, optional: false), from: start))
        case .variable(let name):
            advance()
            let variable = try node(.variable(name), from: start)
            if accept(.colon) { return ObjectEntry(key: variable, value: try parseObjectValue()) }
            return ObjectEntry(key: Expression(.literal(.string(name)), span: start), value: variable)
        case .location:
            advance()
            return ObjectEntry(
                key: Expression(.literal("__loc__"), span: start), value: try node(.location, from: start))
        case .symbol(.openParenthesis):
            advance()
            let key = try parseQuery()
            try expect(.closeParenthesis, "after the key expression")
            try expect(.colon, "after the key of an object")
            return ObjectEntry(key: key, value: try parseObjectValue())
        default:
            throw failure(
                "expected a key of the object, found \(current.kind.described); "
                    + "a key that is an expression needs parentheses, as in {(.name): 1}")
        }
    }

    @inline(never)
    private mutating func parseNamedEntry(_ name: String) throws(SyntaxError) -> ObjectEntry {
        let start = currentSpan
        advance()
        let key = Expression(.literal(.string(name)), span: start)
        if accept(.colon) { return ObjectEntry(key: key, value: try parseObjectValue()) }
        guard isSymbol(.comma) || isSymbol(.closeBrace) else {
            throw failure(
                "expected ':', ',' or '}' after the key '\(name)', found \(current.kind.described)"
                    + Hint.missingMemberEnd(found: current.kind))
        }
        let identity = Expression(.identity, span: start)
        return ObjectEntry(key: key, value: try node(.index(target: identity, key: key, optional: false), from: start))
    }

    @inline(never)
    private mutating func parseObjectValue() throws(SyntaxError) -> Expression {
        let start = currentSpan
        var stages = [try parseExpression()]
        while accept(.pipe) { stages.append(try parseExpression()) }
        return stages.count == 1 ? stages[0] : try node(.pipe(stages), from: start)
    }

    // MARK: - Patterns

    @inline(never)
    mutating func parsePatterns() throws(SyntaxError) -> [Pattern] {
        var patterns = [try parsePattern()]
        while accept(.alternation) { patterns.append(try parsePattern()) }
        return patterns
    }

    @inline(never)
    private mutating func parsePattern() throws(SyntaxError) -> Pattern {
        try enter()
        defer { leave() }
        let start = currentSpan
        switch current.kind {
        case .variable(let name):
            advance()
            return Pattern(kind: .variable(name), span: start)
        case .symbol(.openBracket):
            advance()
            var elements: [Pattern] = []
            repeat { elements.append(try parsePattern()) } while accept(.comma)
            try expect(.closeBracket, "or ',' after the element of the pattern")
            return Pattern(kind: .array(elements), span: start.joined(previousSpan))
        case .symbol(.openBrace):
            advance()
            var members: [Pattern.Member] = []
            repeat { members.append(try parsePatternMember()) } while accept(.comma)
            try expect(.closeBrace, "or ',' after the member of the pattern")
            return Pattern(kind: .object(members), span: start.joined(previousSpan))
        default:
            throw failure("expected a pattern such as $x, [$a, $b] or {$a, b: $c}, found \(current.kind.described)")
        }
    }

    @inline(never)
    private mutating func parsePatternMember() throws(SyntaxError) -> Pattern.Member {
        let start = currentSpan
        var variable: String?
        let key: Expression
        switch current.kind {
        case .variable(let name):
            advance()
            key = Expression(.literal(.string(name)), span: start)
            variable = name
            guard isSymbol(.colon) else { return .init(key: key, variable: name, pattern: nil) }
        case .identifier(let name):
            advance()
            key = Expression(.literal(.string(name)), span: start)
        case .keyword(let keyword):
            advance()
            key = Expression(.literal(.string(keyword.rawValue)), span: start)
        case .stringStart, .format: key = try parseString()
        case .symbol(.openParenthesis):
            advance()
            key = try parseQuery()
            try expect(.closeParenthesis, "after the key expression")
        default:
            throw failure(
                "expected a member such as $a, b: $c or (.key): $d in the pattern, found \(current.kind.described)")
        }
        try expect(.colon, "after the key in the pattern")
        return .init(key: key, variable: variable, pattern: try parsePattern())
    }
}
