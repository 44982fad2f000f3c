/// What a server asks for with `WWW-Authenticate: Digest …` (RFC 7616, 3.3).
package struct DigestChallenge: Sendable, Hashable {
    enum Algorithm: String, Sendable, CaseIterable {
        // From the strongest to the weakest.
        case sha256 = "SHA-256"
        case sha256Session = "SHA-256-SESS"
        case md5 = "MD5"
        case md5Session = "MD5-SESS"

        var isSession: Bool { self == .sha256Session || self == .md5Session }

        func digest(_ text: String) -> String { digest(Array(text.utf8)) }

        func digest(_ bytes: [UInt8]) -> String {
            switch self {
            case .sha256, .sha256Session: Digests.sha256(bytes)
            case .md5, .md5Session: Digests.md5(bytes)
            }
        }
    }

    /// The quality of protection to answer with; `nil` for a server of RFC 2069.
    enum Protection: String, Sendable {
        case auth
        case authWithBody = "auth-int"
    }

    var realm: String
    var nonce: String
    var opaque: String?
    /// As the server wrote it, to be sent back; `nil` when it gave none, which means MD5.
    var algorithmName: String?
    var algorithm: Algorithm
    var protection: Protection?
    /// The credential was right and only the nonce is too old.
    var isStale: Bool

    /// The strongest challenge in the answer's headers that can be answered; `nil` when there is none.
    package init?(_ response: OutboundResponse) {
        let challenges = response.headers.filter { $0.name.lowercased() == "www-authenticate" }
            .flatMap { AuthenticationHeader.challenges(in: $0.value) }
            .filter { $0.scheme == "digest" }.compactMap { DigestChallenge($0.parameters) }
        let strength = Algorithm.allCases
        guard
            let best = challenges.min(by: {
                (strength.firstIndex(of: $0.algorithm) ?? 0) < (strength.firstIndex(of: $1.algorithm) ?? 0)
            })
        else { return nil }
        self = best
    }

    init?(_ parameters: [String: String]) {
        guard let realm = parameters["realm"], let nonce = parameters["nonce"] else { return nil }
        algorithmName = parameters["algorithm"]
        guard let algorithm = Algorithm(rawValue: (algorithmName ?? "MD5").uppercased()) else { return nil }
        if let offered = parameters["qop"] {
            let words = offered.lowercased().split { $0 == "," || $0 == " " }.map(String.init)
            guard let protection = [Protection.auth, .authWithBody].first(where: { words.contains($0.rawValue) }) else {
                return nil
            }
            self.protection = protection
        }
        self.realm = realm
        self.nonce = nonce
        self.algorithm = algorithm
        opaque = parameters["opaque"]
        isStale = parameters["stale"]?.lowercased() == "true"
        guard [realm, nonce, opaque ?? "", algorithmName ?? ""].allSatisfy(HeaderRules.isValue) else { return nil }
    }
}
