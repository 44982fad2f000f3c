import Database
import Primitives

extension Vault {
    /// Wraps every tenant's key with another master key, all or none. Credentials are not touched.
    ///
    /// Other processes go on with the keys that they have unwrapped; give them the new master key before they need
    /// another one. Returns how many keys were wrapped anew.
    package func rewrap(with next: MasterKey) async throws -> Int {
        let current = keys.masterKey
        let count = try await database.transaction(.platform, deadline: .seconds(300)) { transaction in
            let rows = try await transaction.query(
                """
                SELECT partner_id, key_version, master_key_fingerprint, wrapped_key
                FROM millwright.tenant_key
                ORDER BY partner_id, key_version
                FOR UPDATE
                """)
            for row in rows {
                let wrapped = try WrappedTenantKey(row: row)
                // Done by an attempt before this one, whose answer was lost.
                if wrapped.masterKeyFingerprint == next.fingerprint { continue }
                let again = try TenantKey(wrapped, with: current).wrapped(with: next)
                try await transaction.execute(
                    """
                    UPDATE millwright.tenant_key
                    SET master_key_fingerprint = \(again.masterKeyFingerprint), wrapped_key = \(again.bytes),
                      rewrapped_at = now()
                    WHERE partner_id = \(again.partnerID) AND key_version = \(again.version)
                    """)
            }
            return rows.count
        }
        keys.replaceMasterKey(next)
        return count
    }

    /// Whether the configured master key opens what is in the database. For the start-up and `doctor`.
    ///
    /// - Throws: `VaultError.wrongMasterKey` that names both keys by their fingerprints.
    package func verifyMasterKey() async throws {
        let configured = keys.masterKey
        let other = try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                SELECT master_key_fingerprint
                FROM millwright.tenant_key
                WHERE master_key_fingerprint <> \(configured.fingerprint)
                LIMIT 1
                """
            ).first?.decode("master_key_fingerprint", as: String.self)
        }
        if let other { throw VaultError.wrongMasterKey(wrappedWith: other, configured: configured.fingerprint) }
    }
}
