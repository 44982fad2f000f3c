import Crypto
import Database
import Primitives

/// The key that seals one partner's credentials. In memory only; in the database it is wrapped by the master key.
struct TenantKey: Sendable {
    let partnerID: PartnerID
    let version: Int
    private let key: SymmetricKey

    /// A new one.
    init(partnerID: PartnerID, version: Int) {
        self.partnerID = partnerID
        self.version = version
        key = SymmetricKey(size: .bits256)
    }

    init(_ wrapped: WrappedTenantKey, with master: MasterKey) throws(VaultError) {
        guard wrapped.masterKeyFingerprint == master.fingerprint else {
            throw .wrongMasterKey(wrappedWith: wrapped.masterKeyFingerprint, configured: master.fingerprint)
        }
        partnerID = wrapped.partnerID
        version = wrapped.version
        let identity = Identity.tenantKey(wrapped.partnerID, version: wrapped.version)
        guard let bytes = Sealing.open(wrapped.bytes, with: master.key, identity: identity) else {
            throw .doesNotOpen("The key of tenant \(wrapped.partnerID)")
        }
        key = SymmetricKey(data: bytes)
    }

    func wrapped(with master: MasterKey) throws -> WrappedTenantKey {
        let bytes = key.withUnsafeBytes { Array($0) }
        return WrappedTenantKey(
            partnerID: partnerID, version: version, masterKeyFingerprint: master.fingerprint,
            bytes: try Sealing.seal(
                bytes, with: master.key, identity: Identity.tenantKey(partnerID, version: version)))
    }

    func seal(_ value: [UInt8], credential: CredentialID, version: Int) throws -> [UInt8] {
        try Sealing.seal(value, with: key, identity: identity(of: credential, version))
    }

    func open(_ sealed: [UInt8], credential: CredentialID, version: Int) throws(VaultError) -> Redacted<[UInt8]> {
        guard let value = Sealing.open(sealed, with: key, identity: identity(of: credential, version)) else {
            throw .doesNotOpen("Version \(version) of credential \(credential)")
        }
        return Redacted(value)
    }

    private func identity(of credential: CredentialID, _ credentialVersion: Int) -> [UInt8] {
        Identity.credentialVersion(partnerID, credential, credentialVersion, keyVersion: version)
    }
}

/// A row of `tenant_key`.
struct WrappedTenantKey: Sendable {
    let partnerID: PartnerID
    let version: Int
    let masterKeyFingerprint: String
    let bytes: [UInt8]
}

extension WrappedTenantKey {
    init(row: Row) throws {
        self.init(
            partnerID: try row.decode("partner_id"), version: try row.decode("key_version"),
            masterKeyFingerprint: try row.decode("master_key_fingerprint"), bytes: try row.decode("wrapped_key"))
    }
}
