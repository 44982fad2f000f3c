import Connectors
package import Database
import JSON
package import Primitives
import Tenancy

extension ConnectionDirectory {
    /// - Throws: `Problem(.invalidParameters)` with every mistake in the name, the connector, the configuration and the
    ///   credential; `Problem(.alreadyExists)` for a name that the plant has already.
    package func create(
        _ draft: ConnectionDraft, in scope: TenantScope, by actor: Actor
    ) async throws -> PlantConnection {
        let plant = try scope.requirePlant()
        let connector = try Self.check(draft)
        return try await refusingTakenName {
            try await database.transaction(scope) { transaction in
                try await Self.requireCredential(of: draft, connector, plant, transaction)
                let id = ConnectionID()
                try await transaction.batch(
                    [Self.insertion(id, draft, connector, plant)] + Self.announce(plant))
                let created = try await Self.current(id, plant, transaction)
                try await transaction.record(
                    AuditEntry(
                        "connection.created", objectType: "connection", objectID: id.description,
                        new: created.audited, by: actor))
                return created
            }
        }
    }

    /// Replaces everything of the connection but its id. Workflows that are bound to it must still find their
    /// capabilities in the new connector.
    ///
    /// - Parameter version: the one that the caller saw (`If-Match`); `nil` changes whatever is there.
    package func update(
        _ id: ConnectionID, to draft: ConnectionDraft, in scope: TenantScope, expecting version: Int64? = nil,
        by actor: Actor
    ) async throws -> PlantConnection {
        let plant = try scope.requirePlant()
        let connector = try Self.check(draft)
        return try await refusingTakenName {
            try await database.transaction(scope) { transaction in
                let old = try await Self.locked(id, plant, transaction)
                try requireVersion(version, of: old.version)
                try await Self.requireCredential(of: draft, connector, plant, transaction)
                try await Self.requireOperations(connector, of: id, plant, transaction)
                try await transaction.batch([Self.change(id, draft, connector, plant)] + Self.announce(plant))
                let new = try await Self.current(id, plant, transaction)
                try await transaction.record(
                    AuditEntry(
                        "connection.changed", objectType: "connection", objectID: id.description, old: old.audited,
                        new: new.audited, by: actor))
                return new
            }
        }
    }

    /// - Throws: `Problem(.wrongState)` while a workflow is bound to it.
    package func delete(
        _ id: ConnectionID, in scope: TenantScope, expecting version: Int64? = nil, by actor: Actor
    ) async throws {
        let plant = try scope.requirePlant()
        try await database.transaction(scope) { transaction in
            let old = try await Self.locked(id, plant, transaction)
            try requireVersion(version, of: old.version)
            let users = try await transaction.query(
                """
                SELECT DISTINCT workflow.name
                FROM millwright.workflow_binding AS binding
                JOIN millwright.workflow USING (partner_id, client_id, plant_id, workflow_id)
                WHERE \(fragment: plant.condition("binding")) AND binding.connection_id = \(id)
                ORDER BY workflow.name
                """
            ).column("name", as: String.self)
            guard users.isEmpty else {
                throw Problem(
                    .wrongState, "The connection is in use. Bind these workflows to another one first.",
                    items: users.map { .init(path: "/workflows", message: $0) })
            }
            try await transaction.batch(
                [
                    """
                    DELETE FROM millwright.connection
                    WHERE \(fragment: plant.condition) AND connection_id = \(id)
                    """
                ] + Self.announce(plant))
            try await transaction.record(
                AuditEntry(
                    "connection.deleted", objectType: "connection", objectID: id.description, old: old.audited,
                    by: actor))
        }
    }

    /// To be called in the transaction that changes a credential: every plant that uses it is sent its new version.
    package static func credentialChanged(
        _ credential: CredentialID, in transaction: TenantTransaction
    ) async throws {
        guard let partner = transaction.scope.partnerID else { return }
        let plants = try await transaction.query(
            """
            SELECT DISTINCT partner_id, client_id, plant_id
            FROM millwright.connection
            WHERE partner_id = \(partner) AND credential_id = \(credential)
            ORDER BY partner_id, client_id, plant_id
            """)
        for row in plants {
            let plant = PlantKey(
                partner: try row.decode("partner_id"), client: try row.decode("client_id"),
                plant: try row.decode("plant_id"))
            try await transaction.batch(announce(plant))
        }
    }

    private static func locked(
        _ id: ConnectionID, _ plant: PlantKey, _ transaction: TenantTransaction
    ) async throws -> PlantConnection {
        try await transaction.execute(
            """
            SELECT FROM millwright.connection
            WHERE \(fragment: plant.condition) AND connection_id = \(id)
            FOR UPDATE
            """)
        return try await current(id, plant, transaction)
    }

    private static func insertion(
        _ id: ConnectionID, _ draft: ConnectionDraft, _ connector: ConnectorDescription, _ plant: PlantKey
    ) -> Statement {
        """
        INSERT INTO millwright.connection (
          partner_id, client_id, plant_id, connection_id, name, connector_slug, connector, configuration,
          credential_id, created_at, updated_at)
        VALUES (
          \(fragment: plant.values), \(id), \(draft.name), \(connector.slug), \(draft.connector.serialized())::json,
          \(draft.configuration.serialized())::json, \(draft.credentialID), now(), now())
        """
    }

    private static func change(
        _ id: ConnectionID, _ draft: ConnectionDraft, _ connector: ConnectorDescription, _ plant: PlantKey
    ) -> Statement {
        """
        UPDATE millwright.connection
        SET name = \(draft.name), connector_slug = \(connector.slug),
          connector = \(draft.connector.serialized())::json,
          configuration = \(draft.configuration.serialized())::json, credential_id = \(draft.credentialID),
          row_version = row_version + 1, updated_at = now()
        WHERE \(fragment: plant.condition) AND connection_id = \(id)
        """
    }

    private func refusingTakenName<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as DatabaseError where error.violates(constraint: "connection_name_is_unique_in_plant") {
            throw Problem(
                .alreadyExists, "The plant has a connection with this name already.",
                items: [.init(path: "/name", message: "Is taken. Choose another one.")])
        }
    }
}
