/// What the lexer hands to the parser.
struct Token: Sendable {
    enum Kind: Sendable, Equatable {
        case identifier(String)
        case field(String)
        case variable(String)
        case number(String)
        case format(String)
        case keyword(Keyword)
        case symbol(Symbol)
        case location
        case stringStart
        case stringText(String)
        case interpolationStart
        case interpolationEnd
        case stringEnd
        case end
    }

    var kind: Kind
    var span: Span
}

/// Words that cannot name a function, but may be keys of an object and names of variables.
enum Keyword: String, Sendable, CaseIterable {
    case `as`, def, module, `import`, include, `if`, then, `else`, elif, reduce, foreach, end, and, or
    case `try`, `catch`, label, `break`

    static let byName: [String: Keyword] = Dictionary(
        uniqueKeysWithValues: Keyword.allCases.map { ($0.rawValue, $0) })
}

enum Symbol: String, Sendable {
    case dot = "."
    case recurse = ".."
    case question = "?"
    case alternation = "?//"
    case pipe = "|"
    case comma = ","
    case semicolon = ";"
    case colon = ":"
    case dollar = "$"
    case openParenthesis = "("
    case closeParenthesis = ")"
    case openBracket = "["
    case closeBracket = "]"
    case openBrace = "{"
    case closeBrace = "}"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divide = "/"
    case remainder = "%"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case alternative = "//"
    case assign = "="
    case update = "|="
    case updatePlus = "+="
    case updateMinus = "-="
    case updateTimes = "*="
    case updateDivide = "/="
    case updateRemainder = "%="
    case updateAlternative = "//="
}

extension Token.Kind {
    /// How a diagnostic names what was found.
    var described: String {
        switch self {
        case .identifier(let name): "'\(name)'"
        case .field(let name): "'.\(name)'"
        case .variable(let name): "'$\(name)'"
        case .number(let literal): "the number \(literal)"
        case .format(let name): "'@\(name)'"
        case .keyword(let keyword): "the keyword '\(keyword.rawValue)'"
        case .symbol(let symbol): "'\(symbol.rawValue)'"
        case .location: "'$__loc__'"
        case .stringStart, .stringText, .stringEnd: "a string"
        case .interpolationStart: "'\\('"
        case .interpolationEnd: "')'"
        case .end: "the end of the program"
        }
    }
}
