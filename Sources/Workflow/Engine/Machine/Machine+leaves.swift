import JSON
import Primitives

/// Tasks that end at once: `switch`, `raise`, `emit`, `decision-table`.
extension Machine {
    mutating func select(
        _ activation: Activation, _ cases: [SwitchCase], _ scope: EvaluationScope
    ) throws(WorkflowError) {
        var taken: SwitchCase?
        for candidate in cases {
            guard let condition = candidate.condition else { continue }
            if try holds(condition, on: activation.input.value, scope) {
                taken = candidate
                break
            }
        }
        taken = taken ?? cases.first { $0.condition == nil }
        let detail: JSONValue? = taken.map { ["case": .string($0.name)] }
        done(activation, output: activation.input, then: taken?.then, detail: detail)
    }

    /// The journal shows what was decided on and which rows held; the table is the definition's or a parameter.
    mutating func decide(
        _ activation: Activation, _ arguments: ValueTemplate, _ table: DecisionTable?, _ scope: EvaluationScope
    ) throws(WorkflowError) {
        let with = try datum(arguments, on: activation.input.value, scope).value
        let written = with["table"] ?? .null
        let input = with["input"] ?? .null
        guard input.objectValue != nil else {
            throw WorkflowError(.validation, detail: "The input of a decision table must be an object.")
        }
        let decision: DecisionTable.Decision
        do throws(DecisionTableMistakes) {
            if let table {
                decision = table.decide(input)
            } else {
                decision = try DecisionTable(json: written).decide(input)
            }
        } catch {
            throw WorkflowError(.validation, detail: "This is no decision table: \(error.sentence)")
        }
        let rows = JSONValue.array(decision.rows.map { JSONValue($0) })
        done(
            activation, output: try bounded(decision.json),
            detail: ["input": input, "rows": rows])
    }

    func raised(
        _ template: ErrorTemplate, _ activation: Activation, _ scope: EvaluationScope
    ) throws(WorkflowError) -> WorkflowError {
        let input = activation.input.value
        let status = try evaluate(template.status, on: input, scope)
        guard let status = status.intValue else {
            throw WorkflowError(.expression, detail: "The status of an error must be a whole number.")
        }
        return WorkflowError(
            type: try text(template.type, on: input, scope) ?? StandardErrorType.runtime.uri, status: status,
            title: try text(template.title, on: input, scope), detail: try text(template.detail, on: input, scope),
            instance: try text(template.instance, on: input, scope) ?? activation.node.reference)
    }

    func text(
        _ template: ValueTemplate?, on value: JSONValue, _ scope: EvaluationScope
    ) throws(WorkflowError) -> String? {
        guard let template else { return nil }
        switch try evaluate(template, on: value, scope) {
        case .null: return nil
        case .string(let text): return text
        case let other: return other.serialized()
        }
    }

    mutating func emit(
        _ activation: Activation, _ attributes: [EventAttribute], _ scope: EvaluationScope
    ) throws(WorkflowError) {
        state.counters.events += 1
        let header = engine.definition.header
        var event: JSONObject = [
            "specversion": "1.0", "id": .string("\(engine.facts.runID)-\(state.counters.events)"),
            "source": .string("/workflows/\(header.namespace)/\(header.name)"), "type": .null,
            "time": .string(now.description),
        ]
        for attribute in attributes {
            event[attribute.name] = try evaluate(attribute.value, on: activation.input.value, scope)
        }
        guard case .string(let type)? = event["type"], !type.isEmpty else {
            throw WorkflowError(.expression, detail: "The type of an event must be text.")
        }
        let output = try bounded(.object(event))
        emitted.append(output.value)
        var entry = entry(activation, .eventEmitted)
        entry.detail = ["id": event["id"] ?? .null, "type": .string(type)]
        record(entry, weight: 0)
        done(activation, output: output)
    }
}
