import Crypto
import Primitives

/// AES-256-GCM with a random nonce; the form is nonce, ciphertext, tag.
enum Sealing {
    static func seal(_ value: [UInt8], with key: SymmetricKey, identity: [UInt8]) throws -> [UInt8] {
        let box = try AES.GCM.seal(value, using: key, authenticating: identity)
        guard let combined = box.combined else { preconditionFailure("a box with the standard nonce has one form") }
        return Array(combined)
    }

    /// `nil` for every reason alike.
    static func open(_ sealed: [UInt8], with key: SymmetricKey, identity: [UInt8]) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let value = try? AES.GCM.open(box, using: key, authenticating: identity)
        else { return nil }
        return Array(value)
    }
}

/// The associated data: what a sealed value says it is. Fields of fixed width after a label, so that no two identities
/// have the same bytes.
enum Identity {
    static func tenantKey(_ partner: PartnerID, version: Int) -> [UInt8] {
        label("millwright/tenant-key/1") + partner.raw.bytes + bytes(version)
    }

    static func credentialVersion(
        _ partner: PartnerID, _ credential: CredentialID, _ version: Int, keyVersion: Int
    ) -> [UInt8] {
        label("millwright/credential-version/1") + partner.raw.bytes + credential.raw.bytes + bytes(version)
            + bytes(keyVersion)
    }

    private static func label(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    private static func bytes(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: Int64(number).bigEndian) { Array($0) }
    }
}
