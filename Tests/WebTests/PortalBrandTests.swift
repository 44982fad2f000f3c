import Database
import HTTPTypes
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Whose name the portal bears", .timeLimit(.minutes(10)))
struct PortalBrandTests {
    private static func set(_ portal: PortalFixture, _ json: JSONValue, for scope: TenantScope) async throws {
        _ = try await portal.tenants.brands.set(try BrandFields(json: json), for: scope, by: .system)
    }

    @Test("before signing in the host name decides, whatever its case and port; an unknown one bears the platform's")
    func host() async throws {
        try await PortalFixture.with { portal in
            try await Self.set(portal, ["productName": "The Platform"], for: .platform)
            try await Self.set(
                portal,
                [
                    "productName": "Partner Desk", "colours": ["primary": "#0b6e4f"],
                    "supportAddress": "help@partner.example", "logo": "/logo.png",
                    "legalLinks": [["label": "Imprint", "url": "https://partner.example/imprint"]],
                ], for: portal.place.partner)
            try await portal.tenants.brands.addHost("desk.partner.example", to: portal.place.partner, by: .system)
            for host in ["desk.partner.example", "DESK.Partner.Example:8443", "desk.partner.example."] {
                let page = try await portal.browser(host: host).get("/portal/sign-in")
                #expect(page.html.contains("<title>Sign in · Partner Desk</title>"), "\(host)")
                #expect(page.html.contains("--primary: #0b6e4f"))
                let tags = HTMLOutline(page.html).tags
                #expect(tags.contains { $0.name == "img" && $0.attributes["src"] == "/logo.png" })
                #expect(tags.contains { $0.attributes["href"] == "mailto:help@partner.example" })
                #expect(tags.contains { $0.attributes["href"] == "https://partner.example/imprint" })
            }
            for host in [
                "localhost", "other.example", "", "desk.partner.example.evil.example",
                "evil.example/desk.partner.example",
                "[::1]:80", "<script>", String(repeating: "a.", count: 5_000), "дeск.partner.example",
            ] {
                let page = try await portal.browser(host: host).get("/portal/sign-in")
                #expect(page.status == 200)
                #expect(page.text.contains("The Platform") && !page.text.contains("Partner Desk"), "\(host)")
            }
        }
    }

    @Test("after signing in it is the brand of where the person belongs, each level over the one above")
    func inheritance() async throws {
        try await PortalFixture.with { portal in
            let place = portal.place
            try await Self.set(
                portal, ["productName": "The Platform", "supportAddress": "root@platform.example"], for: .platform)
            try await Self.set(portal, ["productName": "Partner Desk"], for: place.partner)
            try await Self.set(portal, ["colours": ["primary": "#123456"]], for: place.client)
            try await Self.set(portal, ["productName": "Plant Desk"], for: place.scope)
            try await portal.tenants.brands.addHost("desk.partner.example", to: place.partner, by: .system)
            let other = try await portal.tenants.makePlant()
            try await portal.tenants.brands.addHost("other.example", to: other.partner, by: .system)
            try await Self.set(portal, ["productName": "Another Partner"], for: other.partner)
            let expected: [(TenantScope, Role, String, String, Bool)] = [
                (place.partner, .partnerAdmin, "localhost", "Partner Desk", false),
                (place.client, .clientAdmin, "localhost", "Partner Desk", true),
                (place.scope, .supervisor, "localhost", "Plant Desk", true),
                (place.scope, .supervisor, "desk.partner.example", "Plant Desk", true),
                (.platform, .platformAdmin, "localhost", "The Platform", false),
            ]
            for (scope, role, host, name, hasClientColour) in expected {
                let person = try await portal.tenants.makePrincipal(role, in: scope)
                let page = try await portal.browser(of: person, host: host).get("/portal")
                #expect(page.status == 200)
                #expect(page.html.contains("<title>Your tasks · \(name)</title>"), "\(role) at \(host)")
                #expect(page.html.contains("--primary: #123456") == hasClientColour, "\(role)")
                #expect(page.html.contains("mailto:root@platform.example"))
            }
            // A session's cookie that is brought to another partner's host shows that host's name, not the person's.
            let person = try await portal.tenants.makePrincipal(.supervisor, in: place.scope)
            let elsewhere = portal.browser(host: "other.example")
            elsewhere.session = try await portal.browser(of: person).session
            #expect(try await elsewhere.get("/portal").html.contains("Your tasks · Another Partner"))
        }
    }

    @Test("a brand that would run something or lead somewhere else is refused where it is set")
    func hostileBrand() async throws {
        try await PortalFixture.with { portal in
            let admin = try await portal.tenants.makePrincipal(.partnerAdmin, in: portal.place.partner)
            let path = "/v1/partners/\(portal.place.partnerID)/brand"
            let tag = try await portal.client.call(.get, path, key: admin.key).headers[.eTag] ?? ""
            let fields: [JSONValue] = [
                ["logo": "javascript:alert(1)"], ["logo": "data:image/svg+xml;base64,PHN2Zz4="],
                ["logo": "https://evil.example/x.png"], ["logo": "//evil.example/x.png"],
                ["logo": "data:text/html;base64,AAAA"], ["supportAddress": "javascript:alert(1)"],
                ["supportAddress": "a@b.example?bcc=x@y.example"],
                ["supportAddress": "https://x.example/\"onclick=\"a"],
                ["legalLinks": [["label": "x", "url": "javascript:alert(1)"]]],
                ["legalLinks": [["label": "x", "url": "data:text/html,x"]]],
                ["legalLinks": [["label": "x", "url": "http://x.example/"]]],
                ["colours": ["primary": "red;} body{display:none"]], ["colours": ["primary": "url(//evil.example)"]],
                ["font": "x; } </style><script>"], ["productName": "two\nlines"], ["productName": ""],
            ]
            for field in fields {
                let body: JSONValue = ["fields": field]
                let answer = try await portal.client.call(
                    .put, path, key: admin.key, body.serialized(), headers: [.ifMatch: tag])
                #expect(answer.status == 422, "\(field)")
                #expect(answer.body["errors"]?.arrayValue?.isEmpty == false)
            }
            #expect(try await portal.tenants.brands.brand(for: portal.place.partner) == .standard)
        }
    }

    @Test("colours on which text could not be read are corrected, and a chosen ground stays by night")
    func contrast() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            #expect(
                try await portal.browser(of: person).get("/portal").html.contains("prefers-color-scheme: dark"))
            try await Self.set(
                portal,
                [
                    "colours": [
                        "primary": "#ffe000", "onPrimary": "#ffffff", "surface": "#101010", "text": "#222222",
                        "background": "#eeeeee",
                    ]
                ], for: portal.place.partner)
            let html = try await portal.browser(of: person).get("/portal").html
            for token in [
                "--on-primary: #000000", "--text: #ffffff", "--on-background: #222222", "color-scheme: dark;",
            ] {
                #expect(html.contains(token), "\(token)")
            }
            #expect(!html.contains("prefers-color-scheme"))
        }
    }
}
