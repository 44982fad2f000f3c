import Crypto
package import Primitives

/// The stable name of an effect for the other system.
package enum IdempotencyKey {
    /// A run and a wait are unique together and the same after every restart. The key is a digest because a wait's id
    /// holds the names of tasks, which may be long and are not always characters that a header can carry.
    package static func make(run: RunID, wait: String) -> String {
        let digest = SHA256.hash(data: Array("\(run)/\(wait)".utf8))
        var text = "mw-"
        for byte in digest.prefix(20) {
            let digits = String(byte, radix: 16)
            text += digits.utf8.count == 1 ? "0" + digits : digits
        }
        return text
    }
}
