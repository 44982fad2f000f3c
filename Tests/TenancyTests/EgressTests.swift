import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct EgressTests {
    @Test(
        "a rule that is no host, or nearly every host, is refused",
        arguments: [
            "", "*", "*.com", "a b", "http://a", "a.*.b", "*.-a.b", "a..b", "2130706433", "127.1", "0x7f.1",
            "0177.0.0.1",
            "1.2.3.256", "*.10.0.0.1", "1::2::3", ":::", "fe80::1%eth0",
        ])
    func badHost(host: String) {
        let problem = #expect(throws: Problem.self) { try EgressRule(host: host, port: 0) }
        #expect(Set(problem?.items.map(\.path) ?? []) == ["/host", "/port"])
    }

    @Test("a pattern matches what is below it and nothing that only ends alike")
    func matching() throws {
        let rule = try EgressRule(host: "*.Example.com", port: 443)
        #expect(rule.matches(host: "a.example.com", port: 443))
        #expect(rule.matches(host: "A.B.EXAMPLE.COM", port: 443))
        #expect(!rule.matches(host: "example.com", port: 443))
        #expect(!rule.matches(host: ".example.com", port: 443))
        #expect(!rule.matches(host: "evilexample.com", port: 443))
        #expect(!rule.matches(host: "a.example.com.evil.org", port: 443))
        #expect(!rule.matches(host: "a.example.com", port: 80))
        #expect(try EgressRule(host: "::1", port: 80, allowsPrivate: true).matches(host: "::1", port: 80))
    }

    @Test("rules are added, changed and removed, and the audit has each step")
    func changing() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let egress = tenants.egress
            let rule = try EgressRule(host: "erp.example.com", port: 443)
            try await egress.put(rule, for: plant.scope, by: .system)
            try await egress.put(rule, for: plant.scope, by: .system)
            try await egress.put(
                try EgressRule(host: "erp.example.com", port: 443, allowsPrivate: true), for: plant.scope, by: .system)
            #expect(try await egress.rules(of: plant.scope).map(\.allowsPrivate) == [true])
            try await egress.remove(host: "ERP.example.com", port: 443, from: plant.scope, by: .system)
            #expect(try await egress.rules(of: plant.scope).isEmpty)
            let entries = try await tenants.audit.entries(
                in: plant.scope, matching: .init(objectType: "egress-rule"), page: PageRequest())
            #expect(entries.items.map(\.entry.action) == ["egress-rule.removed", "egress-rule.set", "egress-rule.set"])
        }
    }

    @Test("the rules of a foreign plant cannot be seen or changed")
    func foreignPlant() async throws {
        try await TenantFixture.with { tenants in
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            let crossed = TenantScope.plant(mine.partnerID, mine.clientID, theirs.plantID)
            let problem = await #expect(throws: Problem.self) {
                try await tenants.egress.put(try EgressRule(host: "a.example", port: 1), for: crossed, by: .system)
            }
            #expect(problem?.code == .notFound)
        }
    }
}
