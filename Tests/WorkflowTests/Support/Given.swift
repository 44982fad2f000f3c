import JSON
import Primitives
import Testing
import Workflow
import YAML

/// A workflow under test: decoded from YAML, and run in virtual time.
struct Given {
    let definition: Definition
    static let start = Timestamp(unixMilliseconds: 1_700_000_000_000)
    static let runID = RunID(UUIDv7(high: 0x018C_0000_0000_7000, low: 0x8000_0000_0000_0001))

    /// Tasks alone; the `document` part is added. `extra` are top-level members such as `use:`.
    init(
        _ tasks: String, extra: String = "", functions: FunctionTable = .builtIn,
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) throws {
        let decoded = try decode(document(tasks, extra: extra), functions: functions)
        definition = try #require(
            decoded.definition, "\(decoded.diagnostics.map(\.description).joined(separator: "\n"))",
            sourceLocation: sourceLocation)
    }

    func engine(parameters: JSONValue = [:], limits: EngineLimits = .standard)
        -> Engine
    {
        Engine(
            definition: definition,
            facts: RunFacts(
                runID: Self.runID, workflow: ["name": "under test"], runtime: ["name": "millwright"],
                parameters: parameters), limits: limits)
    }

    func start(_ input: JSONValue = [:], parameters: JSONValue = [:]) -> Advance {
        engine(parameters: parameters).start(input: input, at: Self.start)
    }

    func run(
        _ input: JSONValue = [:], parameters: JSONValue = [:], answers: SimulatedAnswers = SimulatedAnswers()
    ) -> SimulationReport {
        var simulation = Simulation(
            engine: engine(parameters: parameters), answers: answers, startingAt: Self.start)
        simulation.start(input: input)
        simulation.run()
        return simulation.report
    }

    static func after(_ seconds: Double) -> Timestamp { start.adding(seconds: seconds) }
}

func document(_ tasks: String, extra: String = "") -> String {
    """
    document:
      dsl: '1.0.3'
      namespace: tests
      name: under-test
      version: '1.0.0'
    \(extra)
    do:
    \(tasks)
    """
}

func decode(_ yaml: String, functions: FunctionTable = .builtIn) throws -> DecodedDefinition {
    let document = try YAMLDocument(parsing: yaml)
    return DefinitionDecoder.decode(
        document.value,
        locations: SourceLocations(document.locations.mapValues { (line: $0.line, column: $0.column) }),
        functions: functions)
}

/// JSON text as a value.
func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

extension EngineInput {
    static func answered(_ id: String, _ result: JSONValue = .null, after seconds: Double = 0) -> EngineInput {
        EngineInput(at: Given.after(seconds), kind: .succeeded(waitID: id, result: result, by: nil))
    }

    static func failed(_ id: String, _ error: WorkflowError, after seconds: Double = 0) -> EngineInput {
        EngineInput(at: Given.after(seconds), kind: .failed(waitID: id, error: error))
    }
}

extension Advance {
    var kinds: [String] { journal.map(\.kind.rawValue) }
}

extension DecodedDefinition {
    func codes(_ severity: Diagnostic.Severity = .error) -> [Diagnostic.Code] {
        diagnostics.filter { $0.severity == severity }.map(\.code)
    }
}
