import Connectors
import Database
import JSON
import Primitives
import Workflow

extension ConnectionDirectory {
    /// Everything about a draft that can be said without the database.
    static func check(_ draft: ConnectionDraft) throws(Problem) -> ConnectorDescription {
        var findings = Findings()
        findings.checkName(draft.name, at: "/name")
        let decoded = ConnectorDecoder.decode(draft.connector)
        findings.add(contentsOf: decoded.diagnostics.map { $0.item(below: "/connector") })
        if let description = decoded.description {
            findings.add(contentsOf: configurationFindings(draft, description))
        }
        try findings.refuse("The connection cannot be set up like this.")
        guard let description = decoded.description else {
            throw Problem(.invalidParameters, "The connector's description cannot be read.")
        }
        return description
    }

    /// Sets the connection up for a moment, as the runner will, only without the secret.
    private static func configurationFindings(
        _ draft: ConnectionDraft, _ description: ConnectorDescription
    ) -> [Problem.Item] {
        do {
            _ = try Connection(
                id: ConnectionID(), name: draft.name, description: description, configuration: draft.configuration,
                credential: nil)
            return []
        } catch {
            return error.diagnostics.compactMap { diagnostic in
                let isSecretMissing = diagnostic.code == .missing && diagnostic.path.tokens.isEmpty
                if isSecretMissing, draft.credentialID != nil { return nil }
                return diagnostic.item(below: isSecretMissing ? "/credential" : "/configuration")
            }
        }
    }

    /// The workflows that are bound to the connection go on finding what they call.
    static func requireOperations(
        _ connector: ConnectorDescription, of id: ConnectionID, _ plant: PlantKey, _ transaction: TenantTransaction
    ) async throws {
        let rows = try await transaction.query(
            """
            SELECT workflow.name, binding.capability, revision.document
            FROM millwright.workflow_binding AS binding
            JOIN millwright.workflow AS workflow USING (partner_id, client_id, plant_id, workflow_id)
            JOIN millwright.workflow_revision AS revision USING (partner_id, client_id, plant_id, digest)
            WHERE \(fragment: plant.condition("binding")) AND binding.connection_id = \(id)
            ORDER BY workflow.name, binding.capability
            """)
        var findings = Findings()
        for row in rows {
            let name = try row.decode("name", as: String.self)
            let capability = try row.decode("capability", as: String.self)
            let definition = DefinitionDecoder.decode(try row.decode("document")).definition
            for operation in definition?.operations(of: capability) ?? []
            where connector.operation(capability, operation.name) == nil {
                findings.add(
                    "/connector", "The workflow “\(name)” calls \(operation.qualifiedName), which this connector lacks."
                )
            }
        }
        try findings.refuse("The connection is in use and must keep what is called through it.", as: .wrongState)
    }

    /// The handle must name a credential of the plant, its client or its partner, and one that may be sent to where the
    /// connection leads.
    static func requireCredential(
        of draft: ConnectionDraft, _ connector: ConnectorDescription, _ plant: PlantKey,
        _ transaction: TenantTransaction
    ) async throws {
        guard let credential = draft.credentialID else { return }
        let found = try await transaction.one(
            """
            SELECT plant_id, hosts
            FROM millwright.credential
            WHERE partner_id = \(plant.partner) AND credential_id = \(credential) AND status = 'active'
              AND (client_id IS NULL OR client_id = \(plant.client))
              AND (plant_id IS NULL OR plant_id = \(plant.plant))
            """)
        guard let found else { throw refusal("There is no such credential.") }
        let reach = CredentialReach(
            isPlants: try found.decode("plant_id", as: PlantID?.self) != nil, hosts: try found.decode("hosts"))
        let destinations = Connection.credentialDestinations(connector, configuration: draft.configuration)
        if let reason = reach.objection(to: destinations) { throw refusal(reason) }
    }

    private static func refusal(_ reason: String) -> Problem {
        Problem(
            .invalidParameters, "The connection cannot be set up like this.",
            items: [.init(path: "/credential", message: reason)])
    }
}

extension ConnectorDiagnostic {
    fileprivate func item(below prefix: String) -> Problem.Item {
        .init(path: prefix + path.description, message: message)
    }
}
