import Connectors
import JSON
import Testing

@Suite("call: http", .timeLimit(.minutes(10)))
struct HTTPTaskTests {
    @Test(
        "a status outside of 200–299 is a communication error with that status, and 3xx is none where `redirect` says so",
        arguments: [199 + 101, 302, 304, 399, 400, 401, 404, 503])
    func statuses(status: Int) async throws {
        let peer = try await HTTPPeer { _, _ in answer(status, "", "Location: /else\r\n") }
        let calls = TaskCalls(peer)
        let failure = await calls.failure(get(peer))
        #expect(failure?.kind == .communication && failure?.status == status)
        var arguments = get(peer, output: "response")
        arguments.set("redirect", true)
        if status < 400 {
            // It is given to the definition, and not followed.
            let output = try await calls.call(arguments)
            #expect(output["statusCode"]?.intValue == status && output["headers"]?["location"] == "/else")
            #expect(Set(peer.requests.map(\.target)) == ["/x"])
        } else {
            #expect(await calls.failure(arguments)?.status == status)
        }
        await peer.stop()
    }

    @Test("of a problem document the error says title and detail, on one line and bounded; of anything else nothing")
    func problems() async throws {
        let long = String(repeating: "d", count: 5000)
        let problem = #"{"title":"Out\r\nof stock","detail":"\#(long)","secret":"other"}"#
        let peer = try await HTTPPeer { request, _ in
            let type = request.target == "/x" ? "application/problem+json" : "application/json"
            return answer(422, problem, "Content-Type: \(type); charset=utf-8\r\n")
        }
        let calls = TaskCalls(peer)
        let detail = try #require(await calls.failure(get(peer))?.detail)
        #expect(detail.contains("answered 422: Out  of stock: ddd") && !detail.contains("other"))
        #expect(detail.utf8.count < 1000 && !detail.contains("\n"))
        #expect(await calls.failure(get(peer, "/y"))?.detail == "127.0.0.1:\(peer.peer.port) answered 422")
        await peer.stop()
    }

    @Test("each output mode, and content by its type")
    func outputs() async throws {
        let peer = try await HTTPPeer { request, _ in
            switch request.target {
            case "/json": answer(200, "\u{FEFF}{\"a\":[1,null]}", "Content-Type: application/hal+json\r\n")
            case "/yaml": answer(200, "a: [1, 2]\n", "Content-Type: application/yaml\r\n")
            case "/text": answer(200, "{\"a\":1}", "Content-Type: text/plain\r\nX-Two: 1\r\nX-Two: 2\r\n")
            case "/broken": answer(200, "{", "Content-Type: application/json\r\n")
            default: answer(204, "")
            }
        }
        let calls = TaskCalls(peer)
        #expect(try await calls.call(get(peer, "/json")) == ["a": [1, .null]])
        #expect(try await calls.call(get(peer, "/yaml")) == ["a": [1, 2]])
        #expect(try await calls.call(get(peer, "/text")) == "{\"a\":1}")
        #expect(try await calls.call(get(peer, "/none")) == .null)
        #expect(try await calls.call(get(peer, "/text", output: "raw")) == "eyJhIjoxfQ==")
        let whole = try await calls.call(get(peer, "/text", output: "response"))
        #expect(whole["request"]?["method"] == "get" && whole["statusCode"] == 200)
        #expect(whole["request"]?["uri"] == .string(peer.base + "/text"))
        #expect(whole["request"]?["headers"]?["User-Agent"] == "millwright-runner")
        #expect(whole["headers"]?["x-two"] == "1, 2" && whole["content"] == "{\"a\":1}")
        #expect(await calls.failure(get(peer, "/broken"))?.kind == .communication)
        #expect(try await calls.call(get(peer, "/broken", output: "raw")) == "ew==")
        #expect(await calls.failure(get(peer, "/json", output: "all"))?.kind == .invalidArguments)
        await peer.stop()
    }

    @Test("headers and query: other values as text, null left out, lists repeated; the definition's own header wins")
    func headersAndQuery() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        let calls = TaskCalls(peer)
        _ = try await calls.call([
            "method": "PoSt", "endpoint": .string(peer.base + "/a b?c=d"),
            "headers": ["X-Number": 1.5, "X-None": .null, "accept": "text/plain", "Idempotency-Key": "mine"],
            "query": ["list": [1, .null, "ä&"], "flag": true],
        ])
        let request = try #require(peer.requests.first)
        #expect(request.method == "POST" && request.target == "/a%20b?c=d&list=1&list=%C3%A4%26&flag=true")
        #expect(request.header("x-number") == "1.5" && request.header("x-none") == nil)
        #expect(request.header("accept") == "text/plain" && request.header("idempotency-key") == "mine")
        #expect(request.headers.filter { $0.name.lowercased() == "accept" }.count == 1)
        for wrong: JSONValue in [
            ["headers": ["X": ["a": 1]]], ["headers": ["Host": "else"]], ["headers": ["X": "a\r\nY: b"]],
            ["query": "a=b"], ["endpoint": "ftp://127.0.0.1/"], ["endpoint": 1], ["method": "G T"], ["method": .null],
        ] {
            var arguments = get(peer)
            for (key, value) in wrong.objectValue ?? [:] { arguments.set(key, value) }
            #expect(await calls.failure(arguments)?.kind == .invalidArguments, "\(wrong)")
        }
        #expect(peer.requests.count == 1)
        await peer.stop()
    }

    @Test(
        "bodies as their type says",
        arguments: [
            (["a": 1], nil, "{\"a\":1}", "application/json"), ("text", nil, "\"text\"", "application/json"),
            ("<a/>", "application/xml", "<a/>", "application/xml"),
            (
                ["a": ["1 &", "2"], "n": .null, "b": true], "application/x-www-form-urlencoded", "a=1+%26&a=2&b=true",
                "application/x-www-form-urlencoded"
            ),
            (.null, nil, "", nil), ([1], "application/vnd.x+json", "[1]", "application/vnd.x+json"),
        ] as [(JSONValue, String?, String, String?)])
    func bodies(_ body: JSONValue, _ type: String?, _ sent: String, _ sentType: String?) async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        var arguments: JSONValue = ["method": "put", "endpoint": .string(peer.base), "body": body]
        if let type { arguments.set("headers", ["content-type": .string(type)]) }
        _ = try await TaskCalls(peer).call(arguments)
        let request = try #require(peer.requests.first)
        #expect(request.body == sent && request.header("content-type") == sentType)
        #expect(request.header("idempotency-key") == "key-1" && request.method == "PUT")
        await peer.stop()
    }

    @Test("a request that may have changed something is not made again, and its silence is `outcome unknown`")
    func outcomeUnknown() async throws {
        let peer = try await HTTPPeer { _, _ in nil }
        let calls = TaskCalls(peer)
        var post = get(peer)
        post.set("method", "post")
        #expect(await calls.failure(post)?.kind == .outcomeUnknown)
        #expect(await calls.failure(get(peer))?.kind == .communication)
        let before = peer.requests.count
        #expect(await calls.failure(post, mayHaveHappened: true)?.kind == .outcomeUnknown)
        #expect(peer.requests.count == before)
        #expect(await calls.failure(get(peer), mayHaveHappened: true)?.kind == .communication)
        #expect(peer.requests.count > before)
        await peer.stop()
    }

    @Test("what is not listed, silent or too large fails as what it is")
    func refusals() async throws {
        let peer = try await HTTPPeer { request, _ in
            guard request.target == "/silent" else {
                return "HTTP/1.1 200 OK\r\nContent-Length: \(5 << 20)\r\n\r\n"
            }
            try? await Task.sleep(for: .seconds(30))
            return nil
        }
        #expect(await TaskCalls(ports: []).failure(get(peer))?.kind == .authorization)
        let calls = TaskCalls(peer)
        #expect(await calls.failure(get(peer, "/silent"), seconds: 0.2)?.kind == .timeout)
        #expect(await calls.failure(get(peer, "/large"))?.detail.contains("larger than the limit") == true)
        let closed = try ClosedPort()
        let nobody: JSONValue = ["method": "get", "endpoint": .string("http://127.0.0.1:\(closed.port)/")]
        #expect(await TaskCalls(ports: [closed.port]).failure(nobody)?.kind == .communication)
        #expect(await calls.failure(get(peer), function: "grpc")?.kind == .configuration)
        await peer.stop()
    }
}
