import Connectors
import Testing

@Suite("egress policy")
struct EgressPolicyTests {
    private func admit(
        _ rules: [EgressPolicy.Rule], _ host: String, _ port: Int, _ addresses: [String]
    ) throws -> [String] {
        let host = try #require(HostName(host))
        return try EgressPolicy(rules: rules).admit(addresses.map { InternetAddress($0)! }, of: host, port: port)
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
        "metadata addresses open only to a rule that names exactly them",
        arguments: ["169.254.169.254", "[fd00:ec2::254]"])
    func metadata(_ host: String) throws {
        let address = try #require(InternetAddress(String(host.filter { $0 != "[" && $0 != "]" })))
        #expect(throws: EgressRefusal.self) {
            try admit([rule("meta.example", private: true)], "meta.example", 80, [address.description])
        }
        #expect(throws: EgressRefusal.self) {
            try admit(
                [rule("169.254.0.0/16", private: true), rule("fd00::/8", private: true)], host, 80,
                [address.description])
        }
        #expect(throws: EgressRefusal.self) { try admit([rule(host)], host, 80, [address.description]) }
        #expect(try admit([rule(host, private: true)], host, 80, [address.description]) == [address.description])
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
    func networks() throws {
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
