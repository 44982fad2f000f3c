package import JSON
package import Primitives
package import RunnerProtocol
package import Workflow

/// A definition with everything that a run of it needs, compiled once.
package final class Program: Sendable {
    package let digest: String
    package let definition: Definition
    package let parameters: JSONValue
    package let bindings: [String: ConnectionID]
    package let facts: JSONValue

    package struct DefinitionError: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    package init(_ envelope: DefinitionEnvelope) throws(DefinitionError) {
        let decoded = DefinitionDecoder.decode(envelope.document)
        guard let definition = decoded.definition else {
            let problems = decoded.errors.prefix(3).map(\.message).joined(separator: "; ")
            throw DefinitionError(description: "the definition cannot be used: \(problems)")
        }
        digest = envelope.digest
        self.definition = definition
        parameters = envelope.parameters
        bindings = envelope.bindings
        facts = envelope.facts
    }

    /// The plant, when the facts name it: credentials are sealed to it.
    package var plantID: PlantID? { facts["plant"]?["id"]?.stringValue.flatMap { PlantID($0) } }

    func engine(for runID: RunID, limits: EngineLimits) -> Engine {
        let facts = RunFacts(
            runID: runID, workflow: facts,
            runtime: ["name": "millwright-runner", "version": .string(RunnerVersion.current), "metadata": [:]],
            parameters: parameters)
        return Engine(definition: definition, facts: facts, limits: limits)
    }
}

/// The runner's own version, as `$runtime` shows it.
package enum RunnerVersion {
    package static let current = "0.1.0"
}
