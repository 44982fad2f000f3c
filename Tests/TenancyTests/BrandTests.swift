import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct BrandTests {
    /// One transparent pixel.
    private static let pixel =
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChw"
        + "GA60e6kgAAAABJRU5ErkJggg=="

    @Test("a brand with nothing right is told everything that is wrong")
    func allProblemsAtOnce() {
        let problem = #expect(throws: Problem.self) {
            try BrandFields(json: [
                "productName": "two\nlines", "logo": "javascript:alert(1)",
                "colours": ["primary": "red", "unknown": "#000000"], "font": "Comic Sans",
                "supportAddress": "http://example.com", "legalLinks": [["label": "Terms", "url": "https://a\"b"]],
                "mailSender": ["name": "A", "address": "a@b\r\nBcc: c@d"], "script": "x",
            ])
        }
        #expect(
            Set(problem?.items.map(\.path) ?? []) == [
                "/productName", "/logo", "/colours/primary", "/colours/unknown", "/font", "/supportAddress",
                "/legalLinks/0/url", "/mailSender/address", "/script",
            ])
    }

    @Test(
        "a logo that is not a small raster image is refused",
        arguments: [
            "data:image/svg+xml;base64,PHN2Zy8+", "data:image/png;base64,PHN2Zy8+", "data:image/png;base64,%%%",
            "data:text/html;base64,PHN2Zy8+", "https://example.com/logo.png", "//example.com/logo.png",
            "/../etc/passwd",
            "/logo.png\" onload=\"x", "data:image/png;base64," + String(repeating: "A", count: 400_000),
        ])
    func badLogo(logo: String) {
        #expect(throws: Problem.self) { try BrandFields(json: ["logo": .string(logo)]) }
    }

    @Test("a brand survives the way through JSON")
    func roundTrip() throws {
        let json: JSONValue = [
            "productName": "Acme Flow", "logo": .string(Self.pixel), "colours": ["primary": "#123456"],
            "font": "serif", "supportAddress": "https://acme.example/help",
            "legalLinks": [["label": "Imprint", "url": "https://acme.example/imprint"]],
            "mailSender": ["name": "Acme", "address": "no-reply@acme.example"],
        ]
        #expect(try BrandFields(json: json).json == json)
    }

    @Test("each level overrides what the levels above allow, and inherits the rest")
    func inheritance() async throws {
        try await TenantFixture.with { tenants in
            let brands = tenants.brands
            let plant = try await tenants.makePlant()
            #expect(try await brands.brand(for: plant.scope) == .standard)
            _ = try await brands.set(
                try BrandFields(json: [
                    "productName": "Partner Flow", "colours": ["primary": "#ffffff", "text": "#111111"],
                ]),
                overridable: [.colours], for: plant.partner, by: .system)
            _ = try await brands.set(
                try BrandFields(json: ["colours": ["primary": "#101010"]]), for: plant.client, by: .system)
            let brand = try await brands.brand(for: plant.scope)
            #expect(brand.productName == "Partner Flow")
            #expect(brand[.primary].description == "#101010")
            #expect(brand[.text].description == "#111111")
            #expect(brand[.onPrimary] == .white)
            #expect(try await brands.brand(for: plant.partner)[.onPrimary] == .black)
            #expect(try await brands.brand(for: .platform) == .standard)
        }
    }

    @Test("a field that a level above withholds is refused by name, and ignored where it was set before")
    func withheld() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            let fields = try BrandFields(json: ["productName": "Mine", "font": "mono"])
            _ = try await tenants.brands.set(fields, for: plant.client, by: .system)
            _ = try await tenants.brands.set(
                BrandFields(), overridable: [.font], for: plant.partner, by: .system)
            let brand = try await tenants.brands.brand(for: plant.scope)
            #expect(brand.productName == Brand.standard.productName)
            #expect(brand.font == .mono)
            let problem = await #expect(throws: Problem.self) {
                try await tenants.brands.set(fields, for: plant.client, by: .system)
            }
            #expect(problem?.items.map(\.path) == ["/productName"])
        }
    }

    @Test("a change that was decided on an older record is refused")
    func staleVersion() async throws {
        try await TenantFixture.with { tenants in
            let partner = TenantScope.partner(try await tenants.makePartner())
            #expect(try await tenants.brands.record(of: partner).version == 0)
            let set = try await tenants.brands.set(BrandFields(), for: partner, expecting: 0, by: .system)
            #expect(set.version == 1)
            let problem = await #expect(throws: Problem.self) {
                try await tenants.brands.set(BrandFields(), for: partner, expecting: 0, by: .system)
            }
            #expect(problem?.code == .preconditionFailed)
        }
    }

    @Test("a host name leads to one tenant on the platform; a second one is told that it is in use")
    func hosts() async throws {
        try await TenantFixture.with { tenants in
            let brands = tenants.brands
            let mine = try await tenants.makePlant()
            let theirs = try await tenants.makePlant()
            try await brands.addHost("Flow.Acme.example", to: mine.partner, by: .system)
            try await brands.addHost("flow.acme.example", to: mine.partner, by: .system)
            let problem = await #expect(throws: Problem.self) {
                try await brands.addHost("flow.acme.example", to: theirs.partner, by: .system)
            }
            #expect(problem?.code == .alreadyExists)
            #expect(try await brands.scope(ofHost: "FLOW.acme.example:8443") == mine.partner)
            #expect(try await brands.scope(ofHost: "other.example") == nil)
            #expect(try await brands.hostNames(of: mine.partner) == ["flow.acme.example"])
            let missing = await #expect(throws: Problem.self) {
                try await brands.removeHost("flow.acme.example", from: theirs.partner, by: .system)
            }
            #expect(missing?.code == .notFound)
            try await tenants.directory.delete(mine.partner, reason: "left", by: .system)
            #expect(try await brands.scope(ofHost: "flow.acme.example") == nil)
        }
    }

    @Test(
        "a host name with a scheme, a port, a path or a blank is refused",
        arguments: ["https://a", "a:80", "a/b", "a b", ""])
    func badHost(host: String) async throws {
        try await TenantFixture.with { tenants in
            let partner = TenantScope.partner(try await tenants.makePartner())
            let problem = await #expect(throws: Problem.self) {
                try await tenants.brands.addHost(host, to: partner, by: .system)
            }
            #expect(problem?.items.map(\.path) == ["/host"])
        }
    }
}
