import Connectors
import JSON
import NIOCore
import NIOPosix
import Primitives
import Testing

/// A connection to a mail server on loopback.
private func mailClient(
    _ port: Int, security: String = "none", host: String = "localhost", credential: String? = nil,
    certificates: String? = nil, attempts: Int = 1
) throws -> ConnectionClient {
    let document: JSONValue = [
        "connector": "mail", "version": "1.0.0", "kind": "smtp", "authentication": ["none", "basic"],
        "configuration": ["type": "object"], "limits": ["timeoutSeconds": 30],
        "retry": ["attempts": .number(JSONNumber(attempts)), "initialSeconds": 0.001, "maximumSeconds": 0.004],
        "operations": ["messages.send": [:]], "test": [:],
    ]
    var configuration: JSONObject = [
        "host": .string(host), "port": .number(JSONNumber(port)), "security": .string(security),
        "from": "mailer@plant.example", "fromName": "W\u{e4}rk N\u{f8}rd",
    ]
    if let certificates { configuration["trustedCertificates"] = .string(certificates) }
    let connection = try Connection(
        id: .init(), name: "mail", connector: document, configuration: .object(configuration),
        credential: credential.map { Redacted(Array($0.utf8)) })
    let policy = EgressPolicy(
        rules: [.init(pattern: HostPattern(host)!, port: port, allowsPrivate: true)], within: .loopback)
    let dialer = directDialer(policy, resolver: NamedResolver(["localhost": ["127.0.0.1"]]))
    return ConnectionClient(
        connection: connection, client: OutboundClient(dialer: dialer), dialer: dialer,
        loop: MultiThreadedEventLoopGroup.singleton.any())
}

private func sendCall(_ changes: JSONObject = [:]) throws -> CapabilityCall {
    var arguments: JSONObject = ["to": ["planner@plant.example"], "subject": "Leak at pump 3", "text": "Hello"]
    for (key, value) in changes { arguments[key] = value }
    return CapabilityCall(
        operation: try #require(CapabilityTable.standard.operation(named: "messages.send")),
        arguments: .object(arguments),
        idempotencyKey: "mw-0123", timeoutSeconds: 40)
}

@Suite("mail to a real server", .timeLimit(.minutes(10)))
struct MailServerTests {
    @Test("a message arrives as it was written: Unicode, dots, long lines, both parts")
    func message() async throws {
        let server = try await MailPeer()
        let text =
            ".\n..\n.leading dot\nUmlauts: \u{e4}\u{f6}\u{fc} \u{1f525} = equals\n"
            + String(repeating: "long ", count: 400) + "\ntrailing space \nlast"
        let html = "<p>Pumpe \u{e4}\u{df} &amp; <b>leak</b></p>"
        let subject = "\u{26a0} St\u{f6}rung an Presse 3: " + String(repeating: "\u{e4}", count: 100)
        let call = try sendCall([
            "to": ["a@plant.example", "b+c@plant.example", "a@plant.example"], "subject": .string(subject),
            "text": .string(text), "html": .string(html), "priority": "high",
        ])
        let outcome = await (try mailClient(server.port)).perform(call)
        #expect(outcome.result == ["id": "<mw-0123@plant.example>"])
        let seen = try await server.message()
        #expect(seen["from"] == "mailer@plant.example")
        #expect(seen["to"] == ["a@plant.example", "b+c@plant.example"])
        #expect(seen["subject"]?.stringValue == subject)
        #expect(seen["header_from"]?.stringValue?.contains("W\u{e4}rk N\u{f8}rd") == true)
        // Lines end with CRLF on their way.
        #expect(seen["text"]?.stringValue?.split(separator: "\r\n") == text.split(separator: "\n"))
        #expect(seen["html"]?.stringValue == html)
        #expect(seen["id"] == "<mw-0123@plant.example>")
        #expect(seen["defects"] == [] && seen["ascii"] == true)
        #expect((seen["longest"]?.intValue ?? 9999) <= 998)
        #expect(seen["headers"]?.arrayValue?.contains("importance") == true)
    }

    @Test("a recipient that the server does not know fails the call, and nobody gets the message")
    func unknownRecipient() async throws {
        let server = try await MailPeer()
        let client = try mailClient(server.port, attempts: 3)
        let failure = await client.perform(try sendCall(["to": ["a@plant.example", "unknown@plant.example"]])).failure
        #expect(failure?.kind == .communication && failure?.detail.contains("550") == true)
        let later = await client.perform(try sendCall(["to": ["later@plant.example"]])).failure
        #expect(later?.detail.contains("451") == true)
        // The first message that the server sees is the one after.
        #expect(await client.perform(try sendCall(["subject": "after"])).result != nil)
        #expect(try await server.message()["subject"] == "after")
    }

    @Test("a refusal of the whole message is a refusal, a connection that is lost after it is not known")
    func afterData() async throws {
        let server = try await MailPeer()
        let client = try mailClient(server.port, attempts: 3)
        #expect(
            await client.perform(try sendCall(["to": ["full@plant.example"]])).failure?.detail.contains("552") == true)
        #expect(await client.perform(try sendCall(["to": ["vanish@plant.example"]])).failure?.kind == .outcomeUnknown)
        _ = try await server.message()
        #expect(try await server.message()["to"] == ["vanish@plant.example"])
        // And it was not sent again.
        #expect(await client.perform(try sendCall(["subject": "next"])).result != nil)
        #expect(try await server.message()["subject"] == "next")
    }

    @Test(
        "STARTTLS and TLS protect the whole session, and log in",
        arguments: ["starttls-auth", "starttls-login-auth", "tls-auth", "tls-login-auth"])
    func secured(_ mode: String) async throws {
        let certificate = try await TestCertificate.shared()
        let server = try await MailPeer(mode: mode, certificate: certificate)
        let security = mode.hasPrefix("tls") ? "tls" : "starttls"
        let client = try mailClient(
            server.port, security: security, credential: "mailer:p\u{e4}ss", certificates: certificate.pem)
        #expect(await client.test().failure == nil)
        #expect(await client.perform(try sendCall()).failure == nil)
        let seen = try await server.message()
        #expect(seen["authenticated"] == true)
        let wrong = try mailClient(
            server.port, security: security, credential: "mailer:wrong", certificates: certificate.pem)
        let failure = await wrong.perform(try sendCall()).failure
        #expect(failure?.kind == .authentication && failure?.detail.contains("wrong") == false)
        #expect(await wrong.test().failure?.reason == .credential)
    }

    @Test(
        "a certificate that is not trusted, or not for the host, ends the session before anything is said",
        arguments: ["starttls", "tls"])
    func untrusted(_ mode: String) async throws {
        let certificate = try await TestCertificate.shared()
        let server = try await MailPeer(mode: mode, certificate: certificate)
        let untrusting = await (try mailClient(server.port, security: mode)).perform(try sendCall())
        #expect(untrusting.failure?.detail.contains("not trusted") == true, "\(untrusting)")
        let other = try await MailPeer(mode: mode, certificate: certificate)
        let mismatched = try mailClient(other.port, security: mode, host: "127.0.0.1", certificates: certificate.pem)
        #expect(await mismatched.perform(try sendCall()).failure?.kind == .configuration)
    }

    @Test("a server that does not offer encryption gets no message when it is asked for")
    func downgrade() async throws {
        let server = try await MailPeer()
        let failure = await (try mailClient(server.port, security: "starttls", credential: "a:b")).perform(
            try sendCall()
        ).failure
        #expect(failure?.kind == .configuration)
    }
}

@Suite("mail that must not be sent, and servers that misbehave", .timeLimit(.minutes(10)))
struct MailRefusalTests {
    private func server(port: Int = 25) -> MailServer {
        MailServer(
            host: HostName("mail.example")!, port: port, security: .none, sender: MailAddress("m@plant.example")!,
            senderName: nil, tls: .init())
    }

    @Test(
        "an address that could end a command is refused",
        arguments: [
            "a@b\r\nRCPT TO:<c@d>", "a>@b.example", "a b@c.example", "<a@b.example>", "@b.example", "a@", "a@b c",
            "a@@b",
            "a\"@b.example", ".a@b.example", "a..b@c.example", "\u{e4}@b.example", "a@2130706433",
        ])
    func addresses(_ text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test(
        "a subject that would begin another header is refused",
        arguments: ["a\r\nBcc: x@y.example", "a\nb", "a\u{0}", "a\u{2028}b"])
    func subject(_ text: String) throws {
        #expect(throws: MailMessage.ContentError.self) {
            try MailMessage(
                arguments: ["to": ["a@b.example"], "subject": .string(text), "text": "x"], server: server(),
                idempotencyKey: "k", sentAt: Timestamp(unixSeconds: 0))
        }
    }

    @Test("dates are written as mail wants them")
    func dates() throws {
        func date(_ text: String) throws -> String {
            let message = try MailMessage(
                arguments: ["to": ["a@b.example"], "subject": "s", "text": "x"], server: server(), idempotencyKey: "k",
                sentAt: #require(Timestamp(text)))
            return String(message.encoded().prefix { $0 != "\r\n" })
        }
        #expect(try date("2026-01-31T08:05:09Z") == "Date: Sat, 31 Jan 2026 08:05:09 +0000")
        #expect(try date("1969-12-31T23:59:59Z") == "Date: Wed, 31 Dec 1969 23:59:59 +0000")
        #expect(try date("2000-02-29T00:00:00Z") == "Date: Tue, 29 Feb 2000 00:00:00 +0000")
    }

    @Test(
        "a server that does not speak SMTP is an error of the call",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "421 busy\r\n", "220", "xyz hello\r\n", "220-a\r\n221 b\r\n",
            String(repeating: "2", count: 5000), String(repeating: "220-x\r\n", count: 500), "\r\n",
        ])
    func notSMTP(_ greeting: String) async throws {
        let peer = try await TestPeer { caller, _ in
            try await caller.write(greeting)
            _ = try await caller.read()
        }
        let client = try mailClient(peer.port)
        var call = try sendCall()
        call.timeoutSeconds = 1.5
        let failure = await client.perform(call).failure
        #expect(failure != nil && failure?.kind != .outcomeUnknown, "\(failure as Any)")
        await peer.stop()
    }

    @Test("what was slipped in before TLS ends the session")
    func injectedBeforeTLS() async throws {
        let peer = try await TestPeer { caller, _ in
            try await caller.write("220 mail\r\n")
            _ = try await caller.read()
            try await caller.write("250-mail\r\n250 STARTTLS\r\n")
            _ = try await caller.read()
            try await caller.write("220 go\r\n250 injected")
            _ = try await caller.read()
        }
        let certificate = try await TestCertificate.shared()
        let client = try mailClient(peer.port, security: "starttls", certificates: certificate.pem)
        let failure = await client.perform(try sendCall()).failure
        #expect(failure?.detail.contains("before TLS") == true, "\(failure as Any)")
        await peer.stop()
    }
}
