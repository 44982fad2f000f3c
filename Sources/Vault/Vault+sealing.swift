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
    package func seal(_ id: CredentialID, for plant: TenantScope, to publicKey: [UInt8]) async throws
        -> SealedCredential
    {
        guard let sealed = try await seal([id], for: plant, to: publicKey)[id] else {
            throw Problem.notFound("credential")
        }
        return sealed
    }

    /// The same for all of a plant's connections in one round trip. What cannot be used there is left out.
    package func seal(_ ids: [CredentialID], for plant: TenantScope, to publicKey: [UInt8]) async throws
        -> [CredentialID: SealedCredential]
    {
        guard let plantID = plant.plantID else { throw Problem.notFound("plant") }
        guard let recipient = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey) else {
            throw VaultError.invalidPublicKey
        }
        let rows = try await database.read(plant) { transaction in
            try await transaction.query(
                """
                SELECT credential.credential_id, credential_version, sealed_value, tenant_key.partner_id,
                  tenant_key.key_version, master_key_fingerprint, wrapped_key
                FROM millwright.credential
                JOIN millwright.credential_version
                  ON credential_version.partner_id = credential.partner_id
                  AND credential_version.credential_id = credential.credential_id
                  AND credential_version.credential_version = credential.current_version
                JOIN millwright.tenant_key
                  ON tenant_key.partner_id = credential_version.partner_id
                  AND tenant_key.key_version = credential_version.key_version
                WHERE credential.partner_id = \(plant.partnerID) AND credential.credential_id = ANY(\(ids))
                  AND status = 'active'
                """)
        }
        var sealed: [CredentialID: SealedCredential] = [:]
        for row in rows {
            let one = try seal(row, for: plantID, to: recipient)
            sealed[one.credentialID] = one
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
