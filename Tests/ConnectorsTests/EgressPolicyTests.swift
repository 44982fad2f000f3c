import Connectors
import Testing

@Suite("egress policy")
struct EgressPolicyTests {
    private func admit(
        _ rules: [EgressPolicy.Rule], _ host: String, _ port: Int, _ addresses: [String],
        within networks: String = "10.0.0.0/8,127.0.0.0/8"
    ) throws -> [String] {
        let host = try #require(HostName(host))
        let policy = EgressPolicy(rules: rules, within: try PrivateNetworks(networks))
        return try policy.admit(addresses.map { InternetAddress($0)! }, of: host, port: port)
            .map(\.description)
    }

    private func rule(_ pattern: String, _ port: Int? = nil, private allowsPrivate: Bool = false) -> EgressPolicy.Rule {
        .init(pattern: HostPattern(pattern)!, port: port, allowsPrivate: allowsPrivate)
    }

    @Test("what no rule lists is refused")
    func notListed() {
        #expect(throws: EgressRefusal.self) { try admit([], "example.com", 443, ["1.1.1.1"]) }
        #expect(throws: EgressRefusal.self) { try admit([rule("example.com", 443)], "example.com", 80, ["1.1.1.1"]) }
        #expect(throws: EgressRefusal.self) { try admit([rule("example.com")], "a.example.com", 443, ["1.1.1.1"]) }
        #expect(throws: EgressRefusal.self) { try admit([rule("*.example.com")], "example.com", 443, ["1.1.1.1"]) }
        #expect(throws: EgressRefusal.self) { try admit([rule("*.example.com")], "badexample.com", 443, ["1.1.1.1"]) }
    }

    @Test(
        "a listed name that leads inside is refused",
        arguments: [
            "10.0.0.1", "127.0.0.1", "169.254.1.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0", "::ffff:10.0.0.1",
            "224.0.0.1",
        ])
    func inside(_ address: String) throws {
        let place = AddressClass(InternetAddress(address)!)
        do {
            _ = try admit([rule("*.example.com")], "a.example.com", 443, [address])
            Issue.record("it was admitted")
        } catch let refusal as EgressRefusal {
            #expect(refusal.reason == .addressNotAllowed(place))
        }
    }

    @Test("a rule that allows private addresses opens them for its own host only")
    func allowsPrivate() throws {
        let rules = [rule("erp.plant", private: true), rule("*.example.com")]
        #expect(try admit(rules, "erp.plant", 80, ["10.0.0.1", "127.0.0.1"]) == ["10.0.0.1", "127.0.0.1"])
        #expect(throws: EgressRefusal.self) { try admit(rules, "a.example.com", 80, ["10.0.0.1"]) }
    }

    @Test(
        "metadata and link-local addresses are reached by no rule and within no network",
        arguments: ["169.254.169.254", "[fd00:ec2::254]", "169.254.1.1", "[fe80::1]", "100.100.100.200"])
    func metadata(_ host: String) throws {
        let address = try #require(InternetAddress(String(host.filter { $0 != "[" && $0 != "]" })))
        let rules = [rule(host, private: true), rule("meta.example", private: true)]
        for asked in [host, "meta.example"] {
            do {
                _ = try admit(rules, asked, 80, [address.description], within: "0.0.0.0/0,::/0")
                Issue.record("it was admitted")
            } catch let refusal as EgressRefusal {
                #expect(refusal.reason == .addressNotAllowed(AddressClass(address)))
                #expect(refusal.description.contains("never reached"))
            }
        }
    }

    @Test(
        "a private address that the operator did not open stays shut, whatever a rule says",
        arguments: ["10.0.0.1", "127.0.0.1", "::1", "192.168.1.1", "::ffff:10.0.0.1", "100.64.0.1"])
    func networks(_ address: String) throws {
        let place = AddressClass(InternetAddress(address)!)
        for networks in ["none", "10.9.0.0/16,fd00::/8"] {
            do {
                _ = try admit([rule("erp.plant", private: true)], "erp.plant", 80, [address], within: networks)
                Issue.record("it was admitted")
            } catch let refusal as EgressRefusal {
                #expect(refusal.reason == .networkNotOpened(place))
                #expect(refusal.description.contains("private-networks"))
            }
        }
        #expect(throws: EgressRefusal.self) { try admit([rule("erp.plant")], "erp.plant", 80, [address]) }
        #expect(
            try admit([rule("erp.plant", private: true)], "erp.plant", 80, ["10.9.0.1"], within: "10.9.0.0/16")
                == ["10.9.0.1"])
    }

    @Test(
        "what is no private network is refused where it is set",
        arguments: [
            "localhost", "10.0.0.0/33", "*.example.com", "10.0.0", "169.254.0.0/16", "169.254.169.254", "fe80::/10",
            "224.0.0.0/4",
        ])
    func badNetworks(_ text: String) {
        #expect(throws: PrivateNetworks.SyntaxError.self) { try PrivateNetworks("10.0.0.0/8," + text) }
    }

    @Test("networks are read as they are written")
    func readNetworks() throws {
        let networks = try PrivateNetworks(" 10.0.0.0/8, ::1 ,192.168.7.9")
        #expect(networks.description == "10.0.0.0/8,::1/128,192.168.7.9/32")
        #expect(try PrivateNetworks(networks.description) == networks)
        #expect(try PrivateNetworks("") == .none)
        #expect(try PrivateNetworks(PrivateNetworks.none.description) == .none)
    }

    @Test("unspecified and multicast addresses are reached by no rule", arguments: ["0.0.0.0", "224.0.0.1", "ff02::1"])
    func never(_ address: String) throws {
        #expect(throws: EgressRefusal.self) {
            try admit([rule("a.example", private: true)], "a.example", 80, [address])
        }
    }

    @Test("of several addresses only the allowed ones are used")
    func mixed() throws {
        #expect(try admit([rule("a.example")], "a.example", 80, ["10.0.0.1", "1.1.1.1"]) == ["1.1.1.1"])
    }

    @Test("networks and ports are matched as written")
    func patterns() throws {
        let rules = [rule("10.20.0.0/17", 8080, private: true)]
        #expect(try admit(rules, "10.20.127.1", 8080, ["10.20.127.1"]).count == 1)
        #expect(throws: EgressRefusal.self) { try admit(rules, "10.20.128.1", 8080, ["10.20.128.1"]) }
        #expect(throws: EgressRefusal.self) { try admit(rules, "10.20.1.1", 8081, ["10.20.1.1"]) }
        // A name is not matched by the network that it leads to.
        #expect(throws: EgressRefusal.self) { try admit(rules, "a.example", 8080, ["10.20.1.1"]) }
    }

    @Test(
        "a pattern that nobody could mean is not one",
        arguments: ["", "*", "*.", "*.*.x", "a*.example", "10.0.0.0/33", "10.0.0/8", "http://x", "*.10.0.0.1"])
    func malformedPattern(_ text: String) {
        #expect(HostPattern(text) == nil)
    }

    @Test("a refusal survives the way through its problem document")
    func problem() throws {
        for place in AddressClass.allCases {
            let refusal = EgressRefusal(.addressNotAllowed(place), destination: "a:1")
            #expect(EgressRefusal(problem: refusal.problem) == refusal)
        }
    }
}
