package import Primitives

/// What can go wrong with keys. Never holds key material, a value, or the cause of a failed decryption.
package enum VaultError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The master key cannot be had; the text says what to do.
    case masterKeyUnavailable(String)
    /// The tenant's key was wrapped with another master key than the one configured.
    case wrongMasterKey(wrappedWith: String, configured: String)
    /// The row was changed or moved, or its key is another one: it does not open as what it says it is.
    case doesNotOpen(String)
    /// The runner's public key is not an X25519 key.
    case invalidPublicKey

    package var code: String {
        switch self {
        case .masterKeyUnavailable: "master-key-unavailable"
        case .wrongMasterKey: "wrong-master-key"
        case .doesNotOpen: "does-not-open"
        case .invalidPublicKey: "invalid-public-key"
        }
    }

    package var description: String {
        switch self {
        case .masterKeyUnavailable(let reason): reason
        case .wrongMasterKey(let wrapped, let configured):
            """
            The vault was sealed with the master key \(wrapped), but the configured one is \(configured). \
            Configure the key that the database was used with.
            """
        case .doesNotOpen(let what): "\(what) does not open: it was changed, or it belongs to another row."
        case .invalidPublicKey: "The public key must be 32 bytes of X25519."
        }
    }

    /// The answer for a reader outside: what is wrong with the vault is the operator's to know.
    package var problem: Problem {
        switch self {
        case .invalidPublicKey: Problem(.invalidRequest, description)
        default: Problem(.unavailable, "The vault cannot be opened at the moment. The operator has been told why.")
        }
    }
}
