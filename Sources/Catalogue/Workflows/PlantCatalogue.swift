package import Database
package import JSON
package import Primitives

/// What the running part of the platform reads: a plant's definitions, triggers, contracts and connections. Plain
/// values; nothing is compiled and no secret is among them.
package struct PlantCatalogue: Sendable {
    /// A revision of a workflow. A digest names the same bytes for ever, so what was read once may be kept.
    package struct Revision: Sendable, Hashable {
        package let digest: String
        package let workflowID: WorkflowID
        /// The Open Workflow document.
        package let document: JSONValue
        /// With the defaults: `$context.parameters`.
        package let parameters: JSONValue
        package let bindings: [String: ConnectionID]
        /// `$workflow`: `{"id", "name", "template", "plant", "client"}`.
        package let facts: JSONValue
    }

    package struct Settings: Sendable, Hashable {
        /// Counts up with every change; 0 while the plant has never had a connection.
        package let revision: Int64
        package let connections: [PlantConnection]
    }

    /// A workflow as events see it.
    package struct Listing: Sendable, Hashable {
        package let id: WorkflowID
        package let name: String
        package let digest: String
        package let isEnabled: Bool
        /// The document's own name, by which other workflows of the plant call it.
        package let namespace: String
        package let documentName: String
        package let documentVersion: String
        package var triggers: [WorkflowTrigger] = []
        /// Event type → JSON Schema of the event's data.
        package var contracts: [String: JSONValue] = [:]
    }

    package struct Listings: Sendable, Hashable {
        /// The sum of the workflows' versions: it grows with every change of any of them.
        package let revision: Int64
        /// In the order in which they were cloned.
        package let workflows: [Listing]
    }

    private let database: Database

    package init(database: Database) { self.database = database }

    /// One for each digest that the plant has; one that it does not have is left out.
    package func revisions(_ digests: Set<String>, in scope: TenantScope) async throws -> [Revision] {
        let plant = try scope.requirePlant()
        let wanted = digests.sorted()
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT digest, workflow_id, document, parameters, bindings, facts
                FROM millwright.workflow_revision
                WHERE \(fragment: plant.condition) AND digest = ANY (\(wanted))
                ORDER BY digest
                """
            ])[0]
        return try rows.map { row in
            Revision(
                digest: try row.decode("digest"), workflowID: try row.decode("workflow_id"),
                document: try row.decode("document"), parameters: try row.decode("parameters"),
                bindings: [String: ConnectionID](json: try row.decode("bindings")), facts: try row.decode("facts"))
        }
    }

    package func settings(in scope: TenantScope) async throws -> Settings {
        let plant = try scope.requirePlant()
        let answers = try await database.readPipeline(
            scope,
            [
                Self.settingsRevision(plant),
                """
                SELECT \(raw: PlantConnection.columns)
                FROM millwright.connection
                WHERE \(fragment: plant.condition)
                ORDER BY connection_id
                """,
            ])
        return Settings(
            revision: try answers[0].first?.decode("revision") ?? 0,
            connections: try answers[1].map(PlantConnection.init(row:)))
    }

    package func settingsRevision(in scope: TenantScope) async throws -> Int64 {
        let plant = try scope.requirePlant()
        let rows = try await database.readPipeline(scope, [Self.settingsRevision(plant)])[0]
        return try rows.first?.decode("revision") ?? 0
    }

    private static func settingsRevision(_ plant: PlantKey) -> Statement {
        "SELECT revision FROM millwright.plant_settings_revision WHERE \(fragment: plant.condition)"
    }

    /// The workflows with their triggers and contracts. The revision is read first: when something changes while the
    /// rest is read, the answer is newer than its revision says, and whoever compares revisions reads it again.
    package func workflows(in scope: TenantScope) async throws -> Listings {
        let plant = try scope.requirePlant()
        let answers = try await database.readPipeline(
            scope,
            [
                """
                SELECT coalesce(sum(row_version), 0)::bigint AS revision
                FROM millwright.workflow
                WHERE \(fragment: plant.condition)
                """,
                """
                SELECT workflow_id, name, digest, is_enabled, document_namespace, document_name, document_version
                FROM millwright.workflow
                WHERE \(fragment: plant.condition)
                ORDER BY workflow_id
                """,
                """
                SELECT workflow_id, event_type, filter, set_size, correlations
                FROM millwright.workflow_trigger
                WHERE \(fragment: plant.condition)
                ORDER BY workflow_id, position
                """,
                """
                SELECT workflow_id, event_type, schema
                FROM millwright.event_contract
                WHERE \(fragment: plant.condition)
                ORDER BY workflow_id, event_type
                """,
            ])
        let triggers = try Self.triggers(answers[2])
        let contracts = try Self.contracts(answers[3])
        let workflows = try answers[1].map { row in
            var listing = try Listing(row: row)
            listing.triggers = triggers[listing.id] ?? []
            listing.contracts = contracts[listing.id] ?? [:]
            return listing
        }
        return Listings(revision: try answers[0].first?.decode("revision") ?? 0, workflows: workflows)
    }

    private static func triggers(_ rows: Rows) throws -> [WorkflowID: [WorkflowTrigger]] {
        var found: [WorkflowID: [WorkflowTrigger]] = [:]
        for row in rows {
            let trigger = try WorkflowTrigger(
                eventType: try row.decode("event_type"), filterJSON: try row.decode("filter"),
                setSize: try row.decode("set_size"), correlationsJSON: try row.decode("correlations"))
            found[try row.decode("workflow_id"), default: []].append(trigger)
        }
        return found
    }

    private static func contracts(_ rows: Rows) throws -> [WorkflowID: [String: JSONValue]] {
        var found: [WorkflowID: [String: JSONValue]] = [:]
        for row in rows {
            let type = try row.decode("event_type", as: String.self)
            found[try row.decode("workflow_id"), default: [:]][type] = try row.decode("schema", as: JSONValue.self)
        }
        return found
    }
}

extension PlantCatalogue.Listing {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.decode("workflow_id"), name: try row.decode("name"), digest: try row.decode("digest"),
            isEnabled: try row.decode("is_enabled"), namespace: try row.decode("document_namespace"),
            documentName: try row.decode("document_name"), documentVersion: try row.decode("document_version"))
    }
}
