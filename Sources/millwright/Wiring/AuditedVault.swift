import Catalogue
import Database
import JSON
import Primitives
import Tenancy
import Vault

/// Writes the vault's changes into the audit, in the transaction of the change, and has the new value of a rotated
/// credential sent to the runners that use it.
struct AuditedVault: VaultAudit {
    func record(_ change: VaultChange, in transaction: TenantTransaction) async throws {
        let shown = Self.shown(change.credential)
        let isGone = change.kind == .deleted
        try await transaction.record(
            AuditEntry(
                change.kind.rawValue, objectType: "credential",
                objectID: change.credential.id.description, old: isGone ? shown : change.old.map(Self.shown),
                new: isGone ? nil : shown,
                reason: change.reason, by: change.actor, in: change.credential.scope))
        if change.kind != .created {
            try await ConnectionDirectory.credentialChanged(change.credential.id, in: transaction)
        }
    }

    private static func shown(_ credential: Credential) -> JSONValue {
        [
            "name": .string(credential.name), "kind": .string(credential.kind),
            "hosts": .array(credential.hosts.map(JSONValue.string)),
            "currentVersion": JSONValue(credential.currentVersion),
        ]
    }
}

/// The master key as the settings name it. Only the default file is made when it is missing: a key that somebody named
/// and that is not there is a mistake, and a new one would open nothing.
enum MasterKeyLoading {
    static func load(_ source: MasterKeySource) throws(VaultError) -> MasterKey {
        if case .file(let path) = source, path.hasSuffix("/master.key"), !FileText.exists(path) {
            return try MasterKeyFile.create(path)
        }
        return try source.load()
    }
}
