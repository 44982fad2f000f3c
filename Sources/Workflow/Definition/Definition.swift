package import JSON

/// A decoded, checked and compiled Open Workflow document. Immutable; cheap to copy.
package struct Definition: Sendable {
    /// The document as it was given; `$workflow.definition`.
    package let document: JSONValue
    package let header: DocumentHeader
    package let schedule: Schedule?
    /// The JSON Schema that the run's input must satisfy.
    package let inputSchema: JSONValue?
    /// Functions of the default catalog that tasks call, sorted.
    package let calledFunctions: [String]
    /// Capabilities that the plant must bind a connection to, sorted.
    package let requiredCapabilities: [String]
    /// Drivers that tasks use: `http` for `call: http`.
    package let usedDrivers: [FunctionTable.Driver]
    /// Workflows that `run: workflow` tasks start.
    package let childWorkflows: [WorkflowReference]
    /// Names declared in `use.secrets`.
    package let secrets: [String]
    /// Members of secrets that expressions ask for (`$secrets.name.member`), by the secret's name.
    package let secretMembers: [String: [String]]
    let program: Program
}

/// The `document` part.
package struct DocumentHeader: Sendable, Hashable {
    package var dsl: String
    package var namespace: String
    package var name: String
    package var version: String
    package var title: String?
    package var summary: String?
    package var tags: JSONValue
    package var metadata: JSONValue
}

package struct WorkflowReference: Sendable, Hashable {
    package var namespace: String
    package var name: String
    /// A semantic version, or `latest`.
    package var version: String

    package init(namespace: String, name: String, version: String) {
        self.namespace = namespace
        self.name = name
        self.version = version
    }
}
