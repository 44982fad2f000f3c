import JSON
import Primitives

/// What the variables of expressions stand for.
extension Machine {
    func argument(_ variable: ExpressionVariable, _ scope: EvaluationScope) -> JSONValue {
        switch variable {
        case .context: state.context
        case .input: scope.input ?? .null
        case .output: scope.output ?? .null
        case .secrets: engine.definition.secretMarkers(in: secretScope)
        case .authorization: authorizationArgument(scope)
        case .task: taskArgument(scope)
        case .workflow: makeWorkflowArgument()
        case .runtime: engine.facts.runtime
        case .local(let name): local(name, scope)
        }
    }

    /// What the run's markers are told by.
    var secretScope: String {
        let run = engine.facts.runID.description
        return state.secretNonce.isEmpty ? run : "\(run).\(state.secretNonce)"
    }

    private func taskArgument(_ scope: EvaluationScope) -> JSONValue {
        guard let running = scope.activation else { return .null }
        if running.node.isInExtension, let extended = extendedTask(scope.frame) {
            return describe(extended, output: nil, withMembers: true)
        }
        return describe(running, output: scope.rawOutput, withMembers: scope.isExtending)
    }

    private func describe(_ activation: Activation, output: JSONValue?, withMembers: Bool) -> JSONValue {
        var object = withMembers ? activation.node.definition.objectValue ?? [:] : [:]
        object["name"] = .string(activation.node.name)
        object["reference"] = .string(activation.node.reference)
        object["definition"] = activation.node.definition
        object["input"] = activation.rawInput.value
        object["startedAt"] = activation.startedAt.descriptor
        object.add("output", output)
        return .object(object)
    }

    /// The task round which the nearest extension was put.
    private func extendedTask(_ frame: Int) -> Activation? {
        var id = frame
        while let position = position(of: id) {
            if case .extending = state.frames[position].phase { return activation(of: state.frames[position]) }
            id = state.frames[position].parent
        }
        return nil
    }

    private func makeWorkflowArgument() -> JSONValue {
        var object = engine.facts.workflow.objectValue ?? [:]
        object["id"] = .string(engine.facts.runID.description)
        object["definition"] = engine.definition.document
        object["input"] = state.input?.value ?? .null
        object["startedAt"] = state.startedAt.descriptor
        return .object(object)
    }

    /// The variable of the nearest task around that binds it.
    private func local(_ name: String, _ scope: EvaluationScope) -> JSONValue {
        if let bound = scope.bound, bound.name == name { return bound.value }
        var id = scope.frame
        while let position = position(of: id) {
            if let value = local(name, in: state.frames[position]) { return value }
            id = state.frames[position].parent
        }
        return .null
    }

    private func local(_ name: String, in frame: Frame) -> JSONValue? {
        guard frame.task >= 0 else { return nil }
        switch (frame.phase, program.tasks[frame.task].body) {
        case (.iterating(let index, let items), .loop(let loop)):
            if name == loop.item { return items.value[index] ?? .null }
            return name == loop.position ? JSONValue(index) : nil
        case (.catching(let error), .attempt(let attempt)):
            return name == attempt.variable ? error.json : nil
        case (.listening(let listening), .listen(let plan)):
            guard let foreach = plan.foreach, let current = listening.current else { return nil }
            if name == foreach.item { return listening.consumed[current].value }
            return name == foreach.position ? JSONValue(current) : nil
        default: return nil
        }
    }
}

extension Timestamp {
    /// The specification's date-time descriptor.
    var descriptor: JSONValue {
        [
            "iso8601": .string(description),
            "epoch": ["seconds": JSONValue(unixMilliseconds / 1000), "milliseconds": JSONValue(unixMilliseconds)],
        ]
    }
}
