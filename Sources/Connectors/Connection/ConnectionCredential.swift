import JSON
package import Primitives

/// A credential as the connectors use it. The secret parts cannot be printed.
package enum ConnectionCredential: Sendable {
    case none
    case basic(username: String, password: Redacted<String>)
    case bearer(Redacted<String>)
    case apiKey(Redacted<String>)
    case oauth2(clientID: String, clientSecret: Redacted<String>)

    package struct FormatError: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// Reads what the vault keeps: a JSON object with `username` and `password`, `token`, `key`, or `clientId` and
    /// `clientSecret`; or the bare secret, where a pair is written `name:secret`.
    package init(plaintext: Redacted<[UInt8]>, kind: AuthenticationKind) throws(FormatError) {
        let bytes = plaintext.reveal()
        if let object = (try? JSONValue(parsing: bytes))?.objectValue {
            self = try Self.read(kind) { object[$0]?.stringValue }
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let trimmed = text.last?.isNewline == true ? String(text.dropLast()) : text
        let colon = trimmed.firstIndex(of: ":")
        self = try Self.read(kind) { field in
            switch field {
            case "token", "key": trimmed
            case "username", "clientId": colon.map { String(trimmed[..<$0]) }
            default: colon.map { String(trimmed[trimmed.index(after: $0)...]) }
            }
        }
    }

    private static func read(_ kind: AuthenticationKind, _ field: (String) -> String?) throws(FormatError) -> Self {
        func secret(_ name: String) throws(FormatError) -> Redacted<String> {
            guard let value = field(name), !value.isEmpty else {
                throw FormatError(description: "the credential has no `\(name)`, which \(kind.rawValue) needs")
            }
            guard HeaderRules.isValue(value) else {
                throw FormatError(description: "`\(name)` of the credential has characters that it must not have")
            }
            return Redacted(value)
        }
        switch kind {
        case .none: return .none
        case .basic: return .basic(username: try secret("username").reveal(), password: try secret("password"))
        case .bearer: return .bearer(try secret("token"))
        case .apiKey: return .apiKey(try secret("key"))
        case .oauth2ClientCredentials:
            return .oauth2(clientID: try secret("clientId").reveal(), clientSecret: try secret("clientSecret"))
        }
    }
}

enum BasicAuthentication {
    /// The value of an `Authorization` header (RFC 7617).
    static func header(_ username: String, _ password: Redacted<String>) -> String {
        "Basic " + Base64.encode(Array("\(username):\(password.reveal())".utf8))
    }
}

/// Base64 with padding (RFC 4648, 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            text.append(alphabet[Int(group >> 18 & 63)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            text.append(left > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// `nil` for anything but digits of the alphabet and padding.
    package static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            guard let value = value(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
