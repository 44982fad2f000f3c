import Connectors
import JSON
import NIOCore
import NIOPosix
import Primitives
import Synchronization
import Testing

@Suite("calls through a connector", .timeLimit(.minutes(10)))
struct ConnectionClientTests {
    @Test("a call is sent as the template says and its answer is mapped")
    func mapping() async throws {
        let peer = try await HTTPPeer { _, _ in answer(201, order) }
        let client = try connectionClient(peer)
        let result = await client.perform(try createCall())
        #expect(result.result == ["id": "7", "number": "WO-7", "status": "open"])
        let request = try #require(peer.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == "/api/orders/plant%201%2Fnorth?kind=PM01&tag=a&tag=b")
        #expect(request.header("x-site") == "plant 1/north")
        #expect(request.header("x-none") == nil)
        #expect(request.header("idempotency-key") == "key-1")
        #expect(request.header("content-type") == "application/json")
        #expect(request.body == #"{"name":"Leak","level":2}"#)
        await peer.stop()
    }

    @Test("arguments that break the capability are refused before anything is sent")
    func badArguments() async throws {
        let peer = try await HTTPPeer { _, _ in answer(201, order) }
        let outcome = await (try connectionClient(peer)).perform(try createCall(["title": "x", "priority": 0]))
        #expect(outcome.failure?.kind == .invalidArguments)
        #expect(peer.requests.isEmpty)
        await peer.stop()
    }

    @Test(
        "an argument cannot leave the path it is put into", arguments: ["../admin", "..", ".", "a/b?c=d#e", "\r\nX: y"])
    func pathTraversal(_ id: String) async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, #"{"id":"1","number":"1","status":"s"}"#) }
        let get = try #require(CapabilityTable.standard.operation(named: "work-orders.get"))
        _ = await (try connectionClient(peer)).perform(
            CapabilityCall(operation: get, arguments: ["id": .string(id)], idempotencyKey: "k"))
        for request in peer.requests {
            #expect(request.target.hasPrefix("/api/orders/"))
            #expect(request.target.dropFirst("/api/orders/".count).allSatisfy { $0 != "/" && $0 != "?" && $0 != "#" })
        }
        await peer.stop()
    }

    @Test("a system that fails is tried again with the same key, when it honours keys")
    func retries() async throws {
        let peer = try await HTTPPeer { _, number in number < 2 ? answer(500, "boom", "") : answer(201, order) }
        let client = try connectionClient(peer, connector(operation: ["isRepeatable": true]))
        #expect(await client.perform(try createCall()).result?["id"] == "7")
        #expect(peer.requests.map { $0.header("idempotency-key") } == ["key-1", "key-1", "key-1"])
        await peer.stop()
    }

    @Test("what is not repeatable and failed in the dark is looked up, not repeated", arguments: [true, false])
    func lookUp(wasDone: Bool) async throws {
        let peer = try await HTTPPeer { request, number in
            if request.method == "GET" {
                let items = wasDone ? #"[{"id":"9","number":"WO-9","status":"open"}]"# : "[]"
                return answer(200, #"{"items":\#(items)}"#)
            }
            return number == 0 ? nil : answer(201, order)
        }
        let outcome = await (try connectionClient(peer)).perform(try createCall())
        let methods = peer.requests.map(\.method)
        if wasDone {
            #expect(outcome.result?["id"] == "9")
            #expect(methods == ["POST", "GET"])
        } else {
            #expect(outcome.result?["id"] == "7")
            #expect(methods == ["POST", "GET", "POST"])
        }
        #expect(peer.requests[1].target == "/api/orders?ref=key-1")
        await peer.stop()
    }

    @Test("what cannot be looked up ends as unknown and is not repeated")
    func unknown() async throws {
        let peer = try await HTTPPeer { _, _ in nil }
        let document = connector(["operations": connector()["operations"]!.without("work-orders.find")])
        let outcome = await (try connectionClient(peer, document)).perform(try createCall())
        #expect(outcome.failure?.kind == .outcomeUnknown)
        #expect(peer.requests.count == 1)
        await peer.stop()
    }

    @Test("a look-up that fails leaves the outcome unknown")
    func brokenLookUp() async throws {
        let peer = try await HTTPPeer { request, _ in request.method == "GET" ? answer(403, "{}") : nil }
        let outcome = await (try connectionClient(peer)).perform(try createCall())
        #expect(outcome.failure?.kind == .outcomeUnknown)
        #expect(peer.requests.map(\.method) == ["POST", "GET"])
        await peer.stop()
    }

    @Test(
        "after a crash a repeatable call is made again with its key, another is looked up first",
        arguments: [true, false])
    func recovered(isRepeatable: Bool) async throws {
        let peer = try await HTTPPeer { request, _ in
            request.method == "GET"
                ? answer(200, #"{"items":[{"id":"9","number":"WO-9","status":"open"}]}"#) : answer(201, order)
        }
        let client = try connectionClient(peer, connector(operation: ["isRepeatable": .bool(isRepeatable)]))
        let outcome = await client.perform(try createCall(mayHaveHappened: true))
        #expect(outcome.result?["id"] == (isRepeatable ? "7" : "9"))
        #expect(peer.requests.map(\.method) == (isRepeatable ? ["POST"] : ["GET"]))
        await peer.stop()
    }

    @Test("a connector's own look-up is asked in place of the capability's")
    func ownLookUp() async throws {
        let peer = try await HTTPPeer { request, _ in
            request.method == "GET" ? answer(200, #"{"seen":true}"#) : nil
        }
        let lookUp: JSONValue = [
            "request": ["method": "GET", "path": "/by-key/{ .idempotencyKey }"],
            "response": ["result": #"if .body.seen then {id: "1", number: "2", status: "s"} else null end"#],
        ]
        let outcome = await (try connectionClient(peer, connector(operation: ["lookUp": lookUp]))).perform(
            try createCall())
        #expect(outcome.result?["number"] == "2")
        #expect(peer.requests.last?.target == "/api/by-key/key-1")
        await peer.stop()
    }

    @Test("a look-up that finds nothing counts as not done: the call is made again and not lost")
    func ownLookUpFindsNothing() async throws {
        let peer = try await HTTPPeer { request, number in
            if request.method == "GET" { return answer(200, #"{"seen":false}"#) }
            return number == 0 ? nil : answer(201, order)
        }
        let lookUp: JSONValue = [
            "request": ["method": "GET", "path": "/by-key/{ .idempotencyKey }"],
            "response": ["result": #"if .body.seen then {id: "1", number: "2", status: "s"} else null end"#],
        ]
        let outcome = await (try connectionClient(peer, connector(operation: ["lookUp": lookUp]))).perform(
            try createCall())
        #expect(outcome.result?["id"] == "7", "\(outcome)")
        #expect(peer.requests.map(\.method) == ["POST", "GET", "POST"])
        await peer.stop()
    }

    @Test(
        "an answer that cannot be right is no success",
        arguments: [
            answer(200, "<html>Please log in</html>", "Content-Type: text/html\r\n"), answer(200, "{\"key\":"),
            answer(200, ""), answer(200, "[]"), answer(200, #"{"key":7,"no":null}"#), answer(204, ""),
            answer(200, "\u{feff}{}"), answer(200, String(repeating: "[", count: 10_000)),
        ])
    func brokenAnswers(_ text: String) async throws {
        let peer = try await HTTPPeer { request, _ in request.method == "GET" ? answer(200, #"{"items":[]}"#) : text }
        let outcome = await (try connectionClient(peer)).perform(try createCall())
        // It may have been done: nothing says so, and it is not done a second time.
        #expect(outcome.failure?.kind == .outcomeUnknown, "\(outcome)")
        #expect(peer.requests.filter { $0.method == "POST" }.count == 1)
        await peer.stop()
    }

    @Test("an answer larger than the limit ends a read with an error")
    func tooLarge() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, String(repeating: " ", count: 70_000)) }
        let get = try #require(CapabilityTable.standard.operation(named: "work-orders.get"))
        let outcome = await (try connectionClient(peer)).perform(
            CapabilityCall(operation: get, arguments: ["id": "1"], idempotencyKey: "k"))
        #expect(outcome.failure?.kind == .communication)
        #expect(outcome.failure?.detail.contains("65536") == true)
        #expect(outcome.failure?.detail.contains("maximumResponseBytes") == true)
        #expect(peer.requests.count == 1)
        await peer.stop()
    }

    @Test(
        "a status means what HTTP says, unless the connector says otherwise",
        arguments: [
            (400, CallFailure.Kind.communication, 1), (401, .authentication, 1), (403, .authorization, 1),
            (404, .communication, 1), (302, .communication, 1), (429, .communication, 3), (503, .communication, 3),
            (500, .outcomeUnknown, 3), (504, .outcomeUnknown, 3),
        ])
    func statuses(_ status: Int, _ kind: CallFailure.Kind, _ tries: Int) async throws {
        let peer = try await HTTPPeer { _, _ in answer(status, "{}") }
        let client = try connectionClient(peer, connector(operation: ["isRepeatable": true]))
        let failure = await client.perform(try createCall()).failure
        #expect(failure?.kind == kind)
        #expect(failure?.status == status)
        #expect(peer.requests.count == tries)
        await peer.stop()
    }

    @Test("a connector's rules decide first: by status, by condition, with a result of their own")
    func rules() async throws {
        let rules: JSONValue = [
            [
                "status": [409], "when": ".body.code == \"dup\"", "outcome": "already-done",
                "result": "{id: .body.of, number: \"n\", status: \"s\"}",
            ],
            ["status": [409], "outcome": "permanent", "message": ".body.code"],
            ["when": ".status == 200 and .body.error != null", "outcome": "retryable"],
        ]
        let next = AnswerQueue([
            answer(200, #"{"error":"busy"}"#), answer(409, #"{"code":"dup","of":"3"}"#),
            answer(409, #"{"code":"closed"}"#),
        ])
        let peer = try await HTTPPeer { _, _ in next.take() }
        let client = try connectionClient(peer, connector(operation: ["errors": rules]))
        #expect(await client.perform(try createCall()).result?["id"] == "3")
        let failure = await client.perform(try createCall()).failure
        #expect(failure?.kind == .communication && failure?.detail.contains("closed") == true)
        await peer.stop()
    }

    @Test(
        "credentials go where the connector says",
        arguments: [
            ("bearer", #"{"token":"s3cret"}"#, "authorization", "Bearer s3cret"),
            ("bearer", "s3cret\n", "authorization", "Bearer s3cret"),
            ("basic", #"{"username":"u","password":"p:q"}"#, "authorization", "Basic dTpwOnE="),
            ("basic", "u:p:q", "authorization", "Basic dTpwOnE="),
            ("api-key", #"{"key":"k"}"#, "x-key", "k"), ("api-key", "k", "x-key", "k"),
        ])
    func credentials(_ kind: String, _ credential: String, _ header: String, _ value: String) async throws {
        let peer = try await HTTPPeer { _, _ in answer(201, order) }
        let client = try connectionClient(peer, credential: credential, authentication: kind)
        #expect(await client.perform(try createCall()).result != nil)
        #expect(peer.requests.first?.header(header) == value)
        await peer.stop()
    }

    @Test("a token is fetched once for many calls, and again when it is no longer taken")
    func oauth() async throws {
        let tokens = Counter()
        let rejected = Counter()
        let peer = try await HTTPPeer { request, _ in
            if request.target == "/api/token" {
                return answer(200, #"{"access_token":"t\#(tokens.next())","expires_in":3600}"#)
            }
            if request.header("authorization") == "Bearer t0", request.body.contains("Late") {
                rejected.add(1)
                return answer(401, "{}")
            }
            return answer(201, order)
        }
        let client = try connectionClient(
            peer, credential: #"{"clientId":"c d","clientSecret":"s/1"}"#, authentication: "oauth2-client-credentials")
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 { group.addTask { await client.perform(try! createCall()).result != nil } }
            for await isDone in group { #expect(isDone) }
        }
        #expect(tokens.value == 1)
        let late = await client.perform(try createCall(["title": "Late", "priority": 1, "type": "x"]))
        #expect(late.result != nil && tokens.value == 2 && rejected.value == 1)
        let request = try #require(peer.requests.first { $0.target == "/api/token" })
        #expect(request.body == "grant_type=client_credentials&scope=orders")
        #expect(request.header("authorization") == "Basic " + Base64.encode(Array("c%20d:s%2F1".utf8)))
        await peer.stop()
    }

    @Test("a secret is in no error, whatever goes wrong")
    func noSecretInErrors() async throws {
        let secret = "tops3cret"
        let peer = try await HTTPPeer { request, number in
            [
                nil, answer(401, "{\"you sent\":\"\(request.header("authorization") ?? "")\"}"), answer(200, "<html>"),
                "junk\r\n\r\n",
            ][number % 4]
        }
        for kind in ["bearer", "basic", "api-key", "oauth2-client-credentials"] {
            let credential = kind == "basic" || kind.hasPrefix("oauth2") ? "user:\(secret)" : secret
            let client = try connectionClient(peer, credential: credential, authentication: kind)
            for _ in 0..<4 {
                let outcome = await client.perform(try createCall())
                #expect(!"\(outcome)".contains(secret) && !"\(client.connection)".contains(secret))
            }
        }
        await peer.stop()
        #expect(throws: Connection.SetupError.self) {
            do {
                _ = try connectionClient(peer, credential: "\(secret)\r\nX: y", authentication: "bearer")
            } catch {
                #expect(!"\(error)".contains(secret))
                throw error
            }
        }
    }

    @Test("a system's wish for a pause is honoured, up to the call's own time")
    func retryAfter() async throws {
        let peer = try await HTTPPeer { _, number in
            number == 0 ? answer(429, "{}", "Retry-After: 1\r\nContent-Type: application/json\r\n") : answer(201, order)
        }
        let client = try connectionClient(peer)
        let begun = ContinuousClock.now
        #expect(await client.perform(try createCall()).result != nil)
        #expect(ContinuousClock.now - begun > .milliseconds(850))
        var call = try createCall()
        call.timeoutSeconds = 5
        let patience = try await HTTPPeer { _, _ in answer(429, "{}", "Retry-After: 60\r\n") }
        let impatient = await (try connectionClient(patience)).perform(call)
        #expect(impatient.failure?.status == 429)
        #expect(patience.requests.count == 1)
        await peer.stop()
        await patience.stop()
    }

    @Test("the rate limit spaces calls and refuses what has no turn in its time")
    func rateLimit() async throws {
        let peer = try await HTTPPeer { _, _ in answer(201, order) }
        let client = try connectionClient(peer, connector(["rateLimit": ["perSecond": 20, "burst": 2]]))
        let begun = ContinuousClock.now
        for _ in 0..<6 { #expect(await client.perform(try createCall()).result != nil) }
        // Two at once, four more at twenty a second, with a tenth of spread.
        #expect(ContinuousClock.now - begun > .milliseconds(170))
        let slow = try connectionClient(peer, connector(["rateLimit": ["perSecond": 0.01, "burst": 1]]))
        var call = try createCall()
        call.timeoutSeconds = 1
        #expect(await slow.perform(call).result != nil)
        #expect(await slow.perform(call).failure?.kind == .timeout)
        await peer.stop()
    }

    @Test("a host that the plant may not call is an error that trying again does not change")
    func egress() async throws {
        let peer = try await HTTPPeer { _, _ in answer(201, order) }
        let connection = try Connection(
            id: .init(), name: "c", connector: connector(),
            configuration: ["baseAddress": "http://169.254.169.254/", "site": "a"], credential: nil)
        let dialer = directDialer(loopback(peer.peer.port))
        let client = ConnectionClient(
            connection: connection, client: OutboundClient(dialer: dialer), dialer: dialer,
            loop: MultiThreadedEventLoopGroup.singleton.any())
        let failure = await client.perform(try createCall()).failure
        #expect(failure?.kind == .authorization)
        await peer.stop()
    }

    @Test("the test operation says whether the connection works")
    func connectionTest() async throws {
        let peer = try await HTTPPeer { request, number in
            number == 0 ? answer(200, "pong", "") : answer(request.target == "/api/ping" ? 401 : 500, "")
        }
        let client = try connectionClient(peer)
        #expect(await client.test().failure == nil)
        #expect(await client.test().failure?.reason == .credential)
        #expect(peer.requests.allSatisfy { $0.header("idempotency-key") == nil })
        await peer.stop()
    }
}

extension JSONValue {
    func without(_ key: String) -> JSONValue {
        var object = objectValue ?? [:]
        object.removeValue(forKey: key)
        return .object(object)
    }
}

final class AnswerQueue: Sendable {
    private let answers: Mutex<[String]>
    init(_ answers: [String]) { self.answers = Mutex(answers) }
    func take() -> String? { answers.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}
