import Connectors
import JSON
import NIOCore
import NIOPosix
import Primitives
import Testing

/// A connection to an address, with rules that let it through unless others are given.
private func connection(
    _ base: String, credential: String? = "key-5ecret", authentication: String = "api-key",
    connector document: JSONValue = connector(), more: JSONObject = [:]
) throws -> Connection {
    var configuration: JSONObject = [
        "baseAddress": .string(base), "site": "plant 1", "authentication": .string(authentication),
    ]
    for (key, value) in more { configuration[key] = value }
    return try Connection(
        id: ConnectionID(), name: "cmms", connector: document, configuration: .object(configuration),
        credential: credential.map { Redacted(Array($0.utf8)) })
}

private typealias Reason = ConnectionTestReport.Reason

@Suite("the test of a connection names what is wrong and what to do", .timeLimit(.minutes(10)))
struct ConnectionTestTests {
    @Test(
        "each answer has its class",
        arguments: [
            (answer(401, "{}"), Reason.credential), (answer(403, "{}"), .forbidden), (answer(404, "{}"), .address),
            (answer(405, "{}"), .address),
            (answer(302, "", "Location: /login\r\n"), .address), (answer(503, "{}"), .busy), (answer(429, "{}"), .busy),
            (answer(500, "{}"), .systemError), (answer(418, "{}"), .unexpectedAnswer),
            (answer(200, "<!DOCTYPE html><p>Sign in", "Content-Type: text/html\r\n"), .page),
            (answer(200, "\n <HTML>", "Content-Type: application/json\r\n"), .page),
            (answer(200, "pong"), .unexpectedAnswer), ("SSH-2.0-OpenSSH_9.2\r\n", .unexpectedAnswer),
        ])
    func answers(_ text: String, _ reason: ConnectionTestReport.Reason) async throws {
        let peer = try await HTTPPeer { _, _ in text }
        let document = connector(["test": ["request": ["method": "GET", "path": "/ping", "query": ["q": "\"x\""]]]])
        let report = try await connection(peer.base + "/api", connector: document)
            .test(under: loopback(peer.peer.port), timeoutSeconds: 20)
        #expect(report.failure?.reason == reason, "\(report)")
        #expect(report.failure?.advice.isEmpty == false)
        #expect(report.asked == .init(method: "GET", host: "127.0.0.1:\(peer.peer.port)", path: "/api/ping"))
        await peer.stop()
    }

    @Test("a system that answers well is asked once, with the credential, and nothing else is said of it")
    func works() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, #"{"secret":"of the plant"}"#) }
        let report = try await connection(peer.base).test(under: loopback(peer.peer.port), timeoutSeconds: 20)
        #expect(report.isOK && report.status == 200)
        #expect(peer.requests.map { $0.header("x-key") } == ["key-5ecret"])
        #expect(!"\(report)".contains("plant"))
        await peer.stop()
    }

    @Test("the rules come first: what they do not list is not even looked up, and the host to allow is named")
    func egress() async throws {
        let resolver = ScriptedResolver(["127.0.0.1"])
        let unlisted = try await connection("https://cmms.example/api")
            .test(under: .nothing, resolver: resolver, timeoutSeconds: 20)
        #expect(unlisted.failure?.reason == .egressRefused)
        #expect(unlisted.failure?.advice.contains("cmms.example:443") == true)
        #expect(resolver.questions.isEmpty)
        let publicOnly = EgressPolicy(rules: [.init(pattern: HostPattern("cmms.example")!, port: nil)])
        let inside = try await connection("https://cmms.example/api")
            .test(under: publicOnly, resolver: resolver, timeoutSeconds: 20)
        #expect(inside.failure?.reason == .egressRefused)
        #expect(inside.failure?.advice.contains("allowsPrivate") == true)
        let unknown = try await connection("https://cmms.example/api")
            .test(under: publicOnly, resolver: NamedResolver([:]), timeoutSeconds: 20)
        #expect(unknown.failure?.reason == .nameNotFound)
    }

    @Test("nobody there, silence, a resolver that hangs, and the wrong certificate are told apart")
    func network() async throws {
        let closed = try ClosedPort()
        let nobody = try await connection("http://127.0.0.1:\(closed.port)")
            .test(under: loopback(closed.port), timeoutSeconds: 20)
        #expect(nobody.failure?.reason == .unreachable)
        let silent = try await TestPeer { caller, _ in try await caller.readToEnd() }
        let timeout = try await connection(silent.base).test(under: loopback(silent.port), timeoutSeconds: 0.2)
        #expect(timeout.failure?.reason == .timeout)
        let anywhere = EgressPolicy(rules: [.init(pattern: HostPattern("cmms.example")!, port: nil)])
        let hanging = try await connection("http://cmms.example")
            .test(under: anywhere, resolver: HangingResolver(), timeoutSeconds: 0.2)
        #expect(hanging.failure?.reason == .timeout)
        let talking = try await TestPeer { caller, _ in
            _ = try await caller.read()
            try await caller.write("HTTP/1.1 400 Bad Request\r\n\r\n")
        }
        let tls = try await connection("https://127.0.0.1:\(talking.port)")
            .test(under: loopback(talking.port), timeoutSeconds: 20)
        #expect(tls.failure?.reason == .tls, "\(tls)")
        await silent.stop()
        await talking.stop()
    }

    @Test("a system that repeats the credential does not get it into the report")
    func echo() async throws {
        let peer = try await HTTPPeer { request, _ in
            answer(422, #"{"message":"unknown key \#(request.header("x-key") ?? "")"}"#)
        }
        let document = connector([
            "errors": [["status": [422], "outcome": "permanent", "message": ".body.message"]],
            "test": ["request": ["method": "GET", "path": "/ping"]],
        ])
        let report = try await connection(peer.base, connector: document)
            .test(under: loopback(peer.peer.port), timeoutSeconds: 20)
        #expect(report.status == 422)
        #expect(peer.requests.first?.header("x-key") == "key-5ecret")
        #expect(!"\(report)".contains("5ecret"), "\(report)")
        await peer.stop()
    }

    @Test("a token server that is not allowed, and one that refuses, are named as such")
    func tokenServer() async throws {
        let peer = try await HTTPPeer { request, _ in
            request.target == "/token" ? answer(401, "{}") : answer(200, "{}")
        }
        let refusing = try await connection(
            peer.base, credential: "id:secret", authentication: "oauth2-client-credentials"
        ).test(under: loopback(peer.peer.port), timeoutSeconds: 20)
        #expect(refusing.failure?.reason == .credential && refusing.status == 401, "\(refusing)")
        let elsewhere = try await connection(
            peer.base, credential: "id:secret", authentication: "oauth2-client-credentials",
            more: ["tokenAddress": "https://login.example/token"]
        ).test(under: loopback(peer.peer.port), timeoutSeconds: 20)
        #expect(elsewhere.failure?.reason == .egressRefused)
        #expect(elsewhere.failure?.advice.contains("login.example:443") == true)
        await peer.stop()
    }

    @Test("a connector without a test says so, and nothing is asked")
    func noTest() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        let report = try await connection(peer.base, connector: connector(["test": .null]))
            .test(under: loopback(peer.peer.port), timeoutSeconds: 20)
        #expect(report.failure?.reason == .noTest && report.asked == nil)
        #expect(peer.requests.isEmpty)
        await peer.stop()
    }

    @Test("a mail server is asked all but for a letter")
    func mail() async throws {
        let ended = Signal()
        let peer = try await TestPeer { caller, peer in
            defer { ended.send() }
            try await caller.write("220 mail\r\n")
            while let bytes = try await caller.read() {
                peer.note(bytes)
                let command = String(decoding: bytes.readableBytesView, as: UTF8.self)
                switch command.prefix(4) {
                case "EHLO": try await caller.write("250-mail\r\n250 AUTH PLAIN\r\n")
                case "AUTH": try await caller.write("235 2.7.0 welcome\r\n")
                case "NOOP": try await caller.write("250 still here\r\n")
                default: try await caller.write("500 \(command)")
                }
            }
        }
        let report = try await mailConnection(peer.port).test(under: loopback(peer.port), timeoutSeconds: 20)
        #expect(report.isOK && report.status == 250, "\(report)")
        #expect(report.asked == .init(method: "EHLO AUTH NOOP QUIT", host: "127.0.0.1:\(peer.port)", path: nil))
        // The last word is said after the report is made.
        await ended.wait()
        await peer.stop()
        let commands = peer.received.split(separator: "\r\n").map { $0.prefix(4) }
        #expect(commands == ["EHLO", "AUTH", "NOOP", "QUIT"])
    }

    @Test("a mail server that repeats what it got does not get the password into the report")
    func mailEcho() async throws {
        let peer = try await TestPeer { caller, _ in
            try await caller.write("220 mail\r\n")
            _ = try await caller.read()
            try await caller.write("250-mail\r\n250 AUTH PLAIN\r\n")
            let line = try await caller.read().map { String(decoding: $0.readableBytesView, as: UTF8.self) } ?? ""
            try await caller.write(
                "535 no: \(line.dropLast(2)), p4ssword, \(Base64.encode(Array("p4ssword".utf8)))\r\n")
            try await caller.readToEnd()
        }
        let report = try await mailConnection(peer.port).test(under: loopback(peer.port), timeoutSeconds: 20)
        #expect(report.failure?.reason == .credential && report.status == 535, "\(report)")
        #expect(report.failure?.detail.contains("«redacted»") == true)
        for secret in [
            "p4ssword", Base64.encode(Array("p4ssword".utf8)), Base64.encode(Array("\0mailer\0p4ssword".utf8)),
        ] {
            #expect(!"\(report)".contains(secret), "\(report)")
        }
        await peer.stop()
    }

    private func mailConnection(_ port: Int) throws -> Connection {
        try Connection(
            id: ConnectionID(), name: "mail",
            connector: [
                "connector": "mail", "version": "1.0.0", "kind": "smtp", "authentication": ["basic"],
                "configuration": ["type": "object"], "operations": ["messages.send": [:]], "test": [:],
            ],
            configuration: [
                "host": "127.0.0.1", "port": JSONValue(port), "security": "none", "from": "mailer@plant.example",
            ], credential: Redacted(Array("mailer:p4ssword".utf8)))
    }
}

/// A name server that never answers.
private struct HangingResolver: HostResolver {
    func addresses(of name: String) async -> [InternetAddress] {
        // Ended by nobody: the test's own deadline must not wait for it.
        let (never, _) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        return []
    }
}
