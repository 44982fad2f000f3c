import Crypto
import Database
package import Primitives
package import RunnerProtocol

extension Vault {
    /// Seals the current version of a credential to one runner's public key, for its plant.
    ///
    /// - Parameter plant: the scope of the runner's plant. A credential of the plant, of its client or of its partner
    ///   can be used there; any other one does not exist.
    /// - Parameter publicKey: 32 bytes of X25519, which the runner made for itself.
    /// - Throws: `Problem(.forbidden)` for one that may not be sent to where the use leads.
    package func seal(_ use: CredentialUse, for plant: TenantScope, to publicKey: [UInt8]) async throws
        -> SealedCredential
    {
        switch try await seal([use], for: plant, to: publicKey)[use] {
        case nil: throw Problem.notFound("credential")
        case .refused(let reason)?: throw Problem(.forbidden, reason)
        case .sealed(let credential, _)?: return credential
        }
    }

    /// The same for all of a plant's connections in one round trip. What does not exist there is left out.
    package func seal(_ uses: Set<CredentialUse>, for plant: TenantScope, to publicKey: [UInt8]) async throws
        -> [CredentialUse: SealedUse]
    {
        guard let plantID = plant.plantID else { throw Problem.notFound("plant") }
        guard let recipient = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey) else {
            throw VaultError.invalidPublicKey
        }
        let rows = try await database.read(plant) { transaction in
            try await transaction.query(
                """
                SELECT credential.credential_id, credential.plant_id, hosts, credential_version, sealed_value, tenant_key.partner_id,
                  tenant_key.key_version, master_key_fingerprint, wrapped_key
                FROM millwright.credential
                JOIN millwright.credential_version
                  ON credential_version.partner_id = credential.partner_id
                  AND credential_version.credential_id = credential.credential_id
                  AND credential_version.credential_version = credential.current_version
                JOIN millwright.tenant_key
                  ON tenant_key.partner_id = credential_version.partner_id
                  AND tenant_key.key_version = credential_version.key_version
                WHERE credential.partner_id = \(plant.partnerID) AND credential.credential_id = ANY(\(uses.map(\.credential)))
                  AND status = 'active'
                """)
        }
        var sealed: [CredentialUse: SealedUse] = [:]
        for row in rows {
            let id = try row.decode("credential_id", as: CredentialID.self)
            let owner = try row.decode("plant_id", as: PlantID?.self)
            let reach = CredentialReach(isPlants: owner == plantID, hosts: try row.decode("hosts"))
            for use in uses where use.credential == id {
                if let reason = reach.objection(to: use.destinations) {
                    sealed[use] = .refused(reason)
                } else {
                    sealed[use] = .sealed(try seal(row, for: plantID, to: recipient), isBound: reach.isBound)
                }
            }
        }
        return sealed
    }

    private func seal(_ row: Row, for plant: PlantID, to recipient: Curve25519.KeyAgreement.PublicKey) throws
        -> SealedCredential
    {
        let id = try row.decode("credential_id", as: CredentialID.self)
        let version = try row.decode("credential_version", as: Int.self)
        let key = try keys.key(WrappedTenantKey(row: row))
        let value = try key.open(try row.decode("sealed_value"), credential: id, version: version)
        var sender = try HPKE.Sender(
            recipientKey: recipient, ciphersuite: CredentialSealing.ciphersuite,
            info: .init(CredentialSealing.info(plant: plant, credential: id, version: version)))
        let ciphertext = try sender.seal(value.reveal())
        return SealedCredential(
            credentialID: id, version: version, encapsulatedKey: Array(sender.encapsulatedKey),
            ciphertext: Array(ciphertext))
    }
}

/// What a credential is wanted for.
package struct CredentialUse: Sendable, Hashable {
    package var credential: CredentialID
    /// Every place that it could be sent to; `nil` when that cannot be told.
    package var destinations: [CredentialDestination]?

    package init(_ credential: CredentialID, towards destinations: [CredentialDestination]?) {
        self.credential = credential
        self.destinations = destinations
    }
}

package enum SealedUse: Sendable, Hashable {
    /// `isBound` when it may go out through the connection alone, and not as a workflow's secret.
    case sealed(SealedCredential, isBound: Bool)
    /// It may not be sent to where the use leads, and this is what to say.
    case refused(String)
}
