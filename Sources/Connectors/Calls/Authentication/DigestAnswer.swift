package import Primitives

/// The answer to a digest challenge (RFC 7616, 3.4). `userhash` is not used: the name goes as it is.
package struct DigestAnswer {
    let challenge: DigestChallenge
    let username: String
    let password: Redacted<String>
    /// How often this nonce was answered, from 1.
    let count: Int
    let clientNonce: String

    package init(
        challenge: DigestChallenge, username: String, password: Redacted<String>, count: Int, clientNonce: String
    ) {
        self.challenge = challenge
        self.username = username
        self.password = password
        self.count = count
        self.clientNonce = clientNonce
    }

    /// The value of the `Authorization` header.
    package func header(for request: OutboundRequest) -> String {
        let uri = request.address.target
        var fields = [
            "username=\(Self.quoted(username))", "realm=\(Self.quoted(challenge.realm))",
            "nonce=\(Self.quoted(challenge.nonce))", "uri=\(Self.quoted(uri))",
            "response=\"\(response(method: request.method, uri: uri, body: request.body ?? []))\"",
        ]
        if let name = challenge.algorithmName { fields.append("algorithm=\(name)") }
        if let protection = challenge.protection {
            fields += ["qop=\(protection.rawValue)", "nc=\(countText)"]
        }
        if challenge.protection != nil || challenge.algorithm.isSession {
            fields.append("cnonce=\(Self.quoted(clientNonce))")
        }
        if let opaque = challenge.opaque { fields.append("opaque=\(Self.quoted(opaque))") }
        return "Digest " + fields.joined(separator: ", ")
    }

    private func response(method: String, uri: String, body: [UInt8]) -> String {
        let algorithm = challenge.algorithm
        var secret = algorithm.digest("\(username):\(challenge.realm):\(password.reveal())")
        if algorithm.isSession { secret = algorithm.digest("\(secret):\(challenge.nonce):\(clientNonce)") }
        var what = "\(method):\(uri)"
        if challenge.protection == .authWithBody { what += ":" + algorithm.digest(body) }
        let asked = algorithm.digest(what)
        guard let protection = challenge.protection else {
            return algorithm.digest("\(secret):\(challenge.nonce):\(asked)")
        }
        return algorithm.digest(
            "\(secret):\(challenge.nonce):\(countText):\(clientNonce):\(protection.rawValue):\(asked)")
    }

    private var countText: String {
        let text = String(count, radix: 16)
        return String(repeating: "0", count: max(0, 8 - text.utf8.count)) + text
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
