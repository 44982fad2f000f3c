import JSON
import Primitives

/// How to come by an access token: the settings of `oauth2` and `oidc`.
struct TokenSettings: Sendable {
    enum Grant: String, Sendable {
        case clientCredentials = "client_credentials"
        case password
        case refreshToken = "refresh_token"
        case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    }

    enum ClientAuthentication: String, Sendable {
        case post = "client_secret_post"
        case basic = "client_secret_basic"
        case secretJWT = "client_secret_jwt"
        case privateKeyJWT = "private_key_jwt"
        case none
    }

    struct SecurityToken: Sendable {
        var token: Redacted<String>
        var type: String
    }

    var authority: WebAddress
    /// The token endpoint is read from the authority's OpenID configuration.
    var isDiscovered: Bool
    /// `endpoints.token`: a path below the authority, or an address.
    var tokenEndpoint: String
    var grant: Grant
    var clientID: String?
    var clientSecret: Redacted<String>?
    var clientAssertion: Redacted<String>?
    var clientAuthentication: ClientAuthentication
    /// `request.encoding` is `application/json`.
    var sendsJSON: Bool
    var issuers: [String]
    var scopes: [String]
    var audiences: [String]
    var username: String?
    var password: Redacted<String>?
    var subject: SecurityToken?
    var actor: SecurityToken?
    /// The same for the same settings, and for no others; tells nothing of them.
    var fingerprint: String
}

extension TokenSettings {
    /// - Parameter value: the settings with the secrets in place.
    init(_ value: JSONValue, isDiscovered: Bool) throws(CallFailure) {
        let reader = SettingsReader(value, isDiscovered ? "oidc" : "oauth2")
        self.isDiscovered = isDiscovered
        authority = try reader.address("authority")
        tokenEndpoint = try reader.text("endpoints", "token") ?? "/oauth2/token"
        grant = try Self.grant(try reader.required("grant"))
        clientID = try reader.text("client", "id")
        clientSecret = try reader.text("client", "secret").map { Redacted($0) }
        clientAssertion = try reader.text("client", "assertion").map { Redacted($0) }
        clientAuthentication = try reader.word("client", "authentication") ?? .post
        let encoding: Encoding? = try reader.word("request", "encoding")
        sendsJSON = encoding == .json
        issuers = try reader.texts("issuers")
        scopes = try reader.texts("scopes")
        audiences = try reader.texts("audiences")
        username = try reader.text("username")
        password = try reader.text("password").map { Redacted($0) }
        subject = try reader.token("subject")
        actor = try reader.token("actor")
        let named: JSONValue = ["oidc": .bool(isDiscovered), "settings": value]
        fingerprint = Digests.sha256(named.serializedBytes(.canonical))
        try check(reader)
    }

    private enum Encoding: String {
        case form = "application/x-www-form-urlencoded"
        case json = "application/json"
    }

    private static func grant(_ text: String) throws(CallFailure) -> Grant {
        if let grant = Grant(rawValue: text) { return grant }
        guard text == "authorization_code" else {
            throw CallFailure(.configuration, "the grant `\(text.prefix(100))` is not one of the specification's")
        }
        throw CallFailure(
            .configuration,
            "the grant authorization_code needs a person at a browser, and a workflow has none; use client_credentials")
    }

    private func check(_ reader: SettingsReader) throws(CallFailure) {
        switch grant {
        case .clientCredentials: break
        case .password:
            guard username != nil, password != nil else { throw reader.missing("username` and `password") }
        case .refreshToken:
            // The specification has no member for it; the subject's token is the one that there is.
            guard subject != nil else {
                throw reader.missing("subject.token` with the refresh token, and `subject.type")
            }
        case .tokenExchange:
            guard subject != nil else { throw reader.missing("subject") }
        }
        guard clientAuthentication == .none || clientID != nil else { throw reader.missing("client.id") }
        switch clientAuthentication {
        case .basic:
            guard clientSecret != nil else { throw reader.missing("client.secret") }
        case .secretJWT:
            guard clientSecret != nil || clientAssertion != nil else { throw reader.missing("client.secret") }
        case .privateKeyJWT:
            guard clientAssertion != nil else { throw reader.missing("client.assertion") }
        case .post, .none: break
        }
    }
}
