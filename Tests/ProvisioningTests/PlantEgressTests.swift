import Foundation
import Glibc
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

/// The gateway's own rules are tested with it; here, that a plant's socket has them, from the database.
@Suite("a plant's way out", .serialized, .timeLimit(.minutes(10)))
struct PlantEgressTests {
    @Test(
        "only what the plant's rules in the database open is reached, and a change counts from the next connection on")
    func egress() async throws {
        let peer = try SlowPeer()
        try await LivePlatform.with { platform in
            let place = try await platform.tenants.makePlant()
            let other = try await platform.tenants.makePlant()
            let way = try await WayOut(platform, place)
            let othersWay = try await WayOut(platform, other)
            let egress = platform.tenants.egress
            let destination = "127.0.0.1:\(peer.port)"

            let unlisted = try await way.ask(destination)
            #expect(unlisted.hasPrefix("HTTP/1.1 403 ") && unlisted.contains(#""reason":"not-listed""#), "\(unlisted)")
            #expect(unlisted.contains("the plant's egress rules do not list \(destination)"))
            try await eventually("the refusal is logged with plant, destination and reason") {
                platform.controlPlane.log.split(separator: "\n").contains {
                    $0.contains("egress refused") && $0.contains("\(place.plantID)") && $0.contains(destination)
                        && $0.contains("not-listed")
                }
            }
            // Listed, but inside: still refused, until the rule says that this is meant.
            try await egress.put(try EgressRule(host: "127.0.0.1", port: peer.port), for: place.scope, by: .system)
            try await eventually("the rule is known") { try await way.ask(destination).contains("address-loopback") }
            let rule = try EgressRule(host: "127.0.0.1", port: peer.port, allowsPrivate: true)
            try await egress.put(rule, for: place.scope, by: .system)
            try await eventually("the rule is known") { try await way.ask(destination).hasPrefix("HTTP/1.1 200 ") }
            #expect(try await way.ask("127.0.0.1:\(peer.port + 1)").contains("not-listed"))
            #expect(try await othersWay.ask(destination).contains("not-listed"), "another plant's rule opens the way")
            // A connection from before the change goes on; the next one is refused.
            let open = try await way.open(destination)
            try await egress.remove(host: "127.0.0.1", port: peer.port, from: place.scope, by: .system)
            try await eventually("the change is known") { try await way.ask(destination).contains("not-listed") }
            async let called: Void = peer.called()
            open.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await called
            peer.answer()
            #expect(try await open.read { $0.hasSuffix("{}") }.contains("200 OK"))
            open.close()
        }
    }

    @Test("no rule that lists a host opens a place inside, however the place is spelt")
    func inside() async throws {
        try await LivePlatform.with { platform in
            let place = try await platform.tenants.makePlant()
            let way = try await WayOut(platform, place)
            let addresses: [(String, String)] = [
                ("127.0.0.1", "address-loopback"), ("10.0.0.1", "address-private"), ("172.16.0.1", "address-private"),
                ("192.168.1.1", "address-private"), ("169.254.169.254", "address-metadata"),
                ("169.254.1.1", "address-link-local"), ("100.64.0.1", "address-shared-carrier"),
                ("::1", "address-loopback"),
                ("fc00::1", "address-private"), ("fe80::1", "address-link-local"),
                ("::ffff:127.0.0.1", "address-loopback"), ("::ffff:10.0.0.1", "address-private"),
                ("64:ff9b::a9fe:a9fe", "address-metadata"), ("0.0.0.0", "address-unspecified"),
                // The machine's own resolver leads it inside.
                ("localhost", "address-loopback"),
            ]
            for (host, _) in addresses {
                try await platform.tenants.egress.put(
                    try EgressRule(host: host, port: 80), for: place.scope, by: .system)
            }
            for wildcard in ["*.example.com"] {
                try await platform.tenants.egress.put(
                    try EgressRule(host: wildcard, port: 443), for: place.scope, by: .system)
            }
            try await eventually("the rules are known") { !(try await way.ask("localhost:80").contains("not-listed")) }
            for (host, reason) in addresses {
                let destination = host.contains(":") ? "[\(host)]:80" : "\(host):80"
                let answer = try await way.ask(destination)
                #expect(answer.contains(#""reason":"\#(reason)""#), "\(destination): \(answer)")
            }
            // Nor does a rule that allows private places, where the operator opened none of them.
            for host in ["10.0.0.1", "169.254.169.254", "169.254.1.1"] {
                let rule = try EgressRule(host: host, port: 80, allowsPrivate: true)
                try await platform.tenants.egress.put(rule, for: place.scope, by: .system)
            }
            try await eventually("the rules are known") { try await way.ask("10.0.0.1:80").contains("network-private") }
            #expect(try await way.ask("169.254.169.254:80").contains("address-metadata"))
            #expect(try await way.ask("169.254.1.1:80").contains("address-link-local"))
            for destination in [
                "example.com:443", "evilexample.com:443", "a.example.com.evil.org:443", "a.example.com:444",
                "a.example.com:80", "LOCALHOST.evil.org:80", "xn--localhost-:80",
            ] {
                let answer = try await way.ask(destination)
                #expect(
                    answer.contains("not-listed") || answer.contains("malformed-request"), "\(destination): \(answer)")
            }
            for destination in [
                "2130706433:80", "0x7f000001:80", "0177.0.0.1:80", "127.1:80", "0x7f.1:80", "127.0.0.1.:80",
                "localhost:80@example.com:443", "example.com@127.0.0.1:80", "127.0.0.1%00.example.com:80",
                "127.0.0.1:080x", "127.0.0.1:0", "127.0.0.1:65616", "127.0.0.1", "[::1%25lo]:80",
                "http://127.0.0.1:80/",
            ] {
                let answer = try await way.ask(destination)
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(destination): \(answer)")
            }
        }
    }
}

/// A plant's egress socket, as its runner has it.
private struct WayOut {
    let path: String

    init(_ platform: LivePlatform, _ place: TenantFixture.Place) async throws {
        let runner = try await platform.runner(of: place)
        path = try #require(ControlPlaneProcess.socketDirectory(of: runner)) + "/egress.sock"
    }

    func ask(_ destination: String) async throws -> String {
        let caller = try UnixCaller(path)
        defer { caller.close() }
        caller.send("CONNECT \(destination) HTTP/1.1\r\n\r\n")
        return try await caller.read { $0.hasPrefix("HTTP/1.1 200 ") && $0.hasSuffix("\r\n\r\n") }
    }

    func open(_ destination: String) async throws -> UnixCaller {
        let caller = try UnixCaller(path)
        caller.send("CONNECT \(destination) HTTP/1.1\r\n\r\n")
        let answer = try await caller.read { $0.hasSuffix("\r\n\r\n") }
        guard answer.hasPrefix("HTTP/1.1 200 ") else { throw NeverHappened(description: "no tunnel: \(answer)") }
        return caller
    }
}
