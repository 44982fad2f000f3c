package import JQ
import JSON

/// How one call is looked up: the connector's own way, or the capability's through another operation.
struct LookUp {
    struct Question {
        var call: CapabilityCall
        var description: OperationDescription
        /// jq that makes the call's result of what was found; `nil` takes it as it is.
        var result: String?
    }

    let call: CapabilityCall
    let description: OperationDescription
    let connection: Connection
    let capabilities: CapabilityTable

    /// `nil` when nothing can tell.
    func question() -> Question? {
        if let lookUp = description.lookUp {
            let own = OperationDescription(
                request: lookUp.request, response: lookUp.response, errorRules: [], isRepeatable: true, lookUp: nil,
                timeoutSeconds: description.timeoutSeconds)
            return Question(call: call, description: own, result: nil)
        }
        guard let way = call.operation.lookUp,
            let operation = capabilities.operation(named: "\(call.operation.capability).\(way.operation)"),
            let description = connection.description.operation(operation.capability, operation.name),
            let arguments = evaluate(way.arguments, facts()), !arguments.isNull
        else { return nil }
        let question = CapabilityCall(
            operation: operation, arguments: arguments, idempotencyKey: call.idempotencyKey,
            timeoutSeconds: call.timeoutSeconds)
        return Question(call: question, description: description, result: way.result)
    }

    /// The call's result out of the answer; `nil` when the answer says that it was not done.
    func result(from answer: JSONValue, _ question: Question) -> JSONValue? {
        guard let program = question.result else { return answer.isNull ? Optional<JSONValue>.none : answer }
        var facts = facts()
        facts.set("found", answer)
        guard let result = evaluate(program, facts), !result.isNull else { return nil }
        return result
    }

    private func facts() -> JSONValue {
        ["arguments": call.arguments, "idempotencyKey": .string(call.idempotencyKey)]
    }

    private func evaluate(_ source: String, _ input: JSONValue) -> JSONValue? {
        guard let program = try? JQProgram(source) else { return nil }
        return try? program.single(input, budget: .mapping, place: "lookUp")
    }
}

extension JQBudget {
    /// For the expressions of a connector: small values, and a hostile answer must not stop the runner for long.
    package static var mapping: JQBudget {
        var budget = JQBudget.default
        budget.steps = 1_000_000
        budget.memoryBytes = 32 << 20
        budget.outputs = 1000
        return budget
    }
}
