import Connectors
import Crypto
import JSON
import Synchronization
import Testing

@Suite("oauth2 and oidc of tasks", .timeLimit(.minutes(10)))
struct TokenTests {
    /// A server of tokens and of the system that takes them.
    private func server(
        _ token: @escaping @Sendable (SeenRequest, Int) -> String,
        takes: @escaping @Sendable (String) -> Bool = { _ in true }
    ) async throws -> HTTPPeer {
        let count = Counter()
        return try await HTTPPeer { request, _ in
            if request.target.hasPrefix("/api") {
                let given = request.header("authorization") ?? ""
                return takes(given) ? answer(200, "{\"ok\":true}") : answer(401, "{}")
            }
            return token(request, count.next())
        }
    }

    private func policy(_ peer: HTTPPeer, _ changes: JSONObject = [:], scheme: String = "oauth2") -> JSONValue {
        var settings: JSONObject = [
            "authority": .string(peer.base + "/realm"), "grant": "client_credentials",
            "client": ["id": "c d", "secret": "cl1ent/secret"],
        ]
        for (key, value) in changes { settings[key] = value.isNull ? nil : value }
        return [scheme: .object(settings)]
    }

    private static func token(_ text: String, life: Int = 3600) -> String {
        answer(200, #"{"access_token":"\#(text)","token_type":"Bearer","expires_in":\#(life)}"#)
    }

    @Test("a token is fetched once for many calls with the same settings, and again for others")
    func cached() async throws {
        let peer = try await server { _, number in Self.token("t\(number)") }
        let calls = TaskCalls(peer)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    (try? await calls.call(get(peer, "/api", authentication: policy(peer)))) == ["ok": true]
                }
            }
            for await isDone in group { #expect(isDone) }
        }
        #expect(peer.requests.filter { $0.target == "/realm/oauth2/token" }.count == 1)
        _ = try await calls.call(get(peer, "/api", authentication: policy(peer, ["scopes": ["a", "b"]])))
        let fetched = peer.requests.filter { $0.target == "/realm/oauth2/token" }
        #expect(fetched.map(\.body).last?.hasPrefix("grant_type=client_credentials&scope=a+b") == true)
        #expect(peer.requests.filter { $0.header("authorization") == "Bearer t0" }.count == 10)
        await peer.stop()
    }

    @Test(
        "the request of each grant, client authentication and encoding",
        arguments: [
            ([:], "grant_type=client_credentials&client_id=c+d&client_secret=cl1ent%2Fsecret", nil),
            (
                [
                    "audiences": ["x", "y"],
                    "client": ["id": "c d", "secret": "s", "authentication": "client_secret_basic"],
                ],
                "grant_type=client_credentials&audience=x&audience=y", "Basic " + Base64.encode(Array("c%20d:s".utf8))
            ),
            (
                [
                    "grant": "password", "username": "anna", "password": "p&",
                    "client": ["authentication": "none", "id": "c"],
                ],
                "grant_type=password&username=anna&password=p%26&client_id=c", nil
            ),
            (
                [
                    "grant": "refresh_token", "subject": ["token": "r", "type": "refresh"],
                    "client": ["authentication": "none"],
                ],
                "grant_type=refresh_token&refresh_token=r", nil
            ),
            (
                [
                    "grant": "urn:ietf:params:oauth:grant-type:token-exchange",
                    "subject": ["token": "s", "type": "jwt"],
                    "actor": ["token": "a", "type": "at"], "client": ["authentication": "none"],
                ],
                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s&subject_token_type=jwt&"
                    + "actor_token=a&actor_token_type=at", nil
            ),
            (
                ["client": ["id": "c", "authentication": "private_key_jwt", "assertion": "h.c.s"]],
                "grant_type=client_credentials&client_id=c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                    + "client-assertion-type%3Ajwt-bearer&client_assertion=h.c.s", nil
            ),
            (
                ["request": ["encoding": "application/json"], "audiences": ["x", "y"], "scopes": ["a"]],
                #"{"grant_type":"client_credentials","scope":"a","audience":["x","y"],"client_id":"c d","#
                    + #""client_secret":"cl1ent/secret"}"#, nil
            ),
        ] as [(JSONObject, String, String?)])
    func requests(_ changes: JSONObject, _ body: String, _ authorization: String?) async throws {
        let peer = try await server { _, _ in Self.token("t") }
        _ = try await TaskCalls(peer).call(get(peer, "/api", authentication: policy(peer, changes)))
        let request = try #require(peer.requests.first)
        #expect(request.method == "POST" && request.body == body && request.header("authorization") == authorization)
        #expect(request.header("content-type")?.hasSuffix(body.hasPrefix("{") ? "json" : "urlencoded") == true)
        await peer.stop()
    }

    @Test("a client that proves itself with its secret signs a short-lived assertion for the endpoint")
    func secretJWT() async throws {
        let peer = try await server { _, _ in Self.token("t") }
        let client: JSONValue = ["id": "c", "secret": "cl1ent-secret", "authentication": "client_secret_jwt"]
        _ = try await TaskCalls(peer).call(get(peer, "/api", authentication: policy(peer, ["client": client])))
        let body = try #require(peer.requests.first?.body)
        let assertion = try #require(body.split(separator: "client_assertion=").last)
        let parts = assertion.split(separator: ".").map(String.init)
        let code = HMAC<SHA256>.authenticationCode(
            for: Array((parts[0] + "." + parts[1]).utf8), using: SymmetricKey(data: Array("cl1ent-secret".utf8)))
        let url = Base64.encode(Array(code)).replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
        #expect(parts.count == 3 && parts[2] == url && !body.contains("cl1ent-secret"))
        await peer.stop()
    }

    @Test("a token that is no longer taken is fetched again once, and then the 401 stands")
    func refetched() async throws {
        let peer = try await server({ _, number in Self.token("t\(number)") }, takes: { $0 == "Bearer t1" })
        let calls = TaskCalls(peer)
        #expect(try await calls.call(get(peer, "/api", authentication: policy(peer))) == ["ok": true])
        let stubborn = try await server({ _, number in Self.token("t\(number)") }, takes: { _ in false })
        let others = TaskCalls(stubborn)
        #expect(await others.failure(get(stubborn, "/api", authentication: policy(stubborn)))?.status == 401)
        #expect(stubborn.requests.count == 4)
        await peer.stop()
        await stubborn.stop()
    }

    @Test("a refresh token is used when there is one, and given up when it is refused")
    func refreshed() async throws {
        let peer = try await server(
            { request, number in
                if request.body.contains("refresh_token=r1") { return answer(400, #"{"error":"invalid_grant"}"#) }
                return answer(200, #"{"access_token":"t\#(number)","refresh_token":"r\#(number)","expires_in":3600}"#)
            }, takes: { ["Bearer t1", "Bearer t3"].contains($0) })
        let calls = TaskCalls(peer)
        let arguments = get(peer, "/api", authentication: policy(peer))
        // t0 is not taken; r0 brings t1.
        #expect(try await calls.call(arguments) == ["ok": true])
        let fetched = peer.requests.filter { $0.method == "POST" }.map(\.body)
        #expect(fetched.count == 2 && fetched[1].hasPrefix("grant_type=refresh_token&refresh_token=r0&client_id"))
        await peer.stop()
    }

    @Test("a token that ends at once serves the call that it was fetched for")
    func shortLived() async throws {
        let peer = try await server { _, number in Self.token("t\(number)", life: number == 0 ? 0 : -5) }
        let calls = TaskCalls(peer)
        for _ in 0..<2 {
            #expect(try await calls.call(get(peer, "/api", authentication: policy(peer))) == ["ok": true])
        }
        await peer.stop()
    }

    @Test(
        "a token server that is no token server",
        arguments: [
            (
                answer(400, #"{"error":"invalid_client","error_description":"cl1ent/secret"}"#),
                "refuses with status 400: invalid_client"
            ),
            (answer(200, "<html>login</html>", "Content-Type: text/html\r\n"), "has no token"),
            (answer(200, #"{"access_token":"a\r\nX: y"}"#), "has no token"),
            (answer(200, #"{"access_token":""}"#), "has no token"),
            (answer(200, #"{"access_token":"t","token_type":"mac"}"#), "not a bearer token"),
            (answer(302, "", "Location: /login\r\n"), "refuses with status 302"), (answer(503, ""), "answered 503"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", "larger than the limit"),
            ("junk\r\n\r\n", "not valid HTTP"),
        ])
    func liars(_ said: String, _ detail: String) async throws {
        let peer = try await server { _, _ in said }
        let failure = await TaskCalls(peer).failure(get(peer, "/api", authentication: policy(peer)))
        #expect(failure?.detail.contains(detail) == true, "\(failure as Any)")
        #expect(failure?.detail.contains("cl1ent") == false && peer.requests.allSatisfy { $0.target != "/api" })
        await peer.stop()
    }

    @Test("a token server that is not listed, or not there")
    func unreachable() async throws {
        let peer = try await server { _, _ in Self.token("t") }
        let closed = try ClosedPort()
        let away = policy(peer, ["authority": .string("http://127.0.0.1:\(closed.port)")])
        let arguments = get(peer, "/api", authentication: away)
        #expect(await TaskCalls(peer).failure(arguments)?.kind == .authorization)
        #expect(await TaskCalls(ports: [peer.peer.port, closed.port]).failure(arguments)?.kind == .communication)
        #expect(peer.requests.isEmpty)
        await peer.stop()
    }

    @Test(
        "settings that cannot work are refused before anything is sent, and no value is repeated",
        arguments: [
            (["grant": "authorization_code"], "a person"), (["grant": "magic"], "not one of"),
            (["grant": .null], "grant"),
            (["client": .null], "client.id"),
            (["client": ["id": "c", "authentication": "client_secret_basic"]], "client.secret"),
            (["client": ["id": "c", "authentication": "private_key_jwt"]], "client.assertion"),
            (["grant": "password"], "username"),
            (["grant": "refresh_token"], "subject"),
            (["grant": "urn:ietf:params:oauth:grant-type:token-exchange"], "subject"),
            (["scopes": "a"], "scopes"), (["client": ["id": ["s3cret"]]], "client.id"),
            (["authority": "s3cret"], "authority"),
            (["subject": ["token": "s3cret"]], "subject.type"), (["request": ["encoding": "xml"]], "request.encoding"),
        ] as [(JSONObject, String)])
    func settings(_ changes: JSONObject, _ detail: String) async throws {
        let peer = try await server { _, _ in Self.token("t") }
        let failure = await TaskCalls(peer).failure(get(peer, "/api", authentication: policy(peer, changes)))
        #expect(failure?.kind == .configuration && failure?.detail.contains(detail) == true, "\(failure as Any)")
        #expect(failure?.detail.contains("s3cret") == false && peer.requests.isEmpty)
        await peer.stop()
    }

    @Test("all settings can come from one secret, and nothing of it is shown")
    func fromSecret() async throws {
        let peer = try await server({ _, _ in Self.token("acc3ss-token") }, takes: { $0.hasSuffix("acc3ss-token") })
        let settings = try #require(policy(peer)["oauth2"])
        let calls = TaskCalls(ports: [peer.peer.port], secrets: ["idp": settings])
        let output = try await calls.call(
            get(peer, "/api", authentication: ["oauth2": ["use": "idp"]], output: "response"))
        #expect(output["content"] == ["ok": true] && !output.serialized().contains("acc3ss"))
        await peer.stop()
    }

    // MARK: OpenID Connect

    private func discovery(_ changes: JSONObject = [:]) async throws -> HTTPPeer {
        try await HTTPPeer { request, _ in
            let base = "http://" + (request.header("host") ?? "")
            switch request.target {
            case "/realm/.well-known/openid-configuration":
                var document: JSONObject = [
                    "issuer": .string(base + "/realm"), "token_endpoint": .string(base + "/deep/token"),
                ]
                for (key, value) in changes { document[key] = value.isNull ? nil : value }
                return answer(200, JSONValue.object(document).serialized())
            case "/deep/token":
                // {"iss":"https://idp.example"}
                return Self.token("e30.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIn0.c2ln")
            default: return answer(200, "{\"ok\":true}")
            }
        }
    }

    @Test("the authority's configuration says where tokens are, with or without its path written out")
    func oidc() async throws {
        let peer = try await discovery()
        for suffix in ["", "/", "/.well-known/openid-configuration"] {
            let calls = TaskCalls(peer)
            let settings = policy(peer, ["authority": .string(peer.base + "/realm" + suffix)], scheme: "oidc")
            for _ in 0..<2 {
                #expect(try await calls.call(get(peer, "/api", authentication: settings)) == ["ok": true])
            }
        }
        #expect(peer.requests.filter { $0.target.hasSuffix("configuration") }.count == 3)
        #expect(peer.requests.filter { $0.target == "/deep/token" }.count == 3)
        await peer.stop()
    }

    @Test(
        "a configuration of another issuer, or without an endpoint, gets no secret",
        arguments: [
            (["issuer": "http://other.example/realm"], "another issuer's"), (["issuer": .null], "another issuer's"),
            (["token_endpoint": .null], "no token endpoint"), (["token_endpoint": "mailto:x"], "no token endpoint"),
        ] as [(JSONObject, String)])
    func wrongConfiguration(_ changes: JSONObject, _ detail: String) async throws {
        let peer = try await discovery(changes)
        let failure = await TaskCalls(peer).failure(get(peer, "/api", authentication: policy(peer, scheme: "oidc")))
        #expect(failure?.kind == .authentication && failure?.detail.contains(detail) == true, "\(failure as Any)")
        #expect(!peer.peer.received.contains("cl1ent"))
        await peer.stop()
    }

    @Test("a token of an issuer that is not listed is not used")
    func issuers() async throws {
        let peer = try await discovery()
        let listed = policy(peer, ["issuers": ["https://idp.example"]], scheme: "oidc")
        #expect(try await TaskCalls(peer).call(get(peer, "/api", authentication: listed)) == ["ok": true])
        let other = policy(peer, ["issuers": ["https://other.example"]], scheme: "oidc")
        #expect(await TaskCalls(peer).failure(get(peer, "/api", authentication: other))?.kind == .authentication)
        let opaque = try await server { _, _ in Self.token("opaque") }
        let asked = policy(opaque, ["issuers": ["https://idp.example"]])
        let failure = await TaskCalls(opaque).failure(get(opaque, "/api", authentication: asked))
        #expect(failure?.detail.contains("names no issuer") == true)
        await peer.stop()
        await opaque.stop()
    }
}
