import JQ
import JSON

/// Event filters. What is fixed or known when the task begins to listen becomes attributes that must be equal;
/// the rest becomes one jq condition on the event.
extension DecodingPass {
    func eventFilter(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> EventFilterTemplate? {
        guard let fields = fields(value, "An event filter", allowed: ["with", "correlate"], at: path) else {
            return nil
        }
        guard let value = fields["with"] else {
            missing("with", "An event filter", in: fields)
            return nil
        }
        guard let with = self.fields(value, "with", allowed: nil, at: fields.path("with")) else { return nil }
        if with.object.isEmpty {
            error(.missingField, "with needs at least one property of the event, such as type.", at: with.path)
        }
        checkEventTexts(with)
        var builder = ConditionBuilder()
        for (key, value) in with.object {
            if key == "data" {
                dataCondition(value, scope, at: with.path(key), into: &builder)
            } else {
                attribute(key, value, scope, at: with.path(key), into: &builder)
            }
        }
        readCorrelations(fields, scope, into: &builder)
        return builder.filter
    }

    private func attribute(
        _ key: String, _ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer,
        into builder: inout ConditionBuilder
    ) {
        // A text that begins with ^ is a regular expression; anything else is compared as it stands, because the dots
        // of event types and URIs are meant as dots.
        if case .string(let text) = value, text.hasPrefix("^") {
            builder.require("(.[\(JSONValue(key).serialized())] | type == \"string\" and test(\(builder.bind(value))))")
            let check = try? JQProgram("test($pattern)", variables: ["pattern"])
            if let check, (try? check.first("", variables: [value])) == nil {
                error(.invalidValue, "\(text) is not a regular expression. Correct it.", at: path)
            }
            return
        }
        builder.filter.attributes.append(EventAttribute(name: key, value: template(value, scope, at: path)))
    }

    /// `data`: an expression that must hold of the event's data, or a value whose members must be equal.
    private func dataCondition(
        _ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer, into builder: inout ConditionBuilder
    ) {
        if case .string(let text) = value, let source = Self.expressionSource(text) {
            guard let expression = expression(source, scope, at: path) else { return }
            builder.require("(.data | (\(expression.source)))", variables: expression.variables)
            return
        }
        matchData(value, [], scope, at: path, into: &builder)
    }

    private func matchData(
        _ value: JSONValue, _ keys: [JSONValue], _ scope: ExpressionScope, at path: JSONPointer,
        into builder: inout ConditionBuilder
    ) {
        if case .object(let object) = value {
            builder.require(
                "((try getpath(\(JSONValue.array(["data"] + keys).serialized())) catch null) | type == \"object\")")
            for (key, value) in object {
                matchData(value, keys + [.string(key)], scope, at: path.appending(key), into: &builder)
            }
            return
        }
        let expected = builder.bind(template(value, scope, at: path))
        let place = JSONValue.array(["data"] + keys).serialized()
        builder.require("((try getpath(\(place)) catch null) == \(expected))")
    }

    private func readCorrelations(_ filter: Fields, _ scope: ExpressionScope, into builder: inout ConditionBuilder) {
        guard let value = filter["correlate"],
            let table = fields(value, "correlate", allowed: nil, at: filter.path("correlate"))
        else { return }
        for (name, value) in table.object {
            guard let fields = fields(value, "A correlation", allowed: ["from", "expect"], at: table.path(name)),
                let from = string(fields, "from", "A correlation", isRequired: true)
            else { continue }
            guard let source = expression(from, ExpressionScope(place: .schedule), at: fields.path("from")) else {
                continue
            }
            if let expect = string(fields, "expect", "A correlation") {
                let expected = builder.bind(template(.string(expect), scope, at: fields.path("expect")))
                builder.require("((\(source.source)) == \(expected))")
            } else {
                builder.filter.correlations.append(.init(name: name, from: source))
            }
        }
    }
}

/// Gathers the parts of a condition and the values that it is closed over.
private struct ConditionBuilder {
    var filter = EventFilterTemplate(attributes: [], condition: nil, variables: [], correlations: [])

    mutating func require(_ part: String, variables: [ExpressionVariable] = []) {
        filter.condition = filter.condition.map { $0 + " and " + part } ?? part
        for variable in variables where !filter.variables.contains(where: { $0.name == variable.name }) {
            filter.variables.append(.init(name: variable.name, value: .argument(variable)))
        }
    }

    /// Gives the value a variable of its own; returns it with its `$`.
    mutating func bind(_ template: ValueTemplate) -> String {
        let name = "expected\(filter.variables.count)"
        filter.variables.append(.init(name: name, value: .template(template)))
        return "$" + name
    }

    mutating func bind(_ value: JSONValue) -> String { bind(.constant(value)) }
}
