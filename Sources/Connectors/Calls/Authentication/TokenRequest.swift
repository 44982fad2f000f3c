import Crypto
import JSON
import Primitives

/// The request to a token endpoint (RFC 6749, 4 and 6; RFC 8693, 2.1; RFC 7523, 2.2).
struct TokenRequest {
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    private static let assertionLifeSeconds = 120

    let settings: TokenSettings
    let endpoint: WebAddress
    /// Where the authority gave one with the last token; used in place of the grant.
    let refreshToken: Redacted<String>?
    /// Seconds since 1970.
    let now: Int

    func request() -> OutboundRequest {
        var headers = [(name: "Accept", value: "application/json"), (name: "User-Agent", value: "millwright-runner")]
        var fields = grantFields
        if !settings.scopes.isEmpty { fields.append(("scope", settings.scopes.joined(separator: " "))) }
        for audience in settings.audiences { fields.append(("audience", audience)) }
        addClient(&fields, &headers)
        let body: [UInt8]
        if settings.sendsJSON {
            headers.append(("Content-Type", "application/json"))
            body = Self.json(fields).serializedBytes()
        } else {
            headers.append(("Content-Type", MediaType.form))
            body = Array(RequestBody.form(fields).utf8)
        }
        return OutboundRequest(method: "POST", address: endpoint, headers: headers, body: body)
    }

    private var grantFields: [(name: String, value: String)] {
        if let refreshToken {
            return [("grant_type", "refresh_token"), ("refresh_token", refreshToken.reveal())]
        }
        var fields = [(name: "grant_type", value: settings.grant.rawValue)]
        switch settings.grant {
        case .clientCredentials: break
        case .password:
            fields.append(("username", settings.username ?? ""))
            fields.append(("password", settings.password?.reveal() ?? ""))
        case .refreshToken: fields.append(("refresh_token", settings.subject?.token.reveal() ?? ""))
        case .tokenExchange:
            for (name, token) in [("subject", settings.subject), ("actor", settings.actor)] {
                guard let token else { continue }
                fields.append(("\(name)_token", token.token.reveal()))
                fields.append(("\(name)_token_type", token.type))
            }
        }
        return fields
    }

    private func addClient(
        _ fields: inout [(name: String, value: String)], _ headers: inout [(name: String, value: String)]
    ) {
        let id = settings.clientID ?? ""
        switch settings.clientAuthentication {
        case .none:
            if !id.isEmpty { fields.append(("client_id", id)) }
        case .post:
            fields.append(("client_id", id))
            if let secret = settings.clientSecret { fields.append(("client_secret", secret.reveal())) }
        case .basic:
            // RFC 6749, 2.3.1: both are form-encoded first.
            let secret = Redacted(PercentEncoding.component(settings.clientSecret?.reveal() ?? ""))
            headers.append(("Authorization", BasicAuthentication.header(PercentEncoding.component(id), secret)))
        case .secretJWT, .privateKeyJWT:
            fields.append(("client_id", id))
            fields.append(("client_assertion_type", Self.assertionType))
            fields.append(("client_assertion", settings.clientAssertion?.reveal() ?? signedAssertion(id)))
        }
    }

    /// A JWT signed with the client's secret (RFC 7523, 3; RFC 7518, HS256).
    private func signedAssertion(_ id: String) -> String {
        let header: JSONValue = ["alg": "HS256", "typ": "JWT"]
        let claims: JSONValue = [
            "iss": .string(id), "sub": .string(id), "aud": .string(endpoint.description),
            "jti": .string(UUIDv7().description), "iat": JSONValue(now),
            "exp": JSONValue(now + Self.assertionLifeSeconds),
        ]
        let signed =
            Base64.encodeForURL(header.serializedBytes()) + "." + Base64.encodeForURL(claims.serializedBytes())
        let key = SymmetricKey(data: Array((settings.clientSecret?.reveal() ?? "").utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: key)
        return signed + "." + Base64.encodeForURL(Array(code))
    }

    /// A name that comes more than once becomes a list.
    private static func json(_ fields: [(name: String, value: String)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in fields {
            switch object[name] {
            case nil: object[name] = .string(value)
            case .array(let values): object[name] = .array(values + [.string(value)])
            case .some(let first): object[name] = .array([first, .string(value)])
            }
        }
        return .object(object)
    }
}
