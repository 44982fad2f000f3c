package import Crypto
package import Database
package import JSON
package import Primitives
import Synchronization

/// The credentials of all tenants. A value goes in and never comes out, except sealed to a runner's own key.
package final class Vault: Sendable {
    /// Most bytes of a value: room for a certificate chain.
    package static let maximumValueBytes = 65_536

    let database: Database
    let audit: any VaultAudit
    let keys: TenantKeyring

    package init(masterKey: MasterKey, database: Database, audit: any VaultAudit) {
        self.database = database
        self.audit = audit
        keys = TenantKeyring(masterKey: masterKey)
    }

    /// A key for what leaves the platform and must come back unchanged. Every replica has the same; it changes with the
    /// master key.
    package func derivedKey(for purpose: String) -> SymmetricKey { keys.masterKey.derivedKey(for: purpose) }

    // MARK: Reading handles

    /// The credentials that can be used in the scope: its own, those below, and those of the levels above it.
    package func credentials(in scope: TenantScope, after: CredentialID? = nil, limit: Int = 100) async throws
        -> [Credential]
    {
        try await database.read(scope) { transaction in
            try await transaction.query(
                """
                \(fragment: Self.selection)
                WHERE status = 'active' AND (\(after)::uuid IS NULL OR credential_id > \(after))
                ORDER BY credential_id
                LIMIT \(min(max(limit, 1), 1000))
                """
            ).map(Credential.init(row:))
        }
    }

    package func credential(_ id: CredentialID, in scope: TenantScope) async throws -> Credential {
        try await database.read(scope) { try await Self.current(id, $0) }
    }

    /// By the name that files and people use, in exactly this scope.
    package func credential(named name: String, in scope: TenantScope) async throws -> Credential? {
        try await database.read(scope) { transaction in
            try await transaction.query(
                """
                \(fragment: Self.selection)
                WHERE status = 'active' AND name = \(name) AND partner_id = \(scope.partnerID)
                  AND client_id IS NOT DISTINCT FROM \(scope.clientID)
                  AND plant_id IS NOT DISTINCT FROM \(scope.plantID)
                """
            ).first.map(Credential.init(row:))
        }
    }

    static func current(_ id: CredentialID, _ transaction: TenantTransaction, lock: Statement = "") async throws
        -> Credential
    {
        let rows = try await transaction.query(
            "\(fragment: selection) WHERE credential_id = \(id) AND status = 'active' \(fragment: lock)")
        guard let row = rows.first else { throw Problem.notFound("credential") }
        return try Credential(row: row)
    }

    private static let selection: Statement = """
        SELECT partner_id, client_id, plant_id, credential_id, name, kind, hosts, current_version, version,
          created_at, rotated_at
        FROM millwright.credential
        """

    // MARK: Changing

    /// Stores a new credential of a partner, a client or a plant.
    ///
    /// - Parameter hosts: where it may be sent to; a partner and a client must say, because their plants use it.
    package func create(
        name: String, kind: String, value: Redacted<[UInt8]>, hosts: [String] = [], in scope: TenantScope,
        by actor: Actor
    ) async throws -> Credential {
        guard let partner = scope.partnerID else {
            throw Problem(.invalidRequest, "The platform itself has no credentials; name a partner, client or plant.")
        }
        let hosts = try Self.canonical(hosts, in: scope)
        try Self.validate(name: name, kind: kind, value: value)
        let id = CredentialID()
        do {
            return try await database.transaction(scope) { transaction in
                let key = try await self.keys.currentKey(of: partner, transaction)
                try await transaction.batch([
                    """
                    INSERT INTO millwright.credential (
                      partner_id, client_id, plant_id, credential_id, name, kind, hosts, current_version)
                    VALUES (
                      \(partner), \(scope.clientID), \(scope.plantID), \(id), \(name), \(kind), \(hosts), 1)
                    """,
                    try Self.insertion(of: value, id, version: 1, in: scope, under: key),
                ])
                let created = try await Self.current(id, transaction)
                try await self.audit.record(
                    VaultChange(kind: .created, credential: created, actor: actor), in: transaction)
                return created
            }
        } catch let error as DatabaseError where error.isUniqueViolation {
            throw Problem(
                .alreadyExists, "There is already a credential with this name.",
                items: [.init(path: "/name", message: "Is taken.")])
        } catch let error as DatabaseError where error.isForeignKeyViolation {
            throw Problem.notFound("tenant")
        }
    }

    /// The same for a value of several parts: `{"username": …, "password": …}`.
    package func create(
        name: String, kind: String, value: Redacted<JSONValue>, hosts: [String] = [], in scope: TenantScope,
        by actor: Actor
    ) async throws -> Credential {
        try await create(name: name, kind: kind, value: value.serialized, hosts: hosts, in: scope, by: actor)
    }

    /// Gives the credential a new value. Runners that hold the old one get the new one with their next settings.
    package func rotate(
        _ id: CredentialID, to value: Redacted<[UInt8]>, in scope: TenantScope, expecting version: Int64? = nil,
        reason: String? = nil, by actor: Actor
    ) async throws -> Credential {
        try Self.validate(value: value)
        return try await database.transaction(scope) { transaction in
            let old = try await Self.owned(id, by: scope, expecting: version, transaction)
            guard let partner = old.scope.partnerID else { throw Problem.notFound("credential") }
            let key = try await self.keys.currentKey(of: partner, transaction)
            let next = old.currentVersion + 1
            try await transaction.batch([
                try Self.insertion(of: value, id, version: next, in: old.scope, under: key),
                """
                UPDATE millwright.credential
                SET current_version = \(next), version = version + 1, rotated_at = now()
                WHERE credential_id = \(id)
                """,
                // The old value has no further use: runners are sent the current one only.
                """
                DELETE FROM millwright.credential_version
                WHERE credential_id = \(id) AND credential_version < \(next)
                """,
            ])
            let rotated = try await Self.current(id, transaction)
            try await self.audit.record(
                VaultChange(kind: .rotated, credential: rotated, actor: actor, reason: reason), in: transaction)
            return rotated
        }
    }

    package func rotate(
        _ id: CredentialID, to value: Redacted<JSONValue>, in scope: TenantScope, expecting version: Int64? = nil,
        reason: String? = nil, by actor: Actor
    ) async throws -> Credential {
        try await rotate(id, to: value.serialized, in: scope, expecting: version, reason: reason, by: actor)
    }

    /// Deletes the sealed versions for good. The handle's row stays for the audit and answers as not found.
    package func delete(
        _ id: CredentialID, in scope: TenantScope, expecting version: Int64? = nil, reason: String? = nil,
        by actor: Actor
    ) async throws {
        try await database.transaction(scope) { transaction in
            let old = try await Self.owned(id, by: scope, expecting: version, transaction)
            try await transaction.batch([
                "DELETE FROM millwright.credential_version WHERE credential_id = \(id)",
                """
                UPDATE millwright.credential
                SET status = 'deleted', deleted_at = now(), version = version + 1
                WHERE credential_id = \(id)
                """,
            ])
            try await self.audit.record(
                VaultChange(kind: .deleted, credential: old, actor: actor, reason: reason), in: transaction)
        }
    }

    /// The credential under a lock. One of a level above can be used but not changed: it is somebody else's.
    static func owned(
        _ id: CredentialID, by scope: TenantScope, expecting version: Int64?, _ transaction: TenantTransaction
    ) async throws -> Credential {
        // Locking needs the right to update, which a scope has for its own level and those below.
        let found = try await current(id, transaction, lock: "FOR UPDATE")
        guard scope.covers(found.scope) else { throw Problem.notFound("credential") }
        guard version == nil || version == found.version else {
            throw Problem(.preconditionFailed, "Somebody else changed it in between. Read it again and decide again.")
        }
        return found
    }

    private static func insertion(
        of value: Redacted<[UInt8]>, _ id: CredentialID, version: Int, in scope: TenantScope, under key: TenantKey
    ) throws -> Statement {
        let sealed = try key.seal(value.reveal(), credential: id, version: version)
        return """
            INSERT INTO millwright.credential_version (
              partner_id, client_id, plant_id, credential_id, credential_version, key_version, sealed_value)
            VALUES (
              \(scope.partnerID), \(scope.clientID), \(scope.plantID), \(id), \(version),
              \(key.version), \(sealed))
            """
    }

    private static func validate(name: String = "-", kind: String = "-", value: Redacted<[UInt8]>) throws {
        var items: [Problem.Item] = []
        if !(1...200).contains(name.unicodeScalars.count) || name.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            items.append(.init(path: "/name", message: "Must be one line of 1 to 200 characters."))
        }
        let isWord = kind.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
        if !(1...63).contains(kind.utf8.count) || !isWord {
            items.append(.init(path: "/kind", message: "Must be a word of a-z, 0-9 and '-'."))
        }
        if !(1...maximumValueBytes).contains(value.reveal().count) {
            items.append(.init(path: "/value", message: "Must have 1 to \(maximumValueBytes) bytes."))
        }
        guard items.isEmpty else { throw Problem(.invalidParameters, "The credential cannot be stored.", items: items) }
    }
}

extension Redacted where Value == JSONValue {
    var serialized: Redacted<[UInt8]> { Redacted<[UInt8]>(reveal().serializedBytes()) }
}
