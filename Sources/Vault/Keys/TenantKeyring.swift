import Database
import Primitives
import Synchronization

/// The tenant keys that this process has unwrapped. A key is unwrapped once and kept: it never changes.
final class TenantKeyring: Sendable {
    /// Keys kept at once; then all are forgotten and unwrapped again when they are needed.
    static let capacity = 10_000

    private struct Name: Hashable, Sendable {
        let partnerID: PartnerID
        let version: Int
    }

    private struct State {
        var masterKey: MasterKey
        var keys: [Name: TenantKey] = [:]
    }

    private let state: Mutex<State>

    init(masterKey: MasterKey) { state = Mutex(State(masterKey: masterKey)) }

    var masterKey: MasterKey { state.withLock { $0.masterKey } }

    /// After a re-wrap: the keys themselves are the same.
    func replaceMasterKey(_ key: MasterKey) { state.withLock { $0.masterKey = key } }

    /// The key that new values are sealed with. The first value of a tenant makes it.
    func currentKey(of partner: PartnerID, _ transaction: TenantTransaction) async throws -> TenantKey {
        if let newest = try await newest(of: partner, transaction) { return newest }
        let made = try TenantKey(partnerID: partner, version: 1).wrapped(with: masterKey)
        // Two first values at once: one of the two keys is kept, and both use that one.
        try await transaction.execute(
            """
            INSERT INTO millwright.tenant_key (partner_id, key_version, master_key_fingerprint, wrapped_key)
            VALUES (\(partner), 1, \(made.masterKeyFingerprint), \(made.bytes))
            ON CONFLICT ON CONSTRAINT tenant_key_pkey DO NOTHING
            """)
        guard let kept = try await newest(of: partner, transaction) else {
            preconditionFailure("a tenant key that was inserted can be read in the same transaction")
        }
        return kept
    }

    /// Unwraps what was read, unless that has been done before.
    func key(_ wrapped: WrappedTenantKey) throws(VaultError) -> TenantKey {
        let name = Name(partnerID: wrapped.partnerID, version: wrapped.version)
        let (known, master) = state.withLock { ($0.keys[name], $0.masterKey) }
        if let known { return known }
        let key = try TenantKey(wrapped, with: master)
        state.withLock { state in
            if state.keys.count >= Self.capacity { state.keys = [:] }
            state.keys[name] = key
        }
        return key
    }

    private func newest(of partner: PartnerID, _ transaction: TenantTransaction) async throws -> TenantKey? {
        let rows = try await transaction.query(
            """
            SELECT partner_id, key_version, master_key_fingerprint, wrapped_key
            FROM millwright.tenant_key
            WHERE partner_id = \(partner)
            ORDER BY key_version DESC
            LIMIT 1
            """)
        return try rows.first.map { try key(WrappedTenantKey(row: $0)) }
    }
}
