package import JSON

/// What `template.yaml` says about a template.
package struct TemplateMetadata: Sendable {
    /// For people: `Maintenance triage`.
    package var name: String
    package var version: VersionNumber
    /// One sentence.
    package var summary: String
    /// Markdown, as long as it needs.
    package var description: String?
    /// What a plant must bind a connection for, as the author declares it; lint holds it against the calls.
    package var capabilities: [String]
    /// The roles that people need for the parameters' default values.
    package var roles: [String]
    /// The events that start a run.
    package var eventTypes: [EventTypeDeclaration]
    /// The events that a run publishes.
    package var emits: [EventTypeDeclaration]
    /// A JSON Schema of an object; its defaults are what a plant gets that says nothing.
    package var parameters: JSONValue
    package var serviceLevels: [ServiceLevel]
}

package struct EventTypeDeclaration: Sendable, Hashable {
    package var type: String
    package var summary: String?
    /// Of the event's `data`. Every event type that starts a run has one; for an emitted event it is optional.
    package var schema: JSONValue?
}

/// A promised time, which is one of the parameters.
package struct ServiceLevel: Sendable, Hashable {
    package enum Unit: String, Sendable, Hashable, CaseIterable {
        case seconds, minutes, hours, days
    }

    package var name: String
    package var summary: String
    package var parameter: String
    package var unit: Unit
}
