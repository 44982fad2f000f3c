import Connectors
import JSON
import Primitives
import Testing

@Suite("secrets of tasks", .timeLimit(.minutes(10)))
struct TaskSecretTests {
    private static let secrets: JSONObject = [
        "key": "s3cret/value +1", "pair": ["username": "anna", "password": "pa55w0rd", "pin": 7],
    ]

    @Test("a marker of this run becomes the secret, one of another run stays text, and no other text is one")
    func replaced() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        let other = SecretMarker(runID: "other", name: "key").text
        _ = try await TaskCalls(peer, secrets: Self.secrets).call([
            "method": "post", "endpoint": .string(peer.base),
            "headers": ["X-Key": .string("k \(TaskCalls.marker("key"))")],
            "body": ["in": [["pin": .string(TaskCalls.marker("pair", "pin"))]], "other": .string(other)],
            "query": ["q": .string(TaskCalls.marker("pair", "password"))],
        ])
        let request = try #require(peer.requests.first)
        #expect(request.header("x-key") == "k s3cret/value +1" && request.target == "/?q=pa55w0rd")
        #expect(try JSONValue(parsing: Array(request.body.utf8)) == ["in": [["pin": "7"]], "other": .string(other)])
        await peer.stop()
    }

    @Test("a secret that there is not, or not with this member, is an authorization error that names it")
    func unknown() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        let calls = TaskCalls(peer, secrets: Self.secrets)
        for (marker, name) in [("gone", nil), ("pair", "gone"), ("key", "gone")] as [(String, String?)] {
            var arguments = get(peer)
            arguments.set("body", .string(TaskCalls.marker(marker, name)))
            let failure = await calls.failure(arguments)
            #expect(failure?.kind == .authorization && failure?.detail.contains("gone") == true)
        }
        let failure = await calls.failure(get(peer, authentication: ["basic": ["use": "gone"]]))
        #expect(failure?.kind == .authorization && failure?.detail.contains("gone") == true)
        #expect(peer.requests.isEmpty)
        await peer.stop()
    }

    @Test("no secret is in an output, even where the system sends back everything that it got")
    func outputs() async throws {
        let peer = try await HTTPPeer { request, _ in
            let said = [
                request.target, request.body, request.header("authorization") ?? "", request.header("x-key") ?? "",
            ]
            let body = JSONValue.array(said.map { .string($0) }).serialized()
            return answer(200, body, "Content-Type: application/json\r\nX-Echo: \(request.header("x-key") ?? "")\r\n")
        }
        let calls = TaskCalls(peer, secrets: Self.secrets)
        let basic = Base64.encode(Array("anna:pa55w0rd".utf8))
        for output in ["content", "response", "raw"] {
            for authentication: JSONValue in [
                ["basic": ["use": "pair"]], ["bearer": ["token": .string(TaskCalls.marker("key"))]],
            ] {
                let value = try await calls.call([
                    "method": "post", "output": .string(output), "body": .string(TaskCalls.marker("key")),
                    "endpoint": [
                        "uri": .string(peer.base + "/p/" + TaskCalls.marker("key")), "authentication": authentication,
                    ],
                    "headers": ["X-Key": .string(TaskCalls.marker("key"))],
                    "query": [
                        "pw": .string(TaskCalls.marker("pair", "password")),
                        "user": .string(TaskCalls.marker("pair", "username")),
                    ],
                ])
                var text = value.serialized()
                if output == "raw" {
                    let raw = try #require(value.stringValue)
                    text = try #require(Self.decoded(raw))
                    #expect(text.contains("/p/"))
                }
                for secret in ["s3cret", "pa55w0rd", basic] { #expect(!text.contains(secret), "\(text)") }
                if output == "response" {
                    let request = try #require(value["request"]).serialized()
                    #expect(!request.contains("anna") && !request.lowercased().contains("authorization"))
                    #expect(request.contains("«redacted»"))
                }
            }
        }
        #expect(peer.requests.contains { $0.header("authorization") == "Basic \(basic)" })
        #expect(peer.requests.contains { $0.target.contains("/p/s3cret/value%20+1") })
        await peer.stop()
    }

    @Test("no secret is in an error, whatever goes wrong")
    func errors() async throws {
        let peer = try await HTTPPeer { request, number in
            let said = JSONValue.string("you said \(request.header("x-key") ?? "") and \(request.target)").serialized()
            return [
                nil, answer(401, "{\"detail\":\(said)}", "Content-Type: application/problem+json\r\n"), "junk\r\n\r\n",
                answer(200, "{"),
            ][number % 4]
        }
        let calls = TaskCalls(peer, secrets: Self.secrets)
        var seen = ""
        for method in ["get", "post"] {
            for _ in 0..<6 {
                let failure = await calls.failure([
                    "method": .string(method), "headers": ["X-Key": .string(TaskCalls.marker("key"))],
                    "endpoint": .string(peer.base + "/" + TaskCalls.marker("pair", "password")),
                ])
                seen += "\(failure as Any)"
            }
        }
        let nowhere: JSONValue = [
            "method": "get", "endpoint": .string("http://\(TaskCalls.marker("pair", "password")).example/"),
        ]
        seen += "\(await calls.failure(nowhere) as Any)"
        let header: JSONValue = [
            "method": "get", "endpoint": .string(peer.base), "headers": [TaskCalls.marker("key"): "a\nb"],
        ]
        seen += "\(await calls.failure(header) as Any)"
        #expect(seen.contains("you said «redacted» and") && seen.contains("outcome unknown"))
        #expect(!seen.contains("s3cret") && !seen.contains("pa55w0rd"), "\(seen)")
        await peer.stop()
    }

    private static func decoded(_ text: String) -> String? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var bits = 0
        var value = 0
        var bytes: [UInt8] = []
        for character in text where character != "=" {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            value = value << 6 | digit
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(value >> bits & 255))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
