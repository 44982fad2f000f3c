import Catalogue
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Templates, and what a plant makes of them: connections and workflows.
struct CatalogueOperations {
    let templates: TemplateDirectory
    let connections: ConnectionDirectory
    let workflows: WorkflowDirectory

    var all: [Operation] {
        [
            listPlatformTemplates, publishPlatformTemplate, listTemplates, listVersions, readTemplate, publishTemplate,
            listConnections, createConnection, readConnection, replaceConnection, deleteConnection,
            listWorkflows, cloneWorkflow, readWorkflow, changeWorkflow,
        ]
    }

    // MARK: Templates

    private static let versionSchema = Schema.object(
        [
            "id": Schema.uuid, "slug": Schema.string, "version": Schema.string, "digest": Schema.string,
            "name": Schema.string, "summary": Schema.string, "origin": Schema.oneOf(TemplateVersion.Origin.self),
            "publishedAt": Schema.timestamp, "publishedBy": Schema.string, "parameters": Schema.anyObject,
            "capabilities": Schema.array(Schema.string), "roles": Schema.array(Schema.string),
            "description": Schema.string, "workflow": Schema.anyObject,
        ], required: ["id", "slug", "version", "digest", "name", "summary"])

    private static func json(_ version: TemplateVersion) -> JSONValue {
        [
            "id": .string(version.id.description), "slug": .string(version.slug),
            "version": .string("\(version.version)"), "digest": .string(version.digest),
            "name": .string(version.name), "summary": .string(version.summary),
            "origin": .string(version.origin.rawValue), "publishedAt": .string(version.publishedAt.description),
            "publishedBy": .string(version.publishedBy),
        ]
    }

    private static func json(_ template: PublishedTemplate) -> JSONValue {
        var value = json(template.version)
        let metadata = template.package.metadata
        value.set("parameters", metadata.parameters)
        value.set("capabilities", .array(metadata.capabilities.map(JSONValue.string)))
        value.set("roles", .array(metadata.roles.map(JSONValue.string)))
        if let description = metadata.description { value.set("description", .string(description)) }
        value.set("workflow", template.package.document)
        return value
    }

    private func listing(_ id: String, _ path: String, _ source: ScopeSource) -> Operation {
        Operation(
            id: id, method: .get, path: path, summary: "The newest version of each template that can be cloned here.",
            tag: "Templates", access: .permission(.templatesRead, on: source),
            success: .init(.ok, "All of them, by name.", schema: Schema.page(Self.versionSchema))
        ) { call in
            .page(Page(items: try await templates.latest(in: call.scope), next: nil), Self.json)
        }
    }

    private var listPlatformTemplates: Operation {
        listing("listPlatformTemplates", "/v1/platform/templates", .platform)
    }

    private var listTemplates: Operation { listing("listTemplates", "/v1/partners/{partner}/templates", .partner) }

    private var listVersions: Operation {
        Operation(
            id: "listTemplateVersions", method: .get, path: "/v1/partners/{partner}/template-versions",
            summary: "Every version, oldest first.", tag: "Templates",
            access: .permission(.templatesRead, on: .partner),
            query: QueryParameter.page + [.init("slug", "Only versions of this template.")],
            success: .init(.ok, "A page of versions.", schema: Schema.page(Self.versionSchema))
        ) { call in
            try .page(
                await templates.versions(of: call.queryValues["slug"], in: call.scope, page: call.pageRequest()),
                Self.json)
        }
    }

    private var readTemplate: Operation {
        Operation(
            id: "readTemplateVersion", method: .get, path: "/v1/partners/{partner}/template-versions/{version}",
            summary: "One version with its parameters and its document.", tag: "Templates",
            access: .permission(.templatesRead, on: .partner),
            success: .init(.ok, "The version.", schema: Self.versionSchema)
        ) { call in
            .json(Self.json(try await templates.template(call.id("version", of: "template version"), in: call.scope)))
        }
    }

    private func publishing(_ id: String, _ path: String, _ source: ScopeSource) -> Operation {
        Operation(
            id: id, method: .post, path: path,
            summary: "Publishes a template version. It is checked first, and never changes afterwards.",
            tag: "Templates", access: .permission(.templatesPublish, on: source),
            body: .init(Schema.anyObject, maximumBytes: 4 << 20),
            success: .init(.created, "The version; 200 when it was published before.", schema: Self.versionSchema)
        ) { call in
            let package = try TemplatePackage(content: call.body)
            let published = try await templates.publish(package, in: call.scope, by: call.actor)
            return .json(Self.json(published.version), published.isNew ? .created : .ok)
        }
    }

    private var publishPlatformTemplate: Operation {
        publishing("publishPlatformTemplate", "/v1/platform/templates", .platform)
    }

    private var publishTemplate: Operation {
        publishing("publishTemplate", "/v1/partners/{partner}/templates", .partner)
    }

    // MARK: Connections

    private static let connectionSchema = Schema.object(
        [
            "id": Schema.uuid, "name": Schema.string, "connector": Schema.anything, "configuration": Schema.anyObject,
            "credentialId": Schema.nullable(Schema.uuid), "createdAt": Schema.timestamp, "updatedAt": Schema.timestamp,
        ], required: ["id", "name", "connector", "configuration"])
    private static let connectionDraftSchema = Schema.object(
        [
            "name": Schema.text, "connector": Schema.anyObject, "configuration": Schema.anyObject,
            "credentialId": Schema.nullable(Schema.uuid),
        ], required: ["name", "connector"])

    private static func json(_ connection: PlantConnection) -> JSONValue {
        var object: JSONObject = [
            "id": .string(connection.id.description), "name": .string(connection.name),
            "connector": connection.connector, "configuration": connection.configuration,
            "createdAt": .string(connection.createdAt.description),
            "updatedAt": .string(connection.updatedAt.description),
        ]
        object.set("credentialId", ifPresent: connection.credentialID.json)
        return .object(object)
    }

    private static func connectionDraft(_ call: Call) throws -> ConnectionDraft {
        ConnectionDraft(
            name: call.text("name"), connector: call.body["connector"] ?? .null,
            configuration: call.body["configuration"] ?? .object([:]),
            credentialID: call.body["credentialId"]?.stringValue.flatMap { CredentialID($0) })
    }

    private var listConnections: Operation {
        Operation(
            id: "listConnections", method: .get, path: "/v1/plants/{plant}/connections",
            summary: "The systems that this plant is connected to.", tag: "Connections",
            access: .permission(.connectionsRead, on: .plant), query: QueryParameter.page,
            success: .init(.ok, "A page of connections.", schema: Schema.page(Self.connectionSchema))
        ) { call in try .page(await connections.list(in: call.scope, page: call.pageRequest()), Self.json) }
    }

    private var createConnection: Operation {
        Operation(
            id: "createConnection", method: .post, path: "/v1/plants/{plant}/connections",
            summary: "Connects the plant to a system, with a connector description and a credential.",
            tag: "Connections", access: .permission(.connectionsWrite, on: .plant),
            body: .init(Self.connectionDraftSchema),
            success: .init(.created, "The connection.", schema: Self.connectionSchema)
        ) { call in
            let made = try await connections.create(Self.connectionDraft(call), in: call.scope, by: call.actor)
            return .created(
                Self.json(made), at: "\(call.plantPath)/connections/\(made.id)", version: made.version)
        }
    }

    private var readConnection: Operation {
        Operation(
            id: "readConnection", method: .get, path: "/v1/plants/{plant}/connections/{connection}",
            summary: "One connection, with its ETag.", tag: "Connections",
            access: .permission(.connectionsRead, on: .plant),
            success: .init(.ok, "The connection.", schema: Self.connectionSchema)
        ) { call in
            let connection = try await connections.connection(call.id("connection", of: "connection"), in: call.scope)
            return .versioned(Self.json(connection), connection.version)
        }
    }

    private var replaceConnection: Operation {
        Operation(
            id: "replaceConnection", method: .put, path: "/v1/plants/{plant}/connections/{connection}",
            summary: "Replaces a connection; the runner gets it with its next settings.", tag: "Connections",
            access: .permission(.connectionsWrite, on: .plant), body: .init(Self.connectionDraftSchema),
            success: .init(.ok, "The connection as it is now.", schema: Self.connectionSchema), requiresVersion: true
        ) { call in
            let changed = try await connections.update(
                call.id("connection", of: "connection"), to: Self.connectionDraft(call), in: call.scope,
                expecting: call.expectedVersion, by: call.actor)
            return .versioned(Self.json(changed), changed.version)
        }
    }

    private var deleteConnection: Operation {
        Operation(
            id: "deleteConnection", method: .delete, path: "/v1/plants/{plant}/connections/{connection}",
            summary: "Removes a connection that no workflow uses.", tag: "Connections",
            access: .permission(.connectionsWrite, on: .plant), success: .init(.noContent, "It is removed.")
        ) { call in
            try await connections.delete(call.id("connection", of: "connection"), in: call.scope, by: call.actor)
            return .noContent
        }
    }

    // MARK: Workflows

    private static let workflowSchema = Schema.object(
        [
            "id": Schema.uuid, "name": Schema.string, "template": Schema.string, "templateVersion": Schema.string,
            "templateVersionId": Schema.uuid, "parameters": Schema.anyObject, "bindings": Schema.anyObject,
            "digest": Schema.string, "enabled": Schema.boolean, "createdAt": Schema.timestamp,
            "updatedAt": Schema.timestamp,
        ], required: ["id", "name", "template", "templateVersion", "parameters", "bindings", "enabled"])

    private static func json(_ workflow: PlantWorkflow) -> JSONValue {
        var bindings: JSONObject = [:]
        for (capability, connection) in workflow.bindings.sorted(by: { $0.key < $1.key }) {
            bindings[capability] = .string(connection.description)
        }
        return [
            "id": .string(workflow.id.description), "name": .string(workflow.name),
            "template": .string(workflow.templateSlug), "templateVersion": .string(workflow.templateVersion),
            "templateVersionId": .string(workflow.templateVersionID.description),
            "parameters": workflow.parameters, "bindings": .object(bindings), "digest": .string(workflow.digest),
            "enabled": .bool(workflow.isEnabled), "createdAt": .string(workflow.createdAt.description),
            "updatedAt": .string(workflow.updatedAt.description),
        ]
    }

    private static let templateSchema: JSONValue = [
        "description": "A template's name for its newest version, name@version, or the id of a version.",
        "type": "string", "minLength": 1,
    ]

    private static func template(_ text: String) throws(Problem) -> TemplateReference {
        if let id = TemplateVersionID(text) { return .id(id) }
        let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return .name(text, nil) }
        guard let version = VersionNumber(parts[1]) else {
            throw Problem(
                .invalidParameters, "There is no such version.",
                items: [.init(path: "/template", message: "A version has three numbers, like 1.0.0.")])
        }
        return .name(parts[0], version)
    }

    private static func bindings(_ value: JSONValue) throws(Problem) -> [String: ConnectionID] {
        var bindings: [String: ConnectionID] = [:]
        for (capability, connection) in value.objectValue ?? [:] {
            guard let id = connection.stringValue.flatMap({ ConnectionID($0) }) else {
                throw Problem(
                    .invalidParameters, "The bindings cannot be used.",
                    items: [.init(path: "/bindings/\(capability)", message: "Must be the id of a connection.")])
            }
            bindings[capability] = id
        }
        return bindings
    }

    private var listWorkflows: Operation {
        Operation(
            id: "listWorkflows", method: .get, path: "/v1/plants/{plant}/workflows",
            summary: "The workflows of this plant.", tag: "Workflows",
            access: .permission(.workflowsRead, on: .plant), query: QueryParameter.page,
            success: .init(.ok, "A page of workflows.", schema: Schema.page(Self.workflowSchema))
        ) { call in try .page(await workflows.list(in: call.scope, page: call.pageRequest()), Self.json) }
    }

    private var cloneWorkflow: Operation {
        Operation(
            id: "cloneWorkflow", method: .post, path: "/v1/plants/{plant}/workflows",
            summary: "Clones a template into this plant with its own parameters and connections.", tag: "Workflows",
            access: .permission(.workflowsWrite, on: .plant),
            body: .init(
                Schema.object(
                    [
                        "name": Schema.text, "template": Self.templateSchema, "parameters": Schema.anyObject,
                        "bindings": Schema.anyObject, "enabled": Schema.boolean,
                    ], required: ["name", "template"])),
            success: .init(.created, "The workflow.", schema: Self.workflowSchema)
        ) { call in
            let draft = WorkflowDraft(
                name: call.text("name"), template: try Self.template(call.text("template")),
                parameters: call.body["parameters"] ?? .object([:]),
                bindings: try Self.bindings(call.body["bindings"] ?? .null),
                isEnabled: call.body["enabled"]?.boolValue ?? true)
            let made = try await workflows.clone(draft, in: call.scope, by: call.actor)
            return .created(Self.json(made), at: "\(call.plantPath)/workflows/\(made.id)", version: made.version)
        }
    }

    private var readWorkflow: Operation {
        Operation(
            id: "readWorkflow", method: .get, path: "/v1/plants/{plant}/workflows/{workflow}",
            summary: "One workflow, with its ETag.", tag: "Workflows",
            access: .permission(.workflowsRead, on: .plant),
            success: .init(.ok, "The workflow.", schema: Self.workflowSchema)
        ) { call in
            let workflow = try await workflows.workflow(call.id("workflow", of: "workflow"), in: call.scope)
            return .versioned(Self.json(workflow), workflow.version)
        }
    }

    private var changeWorkflow: Operation {
        Operation(
            id: "changeWorkflow", method: .patch, path: "/v1/plants/{plant}/workflows/{workflow}",
            summary:
                "Changes name, version, parameters or connections, or enables and disables it. Runs go on as they are.",
            tag: "Workflows", access: .permission(.workflowsWrite, on: .plant),
            body: .init(
                Schema.object([
                    "name": Schema.text, "template": Self.templateSchema, "parameters": Schema.anyObject,
                    "bindings": Schema.anyObject, "enabled": Schema.boolean, "reason": Schema.text,
                ])),
            success: .init(.ok, "The workflow as it is now.", schema: Self.workflowSchema), requiresVersion: true
        ) { call in
            let change = WorkflowChange(
                name: call.body["name"]?.stringValue,
                template: try call.body["template"]?.stringValue.map { try Self.template($0) },
                parameters: call.body["parameters"], bindings: try call.body["bindings"].map { try Self.bindings($0) },
                isEnabled: call.body["enabled"]?.boolValue)
            let changed = try await workflows.change(
                call.id("workflow", of: "workflow"), change, in: call.scope, expecting: call.expectedVersion,
                reason: call.body["reason"]?.stringValue, by: call.actor)
            return .versioned(Self.json(changed), changed.version)
        }
    }
}

extension Call {
    /// The path of the plant that the call names.
    var plantPath: String { "/v1/plants/" + (pathValues["plant"] ?? "") }
}
