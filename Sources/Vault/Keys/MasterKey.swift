import Crypto
import Primitives

/// The key that wraps every tenant's key. 32 bytes that are never in the database, a log or an error.
package struct MasterKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package static let byteCount = 32

    let key: SymmetricKey
    /// Tells one key from another and nothing about either: the first bytes of a keyed hash of a fixed text.
    package let fingerprint: String

    init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "a master key has 32 bytes")
        key = SymmetricKey(data: bytes)
        let code = HMAC<SHA256>.authenticationCode(for: Array("millwright/master-key/1".utf8), using: key)
        fingerprint = Hexadecimal.encode(Array(code).prefix(8))
    }

    /// Reads the text form: 32 bytes in base64 (either alphabet, padding or not) or in hexadecimal.
    package init(text: String) throws(VaultError) {
        let trimmed = text.filter { !$0.isWhitespace }
        guard let bytes = Hexadecimal.decode(trimmed) ?? Base64Text.decode(trimmed), bytes.count == Self.byteCount
        else {
            throw .masterKeyUnavailable(
                "The master key must be 32 bytes in base64 or hexadecimal; make one with `openssl rand -base64 32`.")
        }
        self.init(bytes: bytes)
    }

    /// A new random key.
    package static func random() -> MasterKey {
        MasterKey(bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
    }

    /// The text form, for the file that it is kept in.
    var text: String { Hexadecimal.encode(key.withUnsafeBytes { Array($0) }) }

    package var description: String { "master key \(fingerprint)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

enum Hexadecimal {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            let digits = String(byte, radix: 16)
            text += digits.utf8.count == 1 ? "0" + digits : digits
        }
        return text
    }

    static func decode(_ text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, !digits.isEmpty, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

enum Base64Text {
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for character in text.drop(while: { $0 == "=" }).prefix(while: { $0 != "=" }).utf8 {
            guard let value = value(of: character) else { return nil }
            buffer = buffer << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
