import Connectors
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("egress gateway", .timeLimit(.minutes(10)))
struct EgressGatewayTests {
    @Test("a listed system is reached through the gateway, and traffic is counted")
    func reached() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, #"{"ok":true}"#) }
        try await withGateway(loopback(peer.peer.port)) { gateway in
            let client = OutboundClient(dialer: gateway.dialer)
            let request = try OutboundRequest(method: "GET", address: WebAddress(peer.base + "/x"))
            for _ in 0..<3 { #expect(try await client.send(request, limits: quick).status == 200) }
            #expect(peer.peer.connections == 1)
            client.close()
            await gateway.until { $0.openTunnels == 0 }
            let counted = gateway.counters.snapshot
            #expect(counted.tunnels == 1 && counted.bytesUp > 100 && counted.bytesDown > 100)
        }
        await peer.stop()
    }

    @Test(
        "what the rules refuse is refused with the reason, and nothing is connected",
        arguments: [
            ("127.0.0.1:1", "not-listed"), ("localhost:80", "not-listed"), ("2130706433:80", "malformed-request"),
            ("inside.example:80", "address-private"), ("meta.example:80", "address-metadata"),
            ("gone.example:80", "unresolvable"), ("mapped.example:80", "address-loopback"),
            ("127.0.0.1", "malformed-request"), ("user@127.0.0.1:80", "malformed-request"),
        ])
    func refused(_ destination: String, _ reason: String) async throws {
        let rules = ["inside.example", "meta.example", "gone.example", "mapped.example"].map {
            EgressPolicy.Rule(pattern: HostPattern($0)!, port: 80, allowsPrivate: $0 == "meta.example")
        }
        let resolver = NamedResolver([
            "inside.example": ["10.1.2.3"], "meta.example": ["169.254.169.254"], "mapped.example": ["::ffff:127.0.0.1"],
        ])
        try await withGateway(EgressPolicy(rules: rules), resolver: resolver) { gateway in
            let text = try await gateway.ask("CONNECT \(destination) HTTP/1.1\r\n\r\n")
            #expect(text.contains("\"reason\":\"\(reason)\""), "\(text)")
            #expect(gateway.counters.snapshot.refusals == [reason: 1])
            #expect(gateway.counters.snapshot.tunnels == 0)
        }
    }

    @Test(
        "what is not a CONNECT request is refused",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n", "CONNECT\r\n\r\n", "CONNECT a:1 HTTP/2\r\n\r\n", "\r\n\r\n",
            String(repeating: "x", count: 5000), "\u{16}\u{3}\u{1}binary\r\n\r\n",
        ])
    func malformed(_ request: String) async throws {
        try await withGateway(.nothing) { gateway in
            let text = try await gateway.ask(request)
            #expect(text.hasPrefix("HTTP/1.1 400 "), "\(text)")
        }
    }

    @Test("a name that changes its address between two looks gains nothing")
    func rebinding() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        let resolver = ScriptedResolver(["198.51.100.1"], ["127.0.0.1"])
        let policy = EgressPolicy(rules: [.init(pattern: HostPattern("a.example")!, port: peer.peer.port)])
        try await withGateway(policy, resolver: resolver) { gateway in
            for _ in 0..<2 {
                let text = try await gateway.ask("CONNECT a.example:\(peer.peer.port) HTTP/1.1\r\n\r\n")
                #expect(text.hasPrefix("HTTP/1.1 403 "), "\(text)")
            }
        }
        // One look a connection: there is no second one whose answer could differ.
        #expect(resolver.questions.count == 2)
        #expect(peer.peer.connections == 0)
        await peer.stop()
    }

    @Test("the client tells a refusal by the rules from a network that is down")
    func refusalsReachTheClient() async throws {
        let closed = try ClosedPort()
        try await withGateway(loopback(closed.port)) { gateway in
            let client = OutboundClient(dialer: gateway.dialer)
            let down = EgressRefusal(.unreachable, destination: "127.0.0.1:\(closed.port)")
            await #expect(throws: OutboundFailure(.egress(down), wasSent: false)) {
                let address = try WebAddress("http://127.0.0.1:\(closed.port)")
                return try await client.send(OutboundRequest(method: "GET", address: address), limits: quick)
            }
            let forbidden = EgressRefusal(.notListed, destination: "169.254.169.254:80")
            await #expect(throws: OutboundFailure(.egress(forbidden), wasSent: false)) {
                let address = try WebAddress("http://169.254.169.254/latest/meta-data")
                return try await client.send(OutboundRequest(method: "GET", address: address), limits: quick)
            }
        }
    }

    @Test("rules that change count from the next connection on")
    func changingRules() async throws {
        let peer = try await HTTPPeer { _, _ in answer(200, "{}") }
        let current = RulesBox(EgressPolicy.nothing)
        try await withGateway(policy: { current.value }) { gateway in
            let request = "CONNECT 127.0.0.1:\(peer.peer.port) HTTP/1.1\r\n\r\n"
            #expect(try await gateway.ask(request).hasPrefix("HTTP/1.1 403"))
            current.value = loopback(peer.peer.port)
            let client = OutboundClient(dialer: gateway.dialer)
            let get = try OutboundRequest(method: "GET", address: WebAddress(peer.base))
            #expect(try await client.send(get, limits: quick).status == 200)
            client.close()
            current.value = .nothing
            #expect(try await gateway.ask(request).hasPrefix("HTTP/1.1 403"))
        }
        await peer.stop()
    }

    @Test("rules that cannot be read allow nothing")
    func unreadableRules() async throws {
        try await withGateway(policy: { throw EgressRefusal(.timedOut, destination: "rules") }) { gateway in
            let text = try await gateway.ask("CONNECT 127.0.0.1:80 HTTP/1.1\r\n\r\n")
            #expect(text.hasPrefix("HTTP/1.1 502"))
        }
    }

    @Test("more tunnels than a plant may have are refused, and a place is free again afterwards")
    func tooMany() async throws {
        let peer = try await TestPeer { caller, _ in try await caller.readToEnd() }
        var limits = EgressGateway.Limits()
        limits.maximumTunnels = 2
        try await withGateway(loopback(peer.port), limits: limits) { gateway in
            let host = HostName("127.0.0.1")!
            let open = { try await gateway.dialer.open(to: host, port: peer.port, deadline: .in(seconds: 5)) { _ in } }
            let first = try await open()
            let second = try await open()
            let refusal = EgressRefusal(.tooManyTunnels, destination: "127.0.0.1:\(peer.port)")
            await #expect(throws: refusal) { _ = try await open() }
            try await first.close().get()
            await gateway.until { $0.openTunnels == 1 }
            let third = try await open()
            try await second.close().get()
            try await third.close().get()
        }
        await peer.stop()
    }

    @Test("a tunnel in which nothing moves is ended")
    func idle() async throws {
        let peer = try await TestPeer { caller, _ in try await caller.readToEnd() }
        var limits = EgressGateway.Limits()
        limits.idleTimeoutSeconds = 0.2
        try await withGateway(loopback(peer.port), limits: limits) { gateway in
            let host = HostName("127.0.0.1")!
            let channel = try await gateway.dialer.open(to: host, port: peer.port, deadline: .in(seconds: 5)) { _ in }
            try await channel.closeFuture.get()
            await gateway.until { $0.openTunnels == 0 }
        }
        await peer.stop()
    }

    @Test("a side that does not read stops the other: the gateway holds no more than a few buffers")
    func backPressure() async throws {
        let peer = try await TestPeer { caller, _ in
            let block = ByteBuffer(repeating: 0x61, count: 1 << 16)
            for _ in 0..<1024 { try await caller.write(block) }
        }
        try await withGateway(loopback(peer.port)) { gateway in
            let host = HostName("127.0.0.1")!
            let channel = try await gateway.dialer.open(to: host, port: peer.port, deadline: .in(seconds: 5)) {
                channel in
                channel.setOption(.autoRead, value: false).whenFailure { _ in }
            }
            // The gateway is stuck when what it took stays the same for a while.
            var taken: Int64 = 0
            repeat {
                taken = gateway.counters.snapshot.bytesDown
                try await ContinuousClock().sleep(for: .milliseconds(200))
            } while taken == 0 || gateway.counters.snapshot.bytesDown != taken
            #expect(taken < 8 << 20, "the gateway took \(taken) bytes that nobody reads")
            try await channel.close().get()
        }
        await peer.stop()
    }

    @Test("one side that finishes sending still gets the answer of the other")
    func halfClose() async throws {
        let peer = try await TestPeer { caller, _ in
            var count = 0
            while let bytes = try await caller.read() { count += bytes.readableBytes }
            try await caller.write("got \(count)")
        }
        try await withGateway(loopback(peer.port)) { gateway in
            let text = try await gateway.ask("CONNECT 127.0.0.1:\(peer.port) HTTP/1.1\r\n\r\n12345", closesOutput: true)
            #expect(text.hasSuffix("got 5"), "\(text)")
        }
        await peer.stop()
    }

    @Test("one gateway serves a hundred plants, and each its own rules")
    func manyPlants() async throws {
        let gateway = EgressGateway(group: MultiThreadedEventLoopGroup.singleton, logger: quietLogger)
        let directory = try TemporaryDirectory()
        let ready = Counter()
        let allReady = Signal()
        try await withThrowingDiscardingTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    try await gateway.serve(
                        plant: "\(number)", socketPath: directory.path("\(number).sock"),
                        policy: { loopback(number + 1) },
                        onReady: { if ready.next() == 99 { allReady.send() } })
                }
            }
            await allReady.wait()
            for number in [0, 50, 99] {
                let fixture = GatewayFixture(socketPath: directory.path("\(number).sock"), counters: EgressCounters())
                let text = try await fixture.ask("CONNECT 127.0.0.1:\(number + 2) HTTP/1.1\r\n\r\n")
                #expect(text.contains("not-listed"))
                let own = try await fixture.ask("CONNECT 127.0.0.1:\(number + 1) HTTP/1.1\r\n\r\n")
                #expect(own.contains("unreachable"))
            }
            group.cancelAll()
        }
    }
}
