package import JSON
package import Workflow

/// Which events start a workflow: one filter of its definition's `schedule.on`.
package struct WorkflowTrigger: Sendable, Hashable {
    package var eventType: String
    /// Every given CloudEvents attribute must be equal, and the condition, where there is one, must hold.
    package var filter: EventFilter

    package init(eventType: String, filter: EventFilter) {
        self.eventType = eventType
        self.filter = filter
    }

    package static func triggers(of definition: Definition) -> [WorkflowTrigger] {
        (definition.schedule?.on?.filters ?? []).compactMap { filter in
            filter.attributes["type"].map { WorkflowTrigger(eventType: $0, filter: filter) }
        }
    }

    /// As stored in `workflow_trigger.filter`, in the words of the part that matches events.
    package var filterJSON: JSONValue { filter.json }

    package init(eventType: String, filterJSON json: JSONValue) throws(MalformedJSON) {
        self.init(eventType: eventType, filter: try EventFilter(json: json))
    }
}
