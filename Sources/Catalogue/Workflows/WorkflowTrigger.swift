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

    /// As stored in `workflow_trigger.filter`: `{"attributes": {…}, "condition": "…", "variables": {…}}`.
    package var filterJSON: JSONValue {
        var json: JSONValue = [:]
        let attributes = filter.attributes.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        json.set("attributes", .object(JSONObject(uniqueKeysWithValues: attributes)))
        if let condition = filter.condition {
            json.set("condition", .string(condition))
            json.set("variables", filter.variables)
        }
        return json
    }

    package init(eventType: String, filterJSON json: JSONValue) {
        let attributes = (json["attributes"]?.objectValue ?? [:]).compactMap { member in
            member.value.stringValue.map { (member.key, $0) }
        }
        self.init(
            eventType: eventType,
            filter: EventFilter(
                attributes: Dictionary(attributes, uniquingKeysWith: { $1 }),
                condition: json["condition"]?.stringValue,
                variables: json["variables"] ?? .object([:])))
    }
}
