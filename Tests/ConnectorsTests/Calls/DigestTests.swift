import Connectors
import Crypto
import JSON
import Primitives
import Synchronization
import Testing

@Suite("digest authentication", .timeLimit(.minutes(10)))
struct DigestTests {
    @Test("the answers of RFC 7616, 3.9.1, from a header with both challenges and the strongest of them")
    func published() throws {
        let rest =
            #"realm="http-auth@example.org", qop="auth, auth-int", "#
            + #"nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "#
            + #"opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
        let request = try OutboundRequest(method: "GET", address: WebAddress("http://www.example.org/dir/index.html"))
        for (algorithms, response) in [
            (["MD5"], "8ca523f5e9506fed4657c9700eebdbec"),
            (["MD5", "SHA-256"], "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let header =
                "Negotiate abc/==, Basic realm=\"a, b\", "
                + algorithms.map { "Digest \(rest), algorithm=\($0)" }.joined(separator: ", ")
            let challenge = try #require(
                DigestChallenge(OutboundResponse(status: 401, headers: [("www-authenticate", header)], body: [])))
            let answer = DigestAnswer(
                challenge: challenge, username: "Mufasa", password: Redacted("Circle of Life"), count: 1,
                clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
            let text = answer.header(for: request)
            #expect(text.contains("response=\"\(response)\""), "\(text)")
            #expect(text.contains("uri=\"/dir/index.html\"") && text.contains("nc=00000001"))
        }
    }

    @Test(
        "the right password is let in by every kind of server, with a body, and the nonce is used again with its count",
        arguments: ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", ""], ["auth", "auth-int", ""])
    func right(algorithm: String, protection: String) async throws {
        let server = DigestServer(algorithm: algorithm, protection: protection)
        let peer = try await HTTPPeer { request, _ in server.answer(request) }
        let calls = TaskCalls(peer)
        let arguments: JSONValue = [
            "method": "post", "body": ["a": 1],
            "endpoint": [
                "uri": .string(peer.base + "/p/ä?q=1"),
                "authentication": ["digest": ["username": "an\"na", "password": "pass:ä"]],
            ],
        ]
        for _ in 0..<3 { #expect(try await calls.call(arguments) == ["in": true]) }
        // One challenge for all three.
        #expect(peer.requests.count == 4 && peer.requests.allSatisfy { $0.body == "{\"a\":1}" })
        if !protection.isEmpty { #expect(server.counts == ["00000001", "00000002", "00000003"]) }
        await peer.stop()
    }

    @Test("a nonce that is too old is replaced once, and the call succeeds")
    func stale() async throws {
        let server = DigestServer(algorithm: "SHA-256", protection: "auth")
        let peer = try await HTTPPeer { request, _ in server.answer(request) }
        let calls = TaskCalls(peer)
        let arguments = get(peer, authentication: ["digest": ["username": "an\"na", "password": "pass:ä"]])
        #expect(try await calls.call(arguments) == ["in": true])
        server.renew()
        #expect(try await calls.call(arguments) == ["in": true])
        #expect(peer.requests.count == 4 && server.counts == ["00000001", "00000001"])
        await peer.stop()
    }

    @Test("a wrong password is tried once and is a 401")
    func wrong() async throws {
        let server = DigestServer(algorithm: "MD5", protection: "auth")
        let peer = try await HTTPPeer { request, _ in server.answer(request) }
        let calls = TaskCalls(peer)
        let arguments = get(peer, authentication: ["digest": ["username": "an\"na", "password": "wr0ng-one"]])
        let failure = await calls.failure(arguments)
        #expect(failure?.kind == .communication && failure?.status == 401)
        #expect(failure?.detail.contains("wr0ng-one") == false && peer.requests.count == 2)
        await peer.stop()
    }

    @Test(
        "a server that never lets in ends after three tries, whatever it says",
        arguments: [
            (#"Digest realm="r", nonce="n\#("x")", stale=true, qop="auth""#, 3),
            (#"Digest realm="r", nonce="n", qop="auth""#, 2),
            (#"Digest realm="r""#, 1), (#"Digest realm="r", nonce="n", algorithm=SHA-512-256"#, 1),
            (#"Digest realm="r", nonce="n", qop="other""#, 1), (#"Digest realm="r, nonce="#, 1), ("Basic realm=r", 1),
            (#"Digest realm="r", nonce="a\"#, 1), (String(repeating: "Digest realm=a,", count: 500), 1), ("", 1),
        ])
    func endless(challenge: String, requests: Int) async throws {
        let peer = try await HTTPPeer { _, _ in answer(401, "", "WWW-Authenticate: \(challenge)\r\n") }
        let arguments = get(peer, authentication: ["digest": ["username": "anna", "password": "s3cret-text"]])
        let failure = await TaskCalls(peer).failure(arguments)
        #expect(failure?.status == 401 && peer.requests.count == requests)
        #expect(!peer.peer.received.contains("s3cret-text"))
        await peer.stop()
    }
}

/// A server with digest authentication of its own making, with the digests of the library.
private final class DigestServer: Sendable {
    private let algorithm: String
    private let protection: String
    private let state = Mutex((nonce: 1, counts: [String]()))

    var counts: [String] { state.withLock { $0.counts } }

    init(algorithm: String, protection: String) {
        self.algorithm = algorithm
        self.protection = protection
    }

    func renew() { state.withLock { $0.nonce += 1 } }

    func answer(_ request: SeenRequest) -> String {
        let nonce = state.withLock { "nonce\($0.nonce)" }
        let given = request.header("authorization").map(Self.fields) ?? [:]
        let isStale = given["nonce"].map { $0 != nonce } ?? false
        if !isStale, let expected = expected(request, given, nonce), given["response"] == expected {
            state.withLock { $0.counts.append(given["nc"] ?? "") }
            return ConnectorsTests.answer(200, #"{"in":true}"#)
        }
        var challenge = #"Digest realm="the \"realm\"", nonce="\#(nonce)", opaque="o\\p""#
        if !algorithm.isEmpty { challenge += ", algorithm=\(algorithm)" }
        if !protection.isEmpty { challenge += ", qop=\"\(protection)\"" }
        if isStale { challenge += ", stale=TRUE" }
        return ConnectorsTests.answer(401, "", "WWW-Authenticate: \(challenge)\r\n")
    }

    private func expected(_ request: SeenRequest, _ given: [String: String], _ nonce: String) -> String? {
        guard given["username"] == "an\"na", given["realm"] == "the \"realm\"", given["uri"] == request.target,
            given["opaque"] == "o\\p"
        else { return nil }
        var secret = digest("an\"na:the \"realm\":pass:ä")
        if algorithm.hasSuffix("sess") { secret = digest("\(secret):\(nonce):\(given["cnonce"] ?? "-")") }
        if protection.isEmpty { return digest("\(secret):\(nonce):\(digest("\(request.method):\(request.target)"))") }
        guard given["qop"] == protection, let count = given["nc"], let own = given["cnonce"] else { return nil }
        var what = "\(request.method):\(request.target)"
        if protection == "auth-int" { what += ":" + digest(request.body) }
        return digest("\(secret):\(nonce):\(count):\(own):\(protection):\(digest(what))")
    }

    private func digest(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let digest =
            algorithm.hasPrefix("SHA") ? Array(SHA256.hash(data: bytes)) : Array(Insecure.MD5.hash(data: bytes))
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// `name=value` and `name="value"`, with escapes.
    private static func fields(_ header: String) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = header.dropFirst("Digest ".count)
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].filter { $0 != " " && $0 != "," }
            rest = rest[rest.index(after: equals)...]
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let character = rest.popFirst(), character != "\"" {
                    value.append(character == "\\" ? rest.popFirst() ?? " " : character)
                }
            } else {
                value = String(rest.prefix { $0 != "," })
                rest = rest.dropFirst(value.count)
            }
            fields[String(name)] = value
        }
        return fields
    }
}
