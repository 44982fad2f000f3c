import Database
package import JSON
package import Primitives

/// A template version cloned into a plant.
package struct PlantWorkflow: Sendable, Hashable {
    package let id: WorkflowID
    package var name: String
    package var templateVersionID: TemplateVersionID
    package var templateSlug: String
    package var templateVersion: String
    /// As the plant gave them, without defaults: an upgrade brings the new version's defaults.
    package var parameters: JSONValue
    /// Capability → connection.
    package var bindings: [String: ConnectionID]
    /// Names the current revision: new runs start with it.
    package var digest: String
    package var isEnabled: Bool
    /// For `ETag` and `If-Match`.
    package var version: Int64
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    /// What the audit shows of it.
    var audited: JSONValue {
        [
            "name": .string(name), "template": .string("\(templateSlug) \(templateVersion)"),
            "parameters": parameters, "bindings": bindings.json, "digest": .string(digest),
            "enabled": .bool(isEnabled),
        ]
    }
}

extension PlantWorkflow {
    static let selection: StaticString =
        """
        SELECT workflow.workflow_id, workflow.name, workflow.template_version_id, template_version.slug,
          template_version.version, workflow.parameters, workflow.bindings, workflow.digest, workflow.is_enabled,
          workflow.row_version, workflow.created_at, workflow.updated_at
        FROM millwright.workflow AS workflow
        JOIN millwright.template_version AS template_version USING (partner_id, template_version_id)
        """

    init(row: Row) throws {
        self.init(
            id: try row.decode("workflow_id"), name: try row.decode("name"),
            templateVersionID: try row.decode("template_version_id"), templateSlug: try row.decode("slug"),
            templateVersion: try row.decode("version"), parameters: try row.decode("parameters"),
            bindings: [String: ConnectionID](json: try row.decode("bindings")), digest: try row.decode("digest"),
            isEnabled: try row.decode("is_enabled"), version: try row.decode("row_version"),
            createdAt: try row.decode("created_at"), updatedAt: try row.decode("updated_at"))
    }
}

extension [String: ConnectionID] {
    package var json: JSONValue {
        .object(JSONObject(uniqueKeysWithValues: sorted { $0.key < $1.key }.map { ($0.key, .string("\($0.value)")) }))
    }

    package init(json: JSONValue) {
        self.init(minimumCapacity: 4)
        for (capability, value) in json.objectValue ?? [:] {
            self[capability] = value.stringValue.flatMap { ConnectionID($0) }
        }
    }
}

/// What somebody wants a new workflow to be.
package struct WorkflowDraft: Sendable {
    package var name: String
    package var template: TemplateReference
    package var parameters: JSONValue
    package var bindings: [String: ConnectionID]
    package var isEnabled: Bool

    package init(
        name: String, template: TemplateReference, parameters: JSONValue = [:], bindings: [String: ConnectionID] = [:],
        isEnabled: Bool = true
    ) {
        self.name = name
        self.template = template
        self.parameters = parameters
        self.bindings = bindings
        self.isEnabled = isEnabled
    }
}

/// What is to change; what is `nil` stays.
package struct WorkflowChange: Sendable {
    package var name: String?
    /// Another version of the same template.
    package var template: TemplateReference?
    package var parameters: JSONValue?
    package var bindings: [String: ConnectionID]?
    package var isEnabled: Bool?

    package init(
        name: String? = nil, template: TemplateReference? = nil, parameters: JSONValue? = nil,
        bindings: [String: ConnectionID]? = nil, isEnabled: Bool? = nil
    ) {
        self.name = name
        self.template = template
        self.parameters = parameters
        self.bindings = bindings
        self.isEnabled = isEnabled
    }
}
