package import Crypto
import FoundationEssentials
package import Primitives

/// The runner's end of a sealed credential: an X25519 key that lives as long as the process and never leaves it.
///
/// RFC 9180 in base mode with X25519, HKDF-SHA256 and AES-256-GCM. Base mode says who can read and not who wrote:
/// the channel of `sync` vouches for the control plane.
package struct CredentialOpener: Sendable {
    private let privateKey: Curve25519.KeyAgreement.PrivateKey

    /// A fresh key.
    package init() { privateKey = Curve25519.KeyAgreement.PrivateKey() }

    /// What the runner sends with each `sync`: 32 bytes.
    package var publicKey: [UInt8] { Array(privateKey.publicKey.rawRepresentation) }

    /// Opens a credential that was sealed to this key for this plant.
    ///
    /// - Throws: `CredentialOpenerError` when it was sealed to another key, for another plant, or as another version.
    package func open(_ sealed: SealedCredential, for plant: PlantID) throws(CredentialOpenerError) -> Redacted<[UInt8]>
    {
        do {
            var recipient = try HPKE.Recipient(
                privateKey: privateKey, ciphersuite: CredentialSealing.ciphersuite,
                info: .init(
                    CredentialSealing.info(plant: plant, credential: sealed.credentialID, version: sealed.version)),
                encapsulatedKey: .init(sealed.encapsulatedKey))
            return Redacted(Array(try recipient.open(sealed.ciphertext)))
        } catch {
            throw CredentialOpenerError(credentialID: sealed.credentialID, version: sealed.version)
        }
    }
}

/// The cause is left out on purpose: why a decryption failed is of use to an attacker only.
package struct CredentialOpenerError: Error, Sendable, Hashable, CustomStringConvertible {
    package let credentialID: CredentialID
    package let version: Int

    package var description: String {
        "Credential \(credentialID), version \(version), was not sealed to this runner and plant. Ask for it again."
    }
}

/// What both ends must agree on.
package enum CredentialSealing {
    package static let ciphersuite = HPKE.Ciphersuite(
        kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256)

    /// Binds a sealed value to what it is: it cannot be passed off as another credential, version or plant's.
    package static func info(plant: PlantID, credential: CredentialID, version: Int) -> [UInt8] {
        Array("millwright/credential/1".utf8) + [0] + plant.raw.bytes + credential.raw.bytes
            + withUnsafeBytes(of: Int64(version).bigEndian) { Array($0) }
    }
}
