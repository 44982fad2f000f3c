import JSON
import Primitives

/// How a call proves who asks (Open Workflow Specification 1.0.3, Authentication), with its secrets in place.
enum AuthenticationPolicy: Sendable {
    case basic(username: String, password: Redacted<String>)
    case bearer(Redacted<String>)
    case digest(username: String, password: Redacted<String>)
    case token(TokenSettings)

    /// Reads a policy as evaluated: `{basic: {username, password}}`, or `{basic: {use: secret}}`, where the secret of that
    /// name has the settings.
    init(_ value: JSONValue, secrets: inout SecretResolution) throws(CallFailure) {
        guard let policy = value.objectValue, policy.count == 1, let (scheme, given) = policy.first else {
            throw CallFailure(
                .configuration, "`authentication` must be exactly one of basic, bearer, digest, oauth2 and oidc")
        }
        var settings = given
        if let use = given["use"] {
            guard let name = use.stringValue else {
                throw CallFailure(.configuration, "`\(scheme).use` must be the name of a secret")
            }
            settings = Self.settings(try secrets.settings(name), scheme)
        }
        switch scheme {
        case "basic":
            self = .basic(username: try Self.username(settings, scheme), password: try Self.password(settings, scheme))
        case "digest":
            self = .digest(username: try Self.username(settings, scheme), password: try Self.password(settings, scheme))
        case "bearer":
            let token = try Self.text(settings, "token", scheme)
            guard HeaderRules.isValue(token) else { throw Self.invalid("token", scheme) }
            self = .bearer(Redacted(token))
        case "oauth2": self = .token(try TokenSettings(settings, isDiscovered: false))
        case "oidc": self = .token(try TokenSettings(settings, isDiscovered: true))
        default:
            throw CallFailure(
                .configuration, "`\(scheme)` is no way to authenticate: use basic, bearer, digest, oauth2 or oidc")
        }
    }

    /// A secret may also be the bare text: the token, or `name:password`.
    private static func settings(_ secret: JSONValue, _ scheme: String) -> JSONValue {
        guard let text = secret.stringValue else { return secret }
        if scheme == "bearer" { return ["token": .string(text)] }
        guard let colon = text.firstIndex(of: ":") else { return secret }
        return [
            "username": .string(String(text[..<colon])), "password": .string(String(text[text.index(after: colon)...])),
        ]
    }

    private static func username(_ settings: JSONValue, _ scheme: String) throws(CallFailure) -> String {
        let name = try text(settings, "username", scheme)
        // RFC 7617: a colon would move a part of the name into the password.
        guard HeaderRules.isValue(name), scheme != "basic" || !name.contains(":") else {
            throw invalid("username", scheme)
        }
        return name
    }

    private static func password(_ settings: JSONValue, _ scheme: String) throws(CallFailure) -> Redacted<String> {
        Redacted(try text(settings, "password", scheme))
    }

    private static func text(_ settings: JSONValue, _ key: String, _ scheme: String) throws(CallFailure) -> String {
        guard let text = settings[key]?.plainText, !text.isEmpty else {
            throw CallFailure(.configuration, "`\(scheme)` authentication needs `\(key)`, a text")
        }
        return text
    }

    private static func invalid(_ key: String, _ scheme: String) -> CallFailure {
        CallFailure(.configuration, "`\(key)` of `\(scheme)` has characters that it must not have")
    }
}
