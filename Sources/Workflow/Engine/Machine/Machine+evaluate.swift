import JQ
import JSON
import Primitives

/// Evaluating expressions and templates.
extension Machine {
    func evaluate(
        _ expression: RuntimeExpression, on value: JSONValue, _ scope: EvaluationScope
    ) throws(WorkflowError) -> JSONValue {
        var arguments: [JSONValue] = []
        arguments.reserveCapacity(expression.variables.count)
        for variable in expression.variables { arguments.append(argument(variable, scope)) }
        var budget = engine.limits.expression
        budget.now = now.unixSeconds
        do throws(JQError) {
            return try expression.program.first(value, variables: arguments, budget: budget) ?? .null
        } catch {
            if let text = expression.textOnFailure { return .string(text) }
            throw WorkflowError(
                .expression, detail: "\(error.description) — in the expression \(expression.source.shortened)")
        }
    }

    /// Whether a condition holds, as jq sees it: everything but `false`, `null` and nothing at all.
    func holds(
        _ condition: RuntimeExpression, on value: JSONValue, _ scope: EvaluationScope
    ) throws(WorkflowError) -> Bool {
        switch try evaluate(condition, on: value, scope) {
        case .null, .bool(false): false
        default: true
        }
    }

    func evaluate(
        _ template: ValueTemplate, on value: JSONValue, _ scope: EvaluationScope
    ) throws(WorkflowError) -> JSONValue {
        switch template {
        case .constant(let constant): return constant
        case .expression(let expression): return try evaluate(expression, on: value, scope)
        case .array(let templates):
            var items: [JSONValue] = []
            items.reserveCapacity(templates.count)
            for template in templates { items.append(try evaluate(template, on: value, scope)) }
            return .array(items)
        case .object(let members):
            var object = JSONObject()
            object.reserveCapacity(members.count)
            for member in members { object[member.key] = try evaluate(member.value, on: value, scope) }
            return .object(object)
        case .uriTemplate(let parts): return .string(try expand(parts, from: value))
        }
    }

    /// RFC 6570 simple expansion: `{name}` becomes the input's property, percent-encoded; nothing when there is none.
    private func expand(_ parts: [ValueTemplate.URIPart], from input: JSONValue) throws(WorkflowError) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .variable(let name):
                switch input[name] {
                case nil, .null?: break
                case .string(let value)?: text += value.percentEncoded
                case .number(let number)?: text += number.literal.percentEncoded
                case .bool(let flag)?: text += flag ? "true" : "false"
                case .array?, .object?:
                    throw WorkflowError(
                        .expression, detail: "{\(name)} in a URI must be text, a number or a boolean of the input.")
                }
            }
        }
        return text
    }

    /// A template's value as a datum within the limits.
    func datum(
        _ template: ValueTemplate, on value: JSONValue, _ scope: EvaluationScope
    ) throws(WorkflowError) -> Datum {
        try bounded(try evaluate(template, on: value, scope))
    }

    func bounded(_ value: JSONValue) throws(WorkflowError) -> Datum {
        let datum = Datum(value)
        if datum.weight.bytes > engine.limits.valueBytes {
            throw WorkflowError(
                .runtime, detail: "A value has \(datum.weight.bytes) bytes; the most is \(engine.limits.valueBytes).")
        }
        if datum.weight.depth > engine.limits.valueDepth {
            throw WorkflowError(
                .runtime,
                detail: "A value is nested \(datum.weight.depth) deep; the most is "
                    + "\(engine.limits.valueDepth).")
        }
        return datum
    }

    /// `from` or `as`; without one, the same datum, so that what is passed through is kept once.
    func transformed(
        _ datum: Datum, _ transform: ValueTemplate?, _ scope: EvaluationScope
    ) throws(WorkflowError) -> Datum {
        guard let transform else { return datum }
        return try self.datum(transform, on: datum.value, scope)
    }

    func check(_ datum: Datum, _ schema: JSONSchema?, _ what: String) throws(WorkflowError) {
        guard let schema else { return }
        let violations = schema.validate(datum.value)
        guard let first = violations.first else { return }
        let place = first.instancePath.description
        let others = violations.count > 1 ? " (and \(violations.count - 1) more)" : ""
        throw WorkflowError(
            .validation,
            detail: "The \(what) does not fit its schema: \(place.isEmpty ? "" : "\(place): ")"
                + "\(first.message)\(others)")
    }

    func seconds(
        _ duration: DurationTemplate, on value: JSONValue, _ scope: EvaluationScope
    ) throws(WorkflowError) -> Double {
        switch duration {
        case .seconds(let seconds): return seconds
        case .expression(let expression):
            let result = try evaluate(expression, on: value, scope)
            guard let text = result.stringValue, let seconds = ISODuration.seconds(text) else {
                throw WorkflowError(
                    .expression,
                    detail: "\(result.serialized().shortened) is not an ISO 8601 duration, "
                        + "from the expression \(expression.source.shortened)")
            }
            return seconds
        }
    }
}

extension String {
    /// For messages: the first 200 characters.
    var shortened: String { utf8.count <= 200 ? self : String(prefix(200)) + "…" }

    /// Everything but unreserved characters, as RFC 6570 has it.
    var percentEncoded: String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
