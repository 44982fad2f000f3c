import Database
import JSON
package import Primitives

extension PrincipalDirectory {
    /// A new key. Its text is in the answer and nowhere else.
    package func issueKey(
        for id: PrincipalID, name: String, expiresAt: Timestamp? = nil, in scope: TenantScope, by actor: Actor
    ) async throws -> IssuedAPIKey {
        var findings = Findings()
        findings.checkName(name, "/name")
        findings.check(expiresAt.map { $0 > .now() } ?? true, "/expiresAt", "Must be in the future.")
        try findings.refuse("The key cannot be issued.")
        let token = APIKeyToken()
        let keyID = APIKeyID()
        let key = try await database.transaction(scope) { transaction in
            let principal = try await Self.current(id, transaction)
            try await transaction.execute(
                """
                INSERT INTO millwright.api_key (
                  partner_id, client_id, plant_id, api_key_id, principal_id, name, prefix, secret_sha256, expires_at)
                VALUES (
                  \(principal.home.ownerID), \(principal.home.clientID), \(principal.home.plantID), \(keyID), \(id),
                  \(name), \(token.prefix), \(token.secretDigest), \(expiresAt))
                """)
            let key = try await Self.currentKey(keyID, transaction)
            try await transaction.record(
                AuditEntry(
                    "api-key.issued", objectType: "api-key", objectID: keyID.description, new: key.audited,
                    by: actor, in: principal.home))
            return key
        }
        return IssuedAPIKey(key: key, token: token.text)
    }

    /// All keys of the principal, the newest first; revoked and expired ones too.
    package func keys(of id: PrincipalID, in scope: TenantScope) async throws -> [APIKey] {
        try await database.read(scope) { transaction in
            _ = try await Self.current(id, transaction)
            return try await transaction.query(
                "\(fragment: Self.keySelection) WHERE principal_id = \(id) ORDER BY api_key_id DESC LIMIT 200"
            ).map(APIKey.init(row:))
        }
    }

    /// From now on the key opens nothing, within a second on every replica. Revoking it again changes nothing.
    package func revokeKey(
        _ keyID: APIKeyID, in scope: TenantScope, reason: String? = nil, by actor: Actor
    ) async throws -> APIKey {
        let (old, new) = try await database.transaction(scope) { transaction in
            let old = try await Self.currentKey(keyID, transaction)
            guard old.revokedAt == nil else { return (old, old) }
            try await transaction.execute(
                "UPDATE millwright.api_key SET revoked_at = now() WHERE api_key_id = \(keyID) AND revoked_at IS NULL")
            let new = try await Self.currentKey(keyID, transaction)
            let home = try await Self.current(old.principalID, transaction).home
            try await transaction.record(
                AuditEntry(
                    "api-key.revoked", objectType: "api-key", objectID: keyID.description, old: old.audited,
                    new: new.audited, reason: reason, by: actor, in: home))
            return (old, new)
        }
        feed.announce(.principal(old.principalID))
        return new
    }

    private static func currentKey(_ id: APIKeyID, _ transaction: TenantTransaction) async throws -> APIKey {
        let rows = try await transaction.query("\(fragment: keySelection) WHERE api_key_id = \(id)")
        guard let row = rows.first else { throw Problem.notFound("API key") }
        return try APIKey(row: row)
    }

    private static let keySelection: Statement = """
        SELECT api_key_id, principal_id, name, prefix, created_at, expires_at, revoked_at, last_used_at
        FROM millwright.api_key
        """
}

extension APIKey {
    var audited: JSONValue {
        var value: JSONValue = [
            "principalId": .string(principalID.description), "name": .string(name), "prefix": .string(prefix),
        ]
        if let expiresAt { value.set("expiresAt", .string(expiresAt.description)) }
        if let revokedAt { value.set("revokedAt", .string(revokedAt.description)) }
        return value
    }
}
