import Database
import Primitives
import Tenancy
import TestSupport
import Testing

/// Whose a host name may be.
@Suite(.timeLimit(.minutes(10))) struct HostNameTests {
    private static let person = Actor(kind: .user, principalID: PrincipalID(), displayName: "Eve")

    private func brands(_ tenants: TenantFixture) -> BrandDirectory {
        BrandDirectory(
            database: tenants.database, feed: tenants.feed, reserved: ReservedHosts(["Flow.Example", "127.0.0.1"]))
    }

    private func refusal(
        _ brands: BrandDirectory, _ host: String, _ scope: TenantScope, asPlatform: Bool = false
    ) async throws -> String? {
        do {
            try await brands.addHost(host, to: scope, asPlatform: asPlatform, by: Self.person)
            return nil
        } catch let problem as Problem {
            return problem.items.first?.message ?? problem.detail
        }
    }

    @Test(
        "nobody claims what leads to the platform itself, by whatever spelling",
        arguments: [
            "flow.example", "FLOW.example", "localhost", "LOCALHOST", "127.0.0.1", "10.1.2.3",
            "2130706433", "127.1", "0x7f000001", "host.0x1",
        ])
    func reserved(_ host: String) async throws {
        try await TenantFixture.with { tenants in
            let brands = brands(tenants)
            let place = try await tenants.makePlant()
            for scope in [place.partner, place.client, place.scope] {
                for asPlatform in [false, true] {
                    let message = try await refusal(brands, host, scope, asPlatform: asPlatform)
                    #expect(message?.contains("platform") == true || message?.contains("address") == true, "\(host)")
                }
            }
            #expect(try await brands.heldHosts().isEmpty)
        }
    }

    @Test("what is below the platform's name is the platform's to give")
    func belowThePlatform() async throws {
        try await TenantFixture.with { tenants in
            let brands = brands(tenants)
            let place = try await tenants.makePlant()
            #expect(try await refusal(brands, "acme.flow.example", place.partner)?.contains("operator") == true)
            #expect(try await refusal(brands, "acme.flow.example", place.partner, asPlatform: true) == nil)
            #expect(try await brands.scope(ofHost: "acme.flow.example:443") == place.partner)
            #expect(try await refusal(brands, "works.acme.flow.example", place.client)?.contains("operator") == true)
        }
    }

    @Test("a client and a plant claim below their partner's names, and a partner not below another's")
    func levels() async throws {
        try await TenantFixture.with { tenants in
            let brands = brands(tenants)
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            for scope in [mine.client, mine.scope] {
                #expect(try await refusal(brands, "bank.example", scope)?.contains("your partner") == true)
            }
            #expect(try await refusal(brands, "acme.example", mine.partner) == nil)
            #expect(try await refusal(brands, "works.acme.example", mine.client) == nil)
            #expect(try await refusal(brands, "north.works.acme.example", mine.scope) == nil)
            #expect(try await refusal(brands, "notacme.example", mine.client)?.contains("your partner") == true)
            for scope in [theirs.partner, theirs.client, theirs.scope] {
                #expect(try await refusal(brands, "x.acme.example", scope)?.contains("another tenant") == true)
                #expect(try await refusal(brands, "acme.example", scope) != nil)
            }
        }
    }

    @Test("a withdrawn name, and what is below it, leads nowhere and is not claimed until it is released")
    func withholding() async throws {
        try await TenantFixture.with { tenants in
            let brands = brands(tenants)
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            #expect(try await refusal(brands, "bank.example", mine.partner) == nil)
            #expect(try await refusal(brands, "works.bank.example", mine.client) == nil)
            #expect(try await refusal(brands, "mybank.example", mine.partner) == nil)
            #expect(
                try await brands.heldHosts(after: "bank.example").map(\.host) == [
                    "mybank.example", "works.bank.example",
                ])
            try await brands.withholdHost("Bank.example", reason: "it is the bank's", by: Self.person)
            #expect(try await brands.heldHosts().map(\.host) == ["mybank.example"])
            try await tenants.settle()
            #expect(try await brands.scope(ofHost: "bank.example") == nil)
            #expect(try await brands.withheldHosts().map(\.host) == ["bank.example"])
            for (host, scope) in [
                ("bank.example", mine.partner), ("bank.example", theirs.partner), ("a.b.bank.example", theirs.partner),
            ] {
                #expect(try await refusal(brands, host, scope)?.contains("withdrawn") == true)
                #expect(try await refusal(brands, host, scope, asPlatform: true)?.contains("withdrawn") == true)
            }
            let entries = try await tenants.audit.entries(
                in: mine.partner, matching: .init(objectType: "brand-host"), page: PageRequest())
            let withdrawn = entries.items.map(\.entry).filter { $0.action == "brand-host.withdrawn" }
            #expect(withdrawn.count == 2 && withdrawn.allSatisfy { $0.reason == "it is the bank's" })
            try await brands.releaseHost("bank.example", by: Self.person)
            #expect(try await refusal(brands, "bank.example", theirs.partner) == nil)
            let missing = await #expect(throws: Problem.self) {
                try await brands.releaseHost("bank.example", by: Self.person)
            }
            #expect(missing?.code == .notFound)
        }
    }

    @Test("a row from before a name was the platform's own leads nowhere")
    func earlierRow() async throws {
        try await TenantFixture.with { tenants in
            let place = try await tenants.makePlant()
            try await tenants.brands.addHost("flow.example", to: place.client, by: .system)
            #expect(try await tenants.brands.scope(ofHost: "flow.example") == place.client)
            #expect(try await brands(tenants).scope(ofHost: "flow.example") == nil)
        }
    }
}
