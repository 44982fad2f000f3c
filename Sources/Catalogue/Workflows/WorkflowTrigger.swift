package import JSON
package import Workflow

/// Which events start a workflow: one filter of its definition's `schedule.on`.
package struct WorkflowTrigger: Sendable, Hashable {
    package var eventType: String
    /// Every given CloudEvents attribute must be equal, and the condition, where there is one, must hold.
    package var filter: EventFilter

    /// How many events start a run together: 1 for each alone.
    package var setSize: Int
    /// What the events of a set have in common.
    package var correlations: [EventCorrelation]

    package init(eventType: String, filter: EventFilter, setSize: Int = 1, correlations: [EventCorrelation] = []) {
        self.eventType = eventType
        self.filter = filter
        self.setSize = setSize
        self.correlations = correlations
    }

    package static func triggers(of definition: Definition) -> [WorkflowTrigger] {
        guard let on = definition.schedule?.on else { return [] }
        let setSize = on.mode == .all ? on.filters.count : 1
        return zip(on.filters, on.correlations).compactMap { filter, correlations in
            filter.attributes["type"].map {
                WorkflowTrigger(eventType: $0, filter: filter, setSize: setSize, correlations: correlations)
            }
        }
    }

    /// As stored in `workflow_trigger.filter`, in the words of the part that matches events.
    package var filterJSON: JSONValue { filter.json }

    package init(
        eventType: String, filterJSON: JSONValue, setSize: Int = 1, correlationsJSON: JSONValue = [:]
    ) throws(MalformedJSON) {
        self.init(
            eventType: eventType, filter: try EventFilter(json: filterJSON), setSize: setSize,
            correlations: try EventCorrelation.correlations(json: correlationsJSON))
    }
}
