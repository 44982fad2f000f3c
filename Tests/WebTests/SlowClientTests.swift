import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import JSON
import Logging
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

import class Foundation.Thread

@Suite("Clients that are slow on purpose", .serialized, .timeLimit(.minutes(10)))
struct SlowClientTests {
    private static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.headSeconds = 1
        limits.bodySeconds = 1
        limits.answerSeconds = 1
        limits.idleSeconds = 1
        return limits
    }()

    private func withServer(
        further: [Operation] = [], _ body: @Sendable @escaping (WebFixture, Int) async throws -> Void
    ) async throws {
        try await TenantFixture.with { tenants in
            let fixture = WebFixture(tenants, further: further)
            let application = Application(
                responder: fixture.surface.router().buildResponder(), server: Self.limits.server,
                configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: PostgresFixture.logger)
            try await application.test(.live) { client in try await body(fixture, try #require(client.port)) }
        }
    }

    @Test(
        "headers, a body or nothing at all, byte by byte: the connection is ended",
        arguments: [
            "", "GET /health/live HTTP/1.1\r\nHost: x\r\n",
            "POST /v1/partners HTTP/1.1\r\nHost: x\r\n"
                + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{",
            "POST /v1/partners HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
        ])
    func drips(_ beginning: String) async throws {
        try await withServer { _, port in
            let socket = try RawSocket(port: port)
            try socket.send(beginning)
            // A byte is sent each time that the server says nothing for a moment, until it hangs up.
            let wasEnded = try await onThread { socket.dripUntilEnd(atMostSeconds: 60) }
            #expect(wasEnded, "the connection is still open")
        }
    }

    @Test("a client that comes back in time keeps its connection; one that stays away loses it")
    func keptAlive() async throws {
        try await withServer { _, port in
            let socket = try RawSocket(port: port)
            for _ in 0..<3 {
                try socket.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try await onThread { socket.read(until: #""live"}"#) }
                #expect(answer.contains("200 OK"), "\(answer)")
            }
            #expect(try await onThread { socket.readToEnd(atMostSeconds: 60) } != nil)
        }
    }

    @Test("an operation at work is not ended by the clients' bounds")
    func slowOperation() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let slow = Operation(
            id: "slow", method: .get, path: "/v1/slow", summary: "Waits.", tag: "Test", access: .open,
            success: .init(.ok, "Done.")
        ) { _ in
            for await _ in gate { break }
            return .json(["done": true])
        }
        try await withServer(further: [slow]) { _, port in
            let waiting = try RawSocket(port: port)
            try waiting.send("GET /v1/slow HTTP/1.1\r\nHost: x\r\n\r\n")
            // Another connection that says nothing is ended: the bound has passed.
            let idle = try RawSocket(port: port)
            #expect(try await onThread { idle.readToEnd(atMostSeconds: 60) } != nil)
            open.yield()
            #expect(try await onThread { waiting.read(until: "true}") }.contains("200 OK"))
        }
    }

    @Test("a client that does not read its answer is not waited for")
    func unread() async throws {
        let size = 64 << 20
        let large = Operation(
            id: "large", method: .get, path: "/v1/large", summary: "Much.", tag: "Test", access: .open,
            success: .init(.ok, "Much.", contentType: "text/plain")
        ) { _ in Reply(.ok, .bytes(Array(repeating: 0x78, count: size), contentType: "text/plain")) }
        try await withServer(further: [large]) { _, port in
            let socket = try RawSocket(port: port)
            try socket.send("GET /v1/large HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await onThread { socket.read(until: "200 OK") }.contains("200 OK"))
            for _ in 0..<2 {
                let other = try RawSocket(port: port)
                #expect(try await onThread { other.readToEnd(atMostSeconds: 60) } != nil)
            }
            let read = try #require(try await onThread { socket.readToEnd(atMostSeconds: 60) })
            #expect(read < size, "all of it was waiting")
        }
    }

    @Test("headers without end are refused, and so is a body that is shorter than announced")
    func malformed() async throws {
        try await withServer { fixture, port in
            let large = try RawSocket(port: port)
            try? large.send("GET /health/live HTTP/1.1\r\nX: " + String(repeating: "x", count: 1 << 20) + "\r\n\r\n")
            let answer = try await onThread { large.text(atMostSeconds: 60) }
            #expect(!answer.contains("200 OK"), "\(answer.prefix(200))")
            let admin = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
            let before = try await Snapshot(fixture.tenants.database)
            let short = try RawSocket(port: port)
            try short.send(
                "POST /v1/partners HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(admin.key)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
                    + #"{"slug":"short","name":"Short"}"#)
            short.finishSending()
            _ = try await onThread { short.readToEnd(atMostSeconds: 60) }
            #expect(try await Snapshot(fixture.tenants.database) == before)
        }
    }
}

/// Blocking calls stay off the threads that the server runs on, and off each other's.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}
