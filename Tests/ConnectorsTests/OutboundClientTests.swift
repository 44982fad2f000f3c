import Connectors
import NIOCore
import Synchronization
import Testing

@Suite("the client against systems that misbehave", .timeLimit(.minutes(10)))
struct OutboundClientTests {
    private func failure(
        _ peer: TestPeer, _ request: OutboundRequest? = nil, limits: CallLimits = quick
    ) async throws -> OutboundFailure {
        try await failure(port: peer.port, request, limits: limits)
    }

    private func failure(
        port: Int, _ request: OutboundRequest? = nil, limits: CallLimits = quick
    ) async throws -> OutboundFailure {
        let client = OutboundClient(dialer: directDialer(loopback(port)))
        defer { client.close() }
        do {
            let address = try WebAddress("http://127.0.0.1:\(port)")
            let request = request ?? OutboundRequest(method: "POST", address: address, body: [1])
            let response = try await client.send(request, limits: limits)
            Issue.record("it answered \(response.status)")
            return OutboundFailure(.connect, wasSent: false)
        } catch let failure as OutboundFailure {
            return failure
        }
    }

    @Test("a system that ends the connection without an answer")
    func nothing() async throws {
        let peer = try await TestPeer { caller, _ in _ = try await caller.read() }
        #expect(try await failure(peer) == OutboundFailure(.closed, wasSent: true))
        await peer.stop()
    }

    @Test("nobody listens")
    func nobody() async throws {
        let closed = try ClosedPort()
        let refusal = EgressRefusal(.unreachable, destination: "127.0.0.1:\(closed.port)")
        #expect(try await failure(port: closed.port) == OutboundFailure(.egress(refusal), wasSent: false))
    }

    @Test("an answer of a gigabyte is cut off at the limit, however it is announced", arguments: [true, false])
    func gigabyte(isAnnounced: Bool) async throws {
        let box = Counter()
        let peer = try await TestPeer { caller, _ in
            _ = try await caller.read()
            let length = isAnnounced ? "Content-Length: 1073741824\r\n" : "Transfer-Encoding: chunked\r\n"
            try await caller.write("HTTP/1.1 200 OK\r\n\(length)\r\n")
            let block = ByteBuffer(repeating: 0x61, count: 1 << 16)
            for _ in 0..<(1 << 14) {
                if !isAnnounced { try await caller.write("10000\r\n") }
                try await caller.write(block)
                if !isAnnounced { try await caller.write("\r\n") }
                box.add(block.readableBytes)
            }
        }
        var limits = quick
        limits.maximumResponseBytes = 1 << 20
        let failure = try await failure(peer, limits: limits)
        #expect(failure == OutboundFailure(.responseTooLarge(limitBytes: 1 << 20), wasSent: true))
        await peer.stop()
        // The rest was never taken: what is between the two are the buffers of two sockets.
        #expect(box.value < 64 << 20)
    }

    @Test("an answer that drips is ended by the deadline of the whole")
    func drip() async throws {
        let peer = try await TestPeer { caller, _ in
            _ = try await caller.read()
            try await caller.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            let clock = ContinuousClock()
            while true {
                try await caller.write("x")
                try await clock.sleep(for: .milliseconds(20))
            }
        }
        var limits = quick
        limits.timeoutSeconds = 2
        #expect(try await failure(peer, limits: limits) == OutboundFailure(.timedOut, wasSent: true))
        await peer.stop()
    }

    @Test("an answer that never comes is ended by the bound on silence")
    func silence() async throws {
        let peer = try await TestPeer { caller, _ in try await caller.readToEnd() }
        var limits = quick
        limits.readTimeoutSeconds = 0.2
        #expect(try await failure(peer, limits: limits) == OutboundFailure(.timedOut, wasSent: true))
        await peer.stop()
    }

    @Test(
        "an answer that is not HTTP",
        arguments: ["hello\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-OpenSSH\r\n"])
    func notHTTP(_ text: String) async throws {
        let peer = try await TestPeer { caller, _ in
            _ = try await caller.read()
            try await caller.write(text)
            try await caller.readToEnd()
        }
        let failure = try await failure(peer)
        guard case .malformed = failure.kind else {
            Issue.record("\(failure)")
            return
        }
        #expect(failure.wasSent)
        await peer.stop()
    }

    @Test("headers without end are refused", arguments: [true, false])
    func headerFlood(isOneHeader: Bool) async throws {
        let peer = try await TestPeer { caller, _ in
            _ = try await caller.read()
            try await caller.write("HTTP/1.1 200 OK\r\n" + (isOneHeader ? "X-Long: " : ""))
            let block = String(repeating: isOneHeader ? "aaaaaaaa" : "X-Many: a\r\n", count: 1000)
            while true { try await caller.write(block) }
        }
        let failure = try await failure(peer)
        #expect(failure == OutboundFailure(.malformed("its headers are too long"), wasSent: true))
        await peer.stop()
    }

    @Test("an answer that is cut off is not an answer")
    func cutOff() async throws {
        let peer = try await TestPeer { caller, _ in
            _ = try await caller.read()
            try await caller.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
        }
        #expect(try await failure(peer) == OutboundFailure(.closed, wasSent: true))
        await peer.stop()
    }

    @Test(
        "a header that would begin another is refused before anything is sent",
        arguments: ["a\r\nX-Other: b", "a\nb", "a\u{0}"])
    func headerInjection(_ value: String) async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        let request = try OutboundRequest(method: "GET", address: WebAddress(peer.base), headers: [("X-A", value)])
        let failure = try await failure(peer.peer, request)
        guard case .invalidRequest = failure.kind else {
            Issue.record("\(failure)")
            return
        }
        #expect(!failure.wasSent && peer.requests.isEmpty)
        await peer.stop()
    }

    @Test(
        "headers that frame the message cannot be set",
        arguments: ["Host", "content-length", "Transfer-Encoding", "Connection", "Bad Name"])
    func reserved(_ name: String) async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        let request = try OutboundRequest(method: "GET", address: WebAddress(peer.base), headers: [(name, "x")])
        let failure = try await failure(peer.peer, request)
        #expect(!failure.wasSent && peer.requests.isEmpty)
        await peer.stop()
    }

    @Test("a redirect to a metadata address is not followed, and refused when following is asked for")
    func redirectToMetadata() async throws {
        let peer = try await HTTPPeer { _, _ in
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n"
        }
        let client = OutboundClient(dialer: directDialer(loopback(peer.peer.port)))
        let request = try OutboundRequest(method: "GET", address: WebAddress(peer.base))
        #expect(try await client.send(request, limits: quick).status == 302)
        var limits = quick
        limits.maximumRedirects = 3
        let refusal = EgressRefusal(.notListed, destination: "169.254.169.254:80")
        await #expect(throws: OutboundFailure(.egress(refusal), wasSent: false)) {
            try await client.send(request, limits: limits)
        }
        client.close()
        await peer.stop()
    }

    @Test("a followed redirect leaves the credential behind and ends after the limit")
    func redirects() async throws {
        let other = try await HTTPPeer { _, _ in answer(200, "there") }
        let target = other.base + "/x"
        let peer = try await HTTPPeer { request, _ in
            let location = request.target == "/loop" ? "/loop" : target
            return "HTTP/1.1 307 Go\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n"
        }
        let client = OutboundClient(dialer: directDialer(loopback(peer.peer.port, other.peer.port)))
        var limits = quick
        limits.maximumRedirects = 2
        let address = try WebAddress(peer.base + "/start")
        let headers = [(name: "Authorization", value: "Bearer secret"), (name: "Accept", value: "text/plain")]
        let response = try await client.send(
            OutboundRequest(method: "GET", address: address, headers: headers), limits: limits)
        #expect(response.status == 200)
        #expect(peer.requests.first?.header("authorization") == "Bearer secret")
        #expect(other.requests.first?.header("authorization") == nil)
        #expect(other.requests.first?.header("accept") == "text/plain")
        let loop = try OutboundRequest(method: "GET", address: WebAddress(peer.base + "/loop"))
        #expect(try await client.send(loop, limits: limits).status == 307)
        #expect(peer.requests.count == 4)
        // A write is never redirected.
        let post = OutboundRequest(method: "POST", address: address, body: [])
        #expect(try await client.send(post, limits: limits).status == 307)
        client.close()
        await peer.stop()
        await other.stop()
    }

    @Test("connections are kept and used again, and a dead one is replaced")
    func keepAlive() async throws {
        let peer = try await HTTPPeer { request, _ in
            request.target == "/last"
                ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" : answer(200, "{}")
        }
        let client = OutboundClient(dialer: directDialer(loopback(peer.peer.port)))
        let request = try OutboundRequest(method: "GET", address: WebAddress(peer.base))
        for _ in 0..<5 { _ = try await client.send(request, limits: quick) }
        #expect(peer.peer.connections == 1)
        let last = try OutboundRequest(method: "GET", address: WebAddress(peer.base + "/last"))
        _ = try await client.send(last, limits: quick)
        _ = try await client.send(request, limits: quick)
        #expect(peer.peer.connections == 2)
        client.close()
        await peer.stop()
    }

    @Test("a kept connection that the system ended is no failure for a read")
    func staleConnection() async throws {
        let peer = try await TestPeer { caller, _ in
            while try await caller.read() != nil {
                try await caller.write(answer(200, "{}"))
                // Says nothing about closing, and closes.
                return
            }
        }
        let client = OutboundClient(dialer: directDialer(loopback(peer.port)))
        let request = try OutboundRequest(method: "GET", address: WebAddress(peer.base))
        for _ in 0..<20 { #expect(try await client.send(request, limits: quick).status == 200) }
        client.close()
        await peer.stop()
    }

    @Test("a cancelled call ends its connection")
    func cancellation() async throws {
        let ended = Signal()
        let begun = Signal()
        let peer = try await TestPeer { caller, _ in
            while try await caller.read() != nil { begun.send() }
            ended.send()
        }
        let client = OutboundClient(dialer: directDialer(loopback(peer.port)))
        let request = try OutboundRequest(method: "POST", address: WebAddress(peer.base), body: [])
        let call = Task { try await client.send(request, limits: quick) }
        await begun.wait()
        call.cancel()
        await #expect(throws: OutboundFailure(.cancelled, wasSent: true)) { try await call.value }
        await ended.wait()
        await peer.stop()
    }
}

final class Counter: Sendable {
    private let state = Mutex(0)
    var value: Int { state.withLock { $0 } }
    func add(_ amount: Int) { state.withLock { $0 += amount } }
    /// The value before.
    func next() -> Int {
        state.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}

/// Something that happens once and that others wait for.
final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }
    func send() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
