package import JQ
package import JSON

/// `correlate` without `expect`: events belong together when they give the same value under the same name.
package struct EventCorrelation: Sendable, Hashable {
    package var name: String
    /// jq on the event.
    package var source: String

    package init(name: String, source: String) {
        self.name = name
        self.source = source
    }
}

/// The correlations of one filter, ready to be asked about many events.
package struct CompiledCorrelations: Sendable {
    private let programs: [(name: String, program: JQProgram)]
    private let budget: JQBudget

    /// A value that correlates may have so many bytes; an event with a longer one belongs to nothing.
    package static let maximumValueBytes = 512

    package init(
        _ correlations: [EventCorrelation], budget: JQBudget = EngineLimits.expressionBudget
    ) throws(JQCompileError) {
        var programs: [(name: String, program: JQProgram)] = []
        for correlation in correlations {
            programs.append((correlation.name, try JQProgram(correlation.source, variables: [])))
        }
        self.programs = programs
        self.budget = budget
    }

    /// What the event says under each name, sorted by name. `nil` when it cannot be said: a value is missing, not plain,
    /// or too long, or its expression fails on this event.
    package func values(of event: JSONValue, _ allowance: inout EvaluationAllowance) -> JSONObject? {
        guard !allowance.isSpent else { return nil }
        var steps = 1
        defer { allowance.spend(steps) }
        var values: JSONObject = [:]
        for (name, program) in programs.sorted(by: { $0.name < $1.name }) {
            guard let value = try? program.first(event, variables: [], budget: budget, addingTo: &steps) else {
                return nil
            }
            guard let plain = Self.plain(value), plain.serializedBytes().count <= Self.maximumValueBytes else {
                return nil
            }
            values[name] = plain
        }
        return values
    }

    /// Numbers that are the same become the same text, because values are compared as text where they are stored.
    private static func plain(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .string, .bool: value
        case .number: value.intValue.map { JSONValue($0) } ?? value.doubleValue.map { JSONValue($0) } ?? value
        case .null, .array, .object: nil
        }
    }
}

extension EventCorrelation {
    /// `{"<name>": "<jq>"}`.
    package static func json(_ correlations: [EventCorrelation]) -> JSONValue {
        .object(
            JSONObject(
                uniqueKeysWithValues: correlations.sorted { $0.name < $1.name }.map { ($0.name, .string($0.source)) }))
    }

    package static func correlations(json: JSONValue) throws(MalformedJSON) -> [EventCorrelation] {
        var found: [EventCorrelation] = []
        for (name, value) in try StoredObject(json, "correlations").object {
            guard let source = value.stringValue else { throw MalformedJSON("correlations", name) }
            found.append(EventCorrelation(name: name, source: source))
        }
        return found
    }
}
