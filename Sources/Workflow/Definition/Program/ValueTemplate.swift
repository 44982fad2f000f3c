import JSON

/// A value of the definition in which strings of the form `${ … }` are expressions. What expressions give is data and
/// is never looked at again.
indirect enum ValueTemplate: Sendable {
    case constant(JSONValue)
    case expression(RuntimeExpression)
    case array([ValueTemplate])
    case object([Member])
    /// Text with `{name}` parts that are replaced by top-level properties of the task's input (RFC 6570, level 1).
    case uriTemplate([URIPart])

    struct Member: Sendable {
        var key: String
        var value: ValueTemplate
    }

    enum URIPart: Sendable, Hashable {
        case text(String)
        case variable(String)
    }

    func uses(_ argument: ExpressionVariable) -> Bool {
        switch self {
        case .constant, .uriTemplate: false
        case .expression(let expression): expression.uses(argument)
        case .array(let items): items.contains { $0.uses(argument) }
        case .object(let members): members.contains { $0.value.uses(argument) }
        }
    }

    var isConstant: Bool {
        if case .constant = self { true } else { false }
    }

    /// What a template of an object has for a member.
    subscript(key: String) -> ValueTemplate? {
        switch self {
        case .object(let members): members.first { $0.key == key }?.value
        case .constant(let value): value[key].map { .constant($0) }
        case .expression, .array, .uriTemplate: nil
        }
    }
}
