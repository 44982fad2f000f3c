import Connectors
import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// A template version with a plant's values, checked as a whole: what a revision of a workflow is made of.
struct WorkflowPlan {
    let template: PublishedTemplate
    let definition: Definition
    let given: JSONValue
    /// With the defaults.
    let parameters: JSONValue
    let bindings: [String: ConnectionID]
    let facts: JSONValue

    /// SHA-256 over everything that a run is determined by besides its input, lower-case hex.
    var digest: String {
        ContentDigest.sha256(of: [
            "document": template.package.document, "parameters": parameters, "bindings": bindings.json, "facts": facts,
        ])
    }

    /// - Parameter isEnabled: whether the plant round it is asked, too. A disabled workflow starts nothing, and disabling must be
    ///   possible whatever has become of the plant.
    /// - Throws: `Problem(.invalidParameters)` with every mistake in the name, the parameters and the bindings.
    static func check(
        id: WorkflowID, name: String, template: PublishedTemplate, parameters: JSONValue,
        bindings: [String: ConnectionID], isEnabled: Bool, in plant: PlantKey, _ transaction: TenantTransaction
    ) async throws -> WorkflowPlan {
        let decoded = DefinitionDecoder.decode(template.package.document)
        guard let definition = decoded.definition else {
            throw Problem(
                .invalidDefinition, "The template cannot be used any more.",
                items: decoded.errors.map { .init(path: $0.path.description, message: $0.message) })
        }
        var findings = Findings()
        findings.checkName(name, at: "/name")
        let values = try ParameterValues.check(parameters, against: template.package.metadata.parameters)
        findings.add(contentsOf: values.findings)
        let connectors = try await connectors(bindings, plant, transaction)
        checkBindings(bindings, of: definition, connectors, &findings)
        if isEnabled { try await WorkflowSurroundings.check(definition, of: id, in: plant, transaction, &findings) }
        try findings.refuse("The workflow cannot be set up like this.")
        return WorkflowPlan(
            template: template, definition: definition, given: parameters, parameters: values.effective,
            bindings: bindings,
            facts: try await facts(id, name, template.version, plant, transaction))
    }

    /// The bound connections' connectors; a connection that the plant does not have is left out. They are locked
    /// against deletion until the transaction ends.
    private static func connectors(
        _ bindings: [String: ConnectionID], _ plant: PlantKey, _ transaction: TenantTransaction
    ) async throws -> [ConnectionID: ConnectorDescription] {
        let wanted = Array(Set(bindings.values)).sorted()
        let rows = try await transaction.query(
            """
            SELECT connection_id, connector
            FROM millwright.connection
            WHERE \(fragment: plant.condition) AND connection_id = ANY (\(wanted))
            ORDER BY connection_id
            FOR KEY SHARE
            """)
        var found: [ConnectionID: ConnectorDescription] = [:]
        for row in rows {
            let connector = ConnectorDecoder.decode(try row.decode("connector", as: JSONValue.self))
            found[try row.decode("connection_id")] = connector.description
        }
        return found
    }

    static func checkBindings(
        _ bindings: [String: ConnectionID], of definition: Definition,
        _ connectors: [ConnectionID: ConnectorDescription], _ findings: inout Findings
    ) {
        for capability in definition.requiredCapabilities {
            let path = "/bindings/\(capability)"
            guard let id = bindings[capability] else {
                findings.add(path, "The workflow needs a connection for “\(capability)”.")
                continue
            }
            guard let connector = connectors[id] else {
                findings.add(path, "The plant has no such connection.")
                continue
            }
            for operation in definition.operations(of: capability)
            where connector.operation(capability, operation.name) == nil {
                findings.add(path, "The connector “\(connector.title)” does not offer \(operation.qualifiedName).")
            }
        }
        for capability in bindings.keys.sorted() where !definition.requiredCapabilities.contains(capability) {
            findings.add("/bindings/\(capability)", "The workflow does not use “\(capability)”: leave it out.")
        }
    }

    /// What expressions see of the plant as `$workflow`. Part of the revision: a renamed plant does not change what a
    /// run that is under way computes.
    private static func facts(
        _ id: WorkflowID, _ name: String, _ version: TemplateVersion, _ plant: PlantKey,
        _ transaction: TenantTransaction
    ) async throws -> JSONValue {
        let row = try await transaction.one(
            """
            SELECT plant.slug AS plant_slug, plant.name AS plant_name, plant.time_zone, client.slug AS client_slug,
              client.name AS client_name
            FROM millwright.plant AS plant
            JOIN millwright.client AS client USING (partner_id, client_id)
            WHERE \(fragment: plant.condition("plant")) AND plant.status <> 'deleted'
            """)
        guard let row else { throw Problem.notFound("plant") }
        return [
            "id": .string(id.description), "name": .string(name),
            "template": ["slug": .string(version.slug), "version": .string(version.version.description)],
            "plant": [
                "id": .string(plant.plant.description), "slug": .string(try row.decode("plant_slug")),
                "name": .string(try row.decode("plant_name")), "timeZone": .string(try row.decode("time_zone")),
            ],
            "client": [
                "id": .string(plant.client.description), "slug": .string(try row.decode("client_slug")),
                "name": .string(try row.decode("client_name")),
            ],
        ]
    }
}

extension Definition {
    /// The operations of a capability that tasks call.
    func operations(of capability: String) -> [CapabilityOperation] {
        calledFunctions.compactMap(CapabilityTable.standard.operation(function:)).filter { $0.capability == capability }
    }
}
