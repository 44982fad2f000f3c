import JSON

/// A node of the syntax tree, with the place in the text that it came from.
struct Expression: Sendable {
    let kind: Kind
    var span: Span
    /// The longest way down to a leaf: bounded by the parser, so that code may walk the tree by recursion.
    let height: Int

    init(_ kind: Kind, span: Span) {
        self.kind = kind
        self.span = span
        height = kind.childHeight + 1
    }

    indirect enum Kind: Sendable {
        case identity
        /// `..`
        case recurse
        case literal(JSONValue)
        /// A string with interpolations; each embedded value goes through the format (`text` when none is given).
        case interpolation(format: String, parts: [StringPart])
        /// `@json` and its like, applied to `.`
        case format(String)
        case index(target: Expression, key: Expression, optional: Bool)
        case slice(target: Expression, from: Expression?, to: Expression?, optional: Bool)
        case iterate(target: Expression, optional: Bool)
        /// `try body catch handler`, and `body?` without a handler
        case attempt(body: Expression, handler: Expression?)
        case negate(Expression)
        case collect(Expression?)
        case object([ObjectEntry])
        case pipe([Expression])
        case comma([Expression])
        case binary(BinaryOperator, Expression, Expression)
        case and(Expression, Expression)
        case or(Expression, Expression)
        case alternative(Expression, Expression)
        case assign(AssignmentOperator, Expression, Expression)
        case conditional(branches: [Branch], otherwise: Expression?)
        case reduce(source: Expression, patterns: [Pattern], initial: Expression, update: Expression)
        case foreach(
            source: Expression, patterns: [Pattern], initial: Expression, update: Expression, extract: Expression?)
        case bind(source: Expression, patterns: [Pattern], body: Expression)
        case label(String, body: Expression)
        case `break`(String)
        case variable(String)
        /// `$__loc__`
        case location
        case call(String, [Expression])
        case define([FunctionDefinition], body: Expression)
    }
}

enum StringPart: Sendable {
    case text(String)
    case value(Expression)
}

struct Branch: Sendable {
    var condition: Expression
    var body: Expression
}

struct ObjectEntry: Sendable {
    var key: Expression
    var value: Expression
}

enum BinaryOperator: UInt8, Sendable {
    case add, subtract, multiply, divide, remainder
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

enum AssignmentOperator: Sendable {
    /// `=`
    case set
    /// `|=`
    case update
    /// `+=` and its like
    case arithmetic(BinaryOperator)
    /// `//=`
    case alternative
}

/// What stands after `as`.
struct Pattern: Sendable {
    indirect enum Kind: Sendable {
        case variable(String)
        case array([Pattern])
        case object([Member])
    }

    struct Member: Sendable {
        var key: Expression
        /// `$name` as a key binds the whole member as well.
        var variable: String?
        var pattern: Pattern?
    }

    var kind: Kind
    var span: Span

    /// The names that this pattern binds, each once, in the order of the text.
    var variables: [String] {
        var names: [String] = []
        collect(into: &names)
        return names
    }

    private func collect(into names: inout [String]) {
        func note(_ name: String) {
            if !names.contains(name) { names.append(name) }
        }
        switch kind {
        case .variable(let name): note(name)
        case .array(let elements): for element in elements { element.collect(into: &names) }
        case .object(let members):
            for member in members {
                if let variable = member.variable { note(variable) }
                member.pattern?.collect(into: &names)
            }
        }
    }
}

struct FunctionDefinition: Sendable {
    struct Parameter: Sendable {
        var name: String
        /// `$name`: the argument's values are bound one after the other.
        var isValue: Bool
    }

    var name: String
    var parameters: [Parameter]
    var body: Expression
    var span: Span

    var arity: Int { parameters.count }
}

extension Expression.Kind {
    fileprivate var childHeight: Int {
        switch self {
        case .identity, .recurse, .literal, .format, .break, .variable, .location: 0
        case .interpolation(_, let parts):
            parts.reduce(0) { if case .value(let value) = $1 { max($0, value.height) } else { $0 } }
        case .index(let target, let key, _): max(target.height, key.height)
        case .slice(let target, let from, let to, _): max(target.height, from?.height ?? 0, to?.height ?? 0)
        case .iterate(let target, _): target.height
        case .attempt(let body, let handler): max(body.height, handler?.height ?? 0)
        case .negate(let operand): operand.height
        case .collect(let inner): inner?.height ?? 0
        case .object(let entries): entries.reduce(0) { max($0, $1.key.height, $1.value.height) }
        case .pipe(let stages), .comma(let stages): stages.reduce(0) { max($0, $1.height) }
        case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right),
            .alternative(let left, let right), .assign(_, let left, let right):
            max(left.height, right.height)
        case .conditional(let branches, let otherwise):
            branches.reduce(otherwise?.height ?? 0) { max($0, $1.condition.height, $1.body.height) }
        case .reduce(let source, _, let initial, let update): max(source.height, initial.height, update.height)
        case .foreach(let source, _, let initial, let update, let extract):
            max(source.height, initial.height, update.height, extract?.height ?? 0)
        case .bind(let source, _, let body): max(source.height, body.height)
        case .label(_, let body): body.height
        case .call(_, let arguments): arguments.reduce(0) { max($0, $1.height) }
        case .define(let definitions, let body): definitions.reduce(body.height) { max($0, $1.body.height) }
        }
    }
}
