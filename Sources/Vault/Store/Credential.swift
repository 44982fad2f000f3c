package import Database
package import Primitives

/// A credential as everybody may see it: its handle. The value is in no type that an API can reach.
package struct Credential: Sendable, Hashable {
    package var id: CredentialID
    package var scope: TenantScope
    package var name: String
    /// What sort of secret it is, in the connectors' words: `basic`, `bearer`, `api-key`, `oauth2-client`, `smtp`, …
    package var kind: String
    /// The hosts that it may be sent to, as `CredentialHost` reads them; empty only where the plant itself keeps it.
    package var hosts: [String]
    /// Which version of the value is in use, counted from 1 by `rotate`.
    package var currentVersion: Int
    /// For `ETag` and `If-Match`.
    package var version: Int64
    package var createdAt: Timestamp
    package var rotatedAt: Timestamp?
}

extension Credential {
    init(row: Row) throws {
        let client = try row.decode("client_id", as: ClientID?.self)
        let plant = try row.decode("plant_id", as: PlantID?.self)
        let partner = try row.decode("partner_id", as: PartnerID.self)
        let scope: TenantScope =
            switch (client, plant) {
            case (let client?, let plant?): .plant(partner, client, plant)
            case (let client?, nil): .client(partner, client)
            case (nil, _): .partner(partner)
            }
        self.init(
            id: try row.decode("credential_id"), scope: scope, name: try row.decode("name"),
            kind: try row.decode("kind"), hosts: try row.decode("hosts"),
            currentVersion: try row.decode("current_version"),
            version: try row.decode("version"), createdAt: try row.decode("created_at"),
            rotatedAt: try row.decode("rotated_at", as: Timestamp?.self))
    }
}

/// One change of the vault, for the audit. It names the credential and never the value.
package struct VaultChange: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case created = "credential.created"
        case rotated = "credential.rotated"
        case hostsChanged = "credential.hosts-changed"
        case deleted = "credential.deleted"
    }

    package var kind: Kind
    package var credential: Credential
    /// As it was before a change of its hosts.
    package var old: Credential?
    package var actor: Actor
    package var reason: String?
}

/// Where changes of the vault are recorded, in the transaction of the change. The process that has both the vault and
/// the audit wires one to the other: the vault itself knows no tenancy.
package protocol VaultAudit: Sendable {
    func record(_ change: VaultChange, in transaction: TenantTransaction) async throws
}
