package import JQ
package import JSON
package import Primitives

/// Runs one definition. Pure: the same definition, facts, state and inputs give the same advance, to the byte.
package struct Engine: Sendable {
    package let definition: Definition
    package let facts: RunFacts
    package let limits: EngineLimits
    /// Whether each advance also gives the specification's lifecycle events.
    package let tellsLifecycle: Bool

    package init(
        definition: Definition, facts: RunFacts, limits: EngineLimits = .standard, tellsLifecycle: Bool = false
    ) {
        self.definition = definition
        self.facts = facts
        self.limits = limits
        self.tellsLifecycle = tellsLifecycle
    }

    /// With another budget for each evaluation.
    package init(definition: Definition, facts: RunFacts, budget: JQBudget) {
        self.init(definition: definition, facts: facts, limits: EngineLimits(expression: budget))
    }

    /// Begins a run with its raw input, at the moment at which it was accepted.
    ///
    /// - Parameter secretNonce: chance, for definitions with secrets: what stands for a secret in the run's data holds it, so
    ///   that nobody outside can make up such a marker. The state remembers it.
    package func start(input: JSONValue, at moment: Timestamp, secretNonce: String = "") -> Advance {
        var machine = Machine(engine: self, startedAt: moment)
        if !definition.secrets.isEmpty { machine.state.secretNonce = secretNonce }
        machine.begin(input: input, at: moment)
        return machine.finish()
    }

    /// Takes up a run with what happened since, in order. Answers to waits that are no longer open change nothing.
    package func advance(_ state: RunState, _ inputs: [EngineInput]) -> Advance {
        var machine = Machine(engine: self, state: state)
        for input in inputs { machine.take(input) }
        return machine.finish()
    }
}
