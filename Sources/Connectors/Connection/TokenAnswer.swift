import JSON
import Primitives

/// What a token server answered (RFC 6749, 5).
struct TokenAnswer {
    private static let assumedLifeSeconds = 300.0

    var value: Redacted<String>
    var lifeSeconds: Double
    var refreshToken: Redacted<String>?

    init(reading response: OutboundResponse) throws(CallFailure) {
        guard response.status == 200 || response.status == 201 else { throw Self.refusal(response) }
        guard let body = try? JSONValue(parsing: response.body), let token = body["access_token"]?.stringValue,
            !token.isEmpty, HeaderRules.isValue(token)
        else { throw CallFailure(.authentication, status: response.status, "the token server's answer has no token") }
        if let type = body["token_type"]?.stringValue, type.lowercased() != "bearer" {
            throw CallFailure(.authentication, "the token server's token is not a bearer token")
        }
        value = Redacted(token)
        refreshToken = body["refresh_token"]?.stringValue.flatMap { $0.isEmpty ? nil : Redacted($0) }
        let life = body["expires_in"]
        let seconds = life?.doubleValue ?? life?.stringValue.flatMap { Double($0) } ?? Self.assumedLifeSeconds
        lifeSeconds = seconds.isFinite ? seconds : Self.assumedLifeSeconds
    }

    /// The issuer that the token names, where it is a JWT. The token's signature is for the system to check that takes it.
    var issuer: String? {
        let parts = value.reveal().split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let claims = Base64.decodeForURL(parts[1]) else { return nil }
        return (try? JSONValue(parsing: claims))?["iss"]?.stringValue
    }

    /// With the code of RFC 6749, 5.2, and nothing else of what the server says.
    private static func refusal(_ response: OutboundResponse) -> CallFailure {
        var detail = "the token server refuses with status \(response.status)"
        let code = (try? JSONValue(parsing: response.body))?["error"]?.stringValue
        if let code, (1...60).contains(code.utf8.count), code.utf8.allSatisfy(isCodeByte) { detail += ": \(code)" }
        return CallFailure(.authentication, status: response.status, detail)
    }

    private static func isCodeByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
    }
}
