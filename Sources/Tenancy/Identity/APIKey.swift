import Database
package import Primitives

/// A key as an administrator sees it: everything but the secret.
package struct APIKey: Sendable, Hashable {
    package var id: APIKeyID
    package var principalID: PrincipalID
    package var name: String
    /// The eight characters by which a person recognises it.
    package var prefix: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?
    /// To the minute.
    package var lastUsedAt: Timestamp?
}

/// A key at the moment of its making: the only time at which its text can be had.
package struct IssuedAPIKey: Sendable {
    package var key: APIKey
    package var token: Redacted<String>
}

extension APIKey {
    init(row: Row) throws {
        self.init(
            id: try row.decode("api_key_id"), principalID: try row.decode("principal_id"),
            name: try row.decode("name"), prefix: try row.decode("prefix"),
            createdAt: try row.decode("created_at"), expiresAt: try row.decode("expires_at", as: Timestamp?.self),
            revokedAt: try row.decode("revoked_at", as: Timestamp?.self),
            lastUsedAt: try row.decode("last_used_at", as: Timestamp?.self))
    }
}
