import Crypto

/// PBKDF2 (RFC 8018, section 5.2) with HMAC-SHA-512, one block of 64 bytes.
///
/// `Crypto` has HMAC and no password-based derivation; this loop is all that is missing. The keyed state is prepared
/// once and copied, so that an iteration costs two compressions and not four.
package enum PasswordDerivation {
    package static func derive(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        let keyed = HMAC<SHA512>(key: SymmetricKey(data: password))
        var block = code(keyed, salt + [0, 0, 0, 1])
        var result = block
        for _ in 1..<max(iterations, 1) {
            block = code(keyed, block)
            for index in result.indices { result[index] ^= block[index] }
        }
        return result
    }

    private static func code(_ keyed: HMAC<SHA512>, _ message: [UInt8]) -> [UInt8] {
        var copy = keyed
        copy.update(data: message)
        return copy.finalize().withUnsafeBytes { Array($0) }
    }
}
