import JSON

/// Recursive descent over the tokens, with precedence climbing for the operators.
///
/// The grammar is that of jq 1.8. From loosest to tightest: `def` and `as` and `label` bodies, `|`, `,`, `//` (right),
/// assignments (none), `or`, `and`, comparisons (none), `+ -`, `* / %`, then terms with their suffixes.
struct Parser {
    /// A program deeper than this is refused, so that neither compiling nor freeing it can exhaust a thread's stack.
    static let maximumHeight = 200

    let tokens: [Token]
    let source: SourceMap
    var position = 0
    private var nesting = 0

    init(_ bytes: [UInt8]) throws(SyntaxError) {
        var lexer = Lexer(bytes)
        tokens = try lexer.tokenize()
        source = SourceMap(bytes: bytes)
    }

    /// A whole program. Definitions alone mean the identity.
    @inline(never)
    mutating func parseProgram() throws(SyntaxError) -> Expression {
        if case .keyword(let keyword) = current.kind, [.module, .import, .include].contains(keyword) {
            throw failure("'\(keyword.rawValue)' is not available: a program stands alone, without modules")
        }
        let program = try parseQuery(endMeansIdentity: true)
        if case .end = current.kind { return program }
        throw failure(
            "expected an operator or the end of the program, found \(current.kind.described)"
                + Hint.missingOperator(after: previousKind, found: current.kind))
    }

    /// Definitions without a main expression.
    @inline(never)
    mutating func parseDefinitions() throws(SyntaxError) -> [FunctionDefinition] {
        var definitions: [FunctionDefinition] = []
        while isKeyword(.def) { definitions.append(try parseDefinition()) }
        guard case .end = current.kind else { throw failure("expected 'def'") }
        return definitions
    }

    // MARK: - Tokens

    var current: Token { tokens[position] }
    var currentSpan: Span { tokens[position].span }
    var previousKind: Token.Kind? { position > 0 ? tokens[position - 1].kind : nil }
    var previousSpan: Span { tokens[max(position - 1, 0)].span }

    mutating func advance() {
        if position < tokens.count - 1 { position += 1 }
    }

    func isSymbol(_ symbol: Symbol) -> Bool {
        if case .symbol(symbol) = current.kind { true } else { false }
    }

    func isKeyword(_ keyword: Keyword) -> Bool {
        if case .keyword(keyword) = current.kind { true } else { false }
    }

    mutating func accept(_ symbol: Symbol) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func accept(_ keyword: Keyword) -> Bool {
        guard isKeyword(keyword) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: Symbol, _ context: String) throws(SyntaxError) {
        guard accept(symbol) else {
            throw failure("expected '\(symbol.rawValue)' \(context), found \(current.kind.described)")
        }
    }

    mutating func expect(_ keyword: Keyword, _ context: String) throws(SyntaxError) {
        guard accept(keyword) else {
            throw failure("expected '\(keyword.rawValue)' \(context), found \(current.kind.described)")
        }
    }

    func failure(_ message: String) -> SyntaxError {
        SyntaxError(span: currentSpan, message: message)
    }

    func missingExpression() -> SyntaxError {
        failure(
            "expected an expression, found \(current.kind.described)"
                + Hint.missingExpression(after: previousKind, found: current.kind))
    }

    func node(_ kind: Expression.Kind, from start: Span) throws(SyntaxError) -> Expression {
        let expression = Expression(kind, span: start.joined(previousSpan))
        if expression.height > Self.maximumHeight {
            throw SyntaxError(span: start, message: "the program is nested more than \(Self.maximumHeight) levels deep")
        }
        return expression
    }

    mutating func enter() throws(SyntaxError) {
        nesting += 1
        if nesting > Self.maximumHeight {
            throw failure("the program is nested more than \(Self.maximumHeight) levels deep")
        }
    }

    mutating func leave() { nesting -= 1 }

    // MARK: - Pipes and commas

    @inline(never)
    mutating func parseQuery(endMeansIdentity: Bool = false) throws(SyntaxError) -> Expression {
        try enter()
        defer { leave() }
        let start = currentSpan
        if isKeyword(.def) { return try parseDefine(endMeansIdentity: endMeansIdentity) }
        if endMeansIdentity, case .end = current.kind { return try node(.identity, from: start) }
        var stages = [try parseComma()]
        while accept(.pipe) {
            if isKeyword(.def) {
                stages.append(try parseQuery())
            } else {
                stages.append(try parseComma())
            }
        }
        return stages.count == 1 ? stages[0] : try node(.pipe(stages), from: start)
    }

    @inline(never)
    private mutating func parseComma() throws(SyntaxError) -> Expression {
        let start = currentSpan
        var items = [try parseCommaItem()]
        while accept(.comma) { items.append(try parseCommaItem()) }
        return items.count == 1 ? items[0] : try node(.comma(items), from: start)
    }

    /// An operand of a comma. `as`, `label` and `def` reach as far to the right as they can.
    @inline(never)
    private mutating func parseCommaItem() throws(SyntaxError) -> Expression {
        let start = currentSpan
        if isKeyword(.def) { return try parseQuery() }
        if isKeyword(.label) {
            advance()
            guard case .variable(let name) = current.kind else {
                throw failure("expected a name such as $out after 'label', found \(current.kind.described)")
            }
            advance()
            try expect(.pipe, "after the name of the label")
            let body = try parseQuery()
            return try node(.label(name, body: body), from: start)
        }
        let expression = try parseExpression()
        guard accept(.as) else { return expression }
        let patterns = try parsePatterns()
        try expect(.pipe, "after the pattern of 'as'")
        let body = try parseQuery()
        return try node(.bind(source: expression, patterns: patterns, body: body), from: start)
    }

    @inline(never)
    private mutating func parseDefine(endMeansIdentity: Bool) throws(SyntaxError) -> Expression {
        let start = currentSpan
        var definitions: [FunctionDefinition] = []
        while isKeyword(.def) { definitions.append(try parseDefinition()) }
        let body = try parseQuery(endMeansIdentity: endMeansIdentity)
        return try node(.define(definitions, body: body), from: start)
    }

    @inline(never)
    private mutating func parseDefinition() throws(SyntaxError) -> FunctionDefinition {
        let start = currentSpan
        advance()
        guard case .identifier(let name) = current.kind else {
            throw failure("expected the name of the function after 'def', found \(current.kind.described)")
        }
        advance()
        var parameters: [FunctionDefinition.Parameter] = []
        if accept(.openParenthesis) {
            repeat { parameters.append(try parseParameter()) } while accept(.semicolon)
            if isSymbol(.comma) { throw failure("expected ';' between the parameters of '\(name)', found ','") }
            try expect(.closeParenthesis, "after the parameters of '\(name)'")
        }
        try expect(.colon, "before the body of '\(name)'")
        let body = try parseQuery()
        try expect(.semicolon, "after the body of '\(name)'")
        return FunctionDefinition(name: name, parameters: parameters, body: body, span: start.joined(previousSpan))
    }

    @inline(never)
    private mutating func parseParameter() throws(SyntaxError) -> FunctionDefinition.Parameter {
        switch current.kind {
        case .identifier(let name):
            advance()
            return .init(name: name, isValue: false)
        case .variable(let name):
            advance()
            return .init(name: name, isValue: true)
        default: throw failure("expected a parameter such as f or $x, found \(current.kind.described)")
        }
    }
}
