import Primitives
import Testing

@Suite struct CredentialReachTests {
    @Test(
        "what is no host of a credential is refused",
        arguments: [
            "", "*", "*.com", "*.", "https://a.example", "a.example/", "a.example:", "a.example:0", "a.example:65536",
            "a.example:+1", "a..example", "-a.example", "a.*.example", "*a.example", "user@a.example", "[::1", "[]",
            "[a.example]", "::1", "a.example:1:2", "a.example,b.example",
        ])
    func malformed(_ text: String) {
        #expect(CredentialHost(text) == nil)
    }

    @Test(
        "a host matches itself, on its port where it names one, and '*.' any name below",
        arguments: [
            ("A.example", "a.example", 443, true), ("a.example", "a.example", 8443, true),
            ("a.example:443", "a.example", 443, true), ("a.example:443", "a.example", 8443, false),
            ("a.example", "b.a.example", 443, false), ("a.example", "a.example.evil", 443, false),
            ("*.a.example", "b.a.example", 443, true), ("*.a.example", "c.b.a.example", 1, true),
            ("*.a.example", "a.example", 443, false), ("*.a.example", "ba.example", 443, false),
            ("*.a.example:443", "b.a.example", 80, false), ("10.0.0.1", "10.0.0.1", 80, true),
            ("[::1]:80", "::1", 80, true), ("[::1]:80", "::1", 81, false), ("[::1]", "::1", 81, true),
        ])
    func matching(_ pattern: String, _ host: String, _ port: Int, _ matches: Bool) throws {
        let pattern = try #require(CredentialHost(pattern))
        #expect(pattern.matches(CredentialDestination(host: host, port: port)) == matches)
        #expect(CredentialHost(pattern.description) == pattern)
    }

    @Test("a plant's own credential without hosts is not bound; every other is")
    func bound() {
        let place = CredentialDestination(host: "a.example", port: 443)
        #expect(CredentialReach(isPlants: true, hosts: []).objection(to: [place]) == nil)
        #expect(!CredentialReach(isPlants: true, hosts: []).isBound)
        #expect(CredentialReach(isPlants: false, hosts: []).objection(to: [place]) != nil)
        #expect(CredentialReach(isPlants: true, hosts: ["b.example"]).objection(to: [place]) != nil)
        #expect(CredentialReach(isPlants: false, hosts: ["a.example"]).objection(to: [place]) == nil)
        #expect(CredentialReach(isPlants: false, hosts: ["a.example"]).objection(to: nil) != nil)
    }
}
