import NIOCore
import NIOPosix
import Primitives

extension Connection {
    /// Performs the connector's test from here, under a plant's egress rules: for the control plane, which does not sit
    /// behind the plant's gateway and must keep to the same rules.
    package func test(
        under policy: EgressPolicy, resolver: any HostResolver = SystemResolver(), timeoutSeconds: Double
    ) async -> ConnectionTestReport {
        let group = MultiThreadedEventLoopGroup.singleton
        let dialer = DirectDialer(policy: { policy }, resolver: resolver, group: group)
        let http = OutboundClient(dialer: dialer)
        defer { http.close() }
        let client = ConnectionClient(connection: self, client: http, dialer: dialer, loop: group.any())
        return await client.test(timeoutSeconds: timeoutSeconds)
    }
}

extension ConnectionCredential {
    /// The text without this credential, in each of the forms in which it goes out: a server may repeat what it got.
    func removed(from text: String) -> String {
        let secrets: [String]
        switch self {
        case .none: return text
        case .basic(let username, let password):
            let plain = password.reveal()
            secrets = [
                plain, Base64.encode(Array(plain.utf8)), Base64.encode(Array("\(username):\(plain)".utf8)),
                Base64.encode([0] + Array(username.utf8) + [0] + Array(plain.utf8)),
            ]
        case .bearer(let token), .apiKey(let token): secrets = [token.reveal()]
        case .oauth2(_, let secret): secrets = [secret.reveal(), PercentEncoding.component(secret.reveal())]
        }
        return secrets.reduce(text) { $0.replacing($1, with: "«redacted»") }
    }
}
