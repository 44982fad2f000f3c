package import JQ
package import JSON

/// An event filter ready to be asked about many events.
package struct CompiledEventFilter: Sendable {
    package let filter: EventFilter
    private let condition: JQProgram?
    private let values: [JSONValue]
    private let budget: JQBudget

    /// - Throws: when the condition is not jq. Filters made by the engine always compile.
    package init(_ filter: EventFilter, budget: JQBudget = EngineLimits.expressionBudget) throws(JQCompileError) {
        self.filter = filter
        self.budget = budget
        let members = filter.variables.objectValue ?? [:]
        values = members.values
        guard let source = filter.condition else {
            condition = nil
            return
        }
        condition = try JQProgram(source, variables: members.keys)
    }

    /// Whether it has more to look at than attributes.
    package var hasCondition: Bool { condition != nil }

    /// Whether the event satisfies the filter. A condition that fails on the event (wrong types, over its budget) does
    /// not hold: one odd event must not stop the others.
    package func matches(_ event: JSONValue) -> Bool {
        var allowance = EvaluationAllowance.unbounded
        return matches(event, &allowance)
    }

    /// The same, at the cost of an allowance. When that is spent already, nothing matches: its owner must look.
    package func matches(_ event: JSONValue, _ allowance: inout EvaluationAllowance) -> Bool {
        guard !allowance.isSpent else { return false }
        var steps = 1
        defer { allowance.spend(steps) }
        for (name, expected) in filter.attributes {
            guard let value = event[name], !value.isNull, EventFilter.text(value) == expected else { return false }
        }
        guard let condition else { return true }
        guard let result = try? condition.first(event, variables: values, budget: budget, addingTo: &steps) else {
            return false
        }
        return result == .bool(true)
    }
}
