import Database
package import JSON
package import Primitives

/// A connector that was configured for a plant. The credential is only a handle.
package struct PlantConnection: Sendable, Hashable {
    package let id: ConnectionID
    package var name: String
    package var connectorSlug: String
    /// The connector's description, as JSON.
    package var connector: JSONValue
    package var configuration: JSONValue
    package var credentialID: CredentialID?
    /// For `ETag` and `If-Match`.
    package var version: Int64
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    /// What the audit shows of it.
    var audited: JSONValue {
        var value: JSONValue = [
            "name": .string(name), "connector": .string(connectorSlug), "configuration": configuration,
        ]
        value.set("credential", credentialID.map { .string($0.description) })
        return value
    }
}

extension PlantConnection {
    static let columns: StaticString =
        """
        connection_id, name, connector_slug, connector, configuration, credential_id, row_version, created_at,
        updated_at
        """

    init(row: Row) throws {
        self.init(
            id: try row.decode("connection_id"), name: try row.decode("name"),
            connectorSlug: try row.decode("connector_slug"), connector: try row.decode("connector"),
            configuration: try row.decode("configuration"),
            credentialID: try row.decode("credential_id", as: CredentialID?.self),
            version: try row.decode("row_version"), createdAt: try row.decode("created_at"),
            updatedAt: try row.decode("updated_at"))
    }
}

/// What somebody wants a connection to be.
package struct ConnectionDraft: Sendable {
    package var name: String
    package var connector: JSONValue
    package var configuration: JSONValue
    package var credentialID: CredentialID?

    package init(name: String, connector: JSONValue, configuration: JSONValue, credentialID: CredentialID? = nil) {
        self.name = name
        self.connector = connector
        self.configuration = configuration
        self.credentialID = credentialID
    }
}
