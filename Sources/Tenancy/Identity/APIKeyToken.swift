import Crypto
package import Primitives

/// The text that a machine or a person authenticates with: `mw_<prefix, 8 of a-z0-9>_<secret, 43 of base64url>`.
///
/// The prefix finds the row and may be shown; of the secret only the SHA-256 is kept. A plain hash is enough, because
/// the secret is 256 random bits: there is nothing to guess.
package struct APIKeyToken: Sendable {
    package static let prefixLength = 8
    static let secretLength = 43
    private static let marker = Array("mw_".utf8)

    package let prefix: String
    private let secret: Redacted<[UInt8]>

    /// A new one.
    init() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        prefix = String((0..<Self.prefixLength).map { _ in alphabet.randomElement(using: &generator) ?? "0" })
        secret = Redacted(Array(Base64URL.encode(randomBytes(32)).utf8))
    }

    /// `nil` for a text that cannot be a key: nothing is asked of the database for it.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let prefixEnd = Self.marker.count + Self.prefixLength
        guard bytes.count == prefixEnd + 1 + Self.secretLength, bytes.starts(with: Self.marker),
            bytes[prefixEnd] == UInt8(ascii: "_"),
            bytes[Self.marker.count..<prefixEnd].allSatisfy(Self.isPrefixCharacter),
            bytes[(prefixEnd + 1)...].allSatisfy(Self.isSecretCharacter)
        else { return nil }
        prefix = String(decoding: bytes[Self.marker.count..<prefixEnd], as: UTF8.self)
        secret = Redacted(Array(bytes[(prefixEnd + 1)...]))
    }

    /// The whole text, to be shown once.
    package var text: Redacted<String> {
        Redacted("mw_\(prefix)_" + String(decoding: secret.reveal(), as: UTF8.self))
    }

    var secretDigest: [UInt8] { Array(SHA256.hash(data: secret.reveal())) }

    private static func isPrefixCharacter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isSecretCharacter(_ byte: UInt8) -> Bool {
        isPrefixCharacter(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
