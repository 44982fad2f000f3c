import Database
import HTTPTypes
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Signing in to the portal", .timeLimit(.minutes(10)))
struct PortalSignInTests {
    private static let password = "a long pass phrase"

    @Test("whoever cannot be signed in gets the same page, whatever was wrong, and no cookie")
    func refusals() async throws {
        try await PortalFixture.with { portal in
            let tenants = portal.tenants
            let scope = portal.place.scope
            let known = try await tenants.makePrincipal(.supervisor, in: scope, password: Self.password)
            let revoked = try await tenants.makePrincipal(.supervisor, in: scope)
            let expired = try await tenants.makePrincipal(.supervisor, in: scope)
            let disabled = try await tenants.makePrincipal(.supervisor, in: scope, password: Self.password)
            _ = try await tenants.principals.revokeKey(revoked.keyID, in: scope, by: .system)
            try await portal.change(
                "UPDATE millwright.api_key SET expires_at = now() WHERE api_key_id = \(expired.keyID)")
            _ = try await tenants.principals.disable(disabled.principal.id, in: scope, by: .system)
            let email = try #require(known.principal.email)
            let attempts: [[String: String]] = [
                ["email": "nobody@example.com", "password": Self.password], ["email": email, "password": "wrong"],
                ["email": try #require(disabled.principal.email), "password": Self.password], [:],
                ["email": email], ["key": "mw_wrong"], ["key": "mw_abcdefgh_" + String(repeating: "A", count: 43)],
                ["key": String(known.key.dropLast()) + "_"], ["key": revoked.key], ["key": expired.key],
                ["key": disabled.key], ["email": "x' OR '1'='1", "password": "' OR ''='"],
            ]
            var pages: Set<String> = []
            for attempt in attempts {
                let page = try await portal.browser().post("/portal/sign-in", attempt)
                #expect(page.status == 401, "\(attempt.keys): \(page.status)")
                #expect(page.cookie == nil)
                #expect(page.html.contains("role=\"alert\""))
                pages.insert(Self.withoutChance(page.html, attempt["email"] ?? ""))
            }
            #expect(pages.count == 1)
            #expect(try await portal.count("millwright.portal_session") == 0)
        }
    }

    /// The page without what was typed and without its nonce.
    private static func withoutChance(_ html: String, _ email: String) -> String {
        let nonce = HTMLOutline(html).tags.first { $0.name == "style" }?.attributes["nonce"] ?? ""
        return html.replacing(nonce, with: "").replacing("value=\"\(email.htmlEscaped)\"", with: "value=\"\"")
    }

    @Test("a key or a password opens a session whose cookie no script reads and no other site sends")
    func success() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(
                .supervisor, in: portal.place.scope, password: Self.password)
            for fields in [
                ["key": person.key], ["key": "  " + person.key],
                ["email": try #require(person.principal.email).uppercased(), "password": Self.password],
            ] {
                let browser = portal.browser()
                let page = try await browser.post("/portal/sign-in", fields)
                #expect(page.status == 303 && page.location == "/portal")
                let flags = try #require(page.cookie).split(separator: "; ").dropFirst()
                #expect(flags == ["Path=/portal", "Max-Age=43200", "HttpOnly", "SameSite=Lax"])
                let list = try await browser.get("/portal")
                #expect(list.status == 200)
                #expect(list.text.contains(person.principal.displayName))
            }
        }
    }

    @Test("the cookie is bound to https where the proxy says so, and everywhere when it is set")
    func secureCookie() async throws {
        try await PortalFixture.with { portal in
            let key = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope).key
            let forwarded = HTTPField.Name("X-Forwarded-Proto")!
            let overTLS = try await portal.browser().signIn(key: key, headers: [forwarded: "https"])
            #expect(overTLS.cookie?.hasSuffix("; Secure") == true)
            let plain = try await portal.browser().signIn(key: key, headers: [forwarded: "http"])
            #expect(plain.cookie?.contains("Secure") == false)
        }
        try await PortalFixture.with(cookiesNeedHTTPS: true) { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let browser = portal.browser()
            #expect(try await browser.signIn(key: person.key).cookie?.hasSuffix("; Secure") == true)
            let out = try await browser.post("/portal/sign-out", from: "/portal")
            #expect(out.cookie?.hasSuffix("; Secure") == true)
        }
    }

    @Test("signing in makes a new session and ends the one that the browser had")
    func fixation() async throws {
        try await PortalFixture.with { portal in
            let attacker = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let victim = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let planted = portal.browser()
            planted.session = String(repeating: "a", count: 64)
            _ = try await planted.signIn(key: victim.key)
            #expect(planted.session != String(repeating: "a", count: 64))
            let first = try await portal.browser(of: attacker)
            let token = try #require(first.session)
            _ = try await first.signIn(key: victim.key)
            #expect(first.session != token)
            let old = portal.browser()
            old.session = token
            #expect(try await old.get("/portal").status == 303)
        }
    }

    @Test("signing out ends the session for every copy of its cookie, and needs the form's token")
    func signOut() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let browser = try await portal.browser(of: person)
            let copy = portal.browser()
            copy.session = browser.session
            #expect(try await browser.post("/portal/sign-out", ["form-token": "x"]).status == 403)
            #expect(try await copy.get("/portal").status == 200)
            let out = try await browser.post("/portal/sign-out", from: "/portal")
            #expect(out.status == 303 && out.location == "/portal/sign-in?reason=out")
            #expect(browser.session == nil)
            #expect(try await copy.get("/portal").status == 303)
            #expect(try await portal.count("millwright.portal_session") == 0)
            // Whose session is gone already is signed out, and is not led to a page that does not exist.
            #expect(try await copy.post("/portal/sign-out").location == "/portal/sign-in?reason=out")
        }
    }

    @Test("a session ends with its key, its person, and its time; the page says that it has ended")
    func sessionEnds() async throws {
        try await PortalFixture.with { portal in
            let scope = portal.place.scope
            let people = portal.tenants.principals
            let endings: [@Sendable (TenantFixture.KeyHolder) async throws -> Void] = [
                { _ = try await people.revokeKey($0.keyID, in: scope, by: .system) },
                {
                    try await portal.change(
                        "UPDATE millwright.api_key SET expires_at = now() WHERE api_key_id = \($0.keyID)")
                },
                { _ = try await people.disable($0.principal.id, in: scope, by: .system) },
                {
                    try await portal.change(
                        """
                        UPDATE millwright.portal_session SET expires_at = now() + interval '1 microsecond',
                          created_at = now() - interval '1 day'
                        WHERE principal_id = \($0.principal.id)
                        """)
                },
            ]
            for end in endings {
                let person = try await portal.tenants.makePrincipal(.supervisor, in: scope)
                let browser = try await portal.browser(of: person)
                #expect(try await browser.get("/portal").status == 200)
                try await end(person)
                let page = try await browser.get("/portal")
                #expect(page.location == "/portal/sign-in?next=/portal&reason=ended")
                #expect(try await browser.get(try #require(page.location)).text.contains("session has ended"))
            }
        }
    }

    @Test("the key's identifier cannot be taken off the token")
    func tokenIsWhole() async throws {
        try await PortalFixture.with { portal in
            let browser = try await portal.browser(
                of: try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope))
            let token = try #require(browser.session)
            let other = portal.browser()
            for changed in [String(token.prefix(64)), token + ".x", token + "." + UUIDv7().description] {
                other.session = changed
                #expect(try await other.get("/portal").status == 303)
            }
        }
    }

    @Test("after signing in people are led to where they were, and never out of the portal")
    func next() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let task = try await portal.addTask()
            let asked = try await portal.browser().get(portal.path(task))
            #expect(asked.location == "/portal/sign-in?next=" + portal.path(task))
            let page = try await portal.browser().get(try #require(asked.location))
            #expect(HTMLOutline(page.html).attribute("value", ofInput: "next") == portal.path(task))
            #expect(
                try await portal.browser().signIn(key: person.key, next: portal.path(task)).location
                    == portal.path(task))
            for bad in [
                "https://evil.example", "//evil.example", "/portal//evil.example", "/portal\\@evil.example",
                "/portal\r\nSet-Cookie: a=b", "javascript:alert(1)", "/v1/plants", "/portalevil", "/portal/../v1",
                "/portal/?next=x", "",
            ] {
                #expect(try await portal.browser().signIn(key: person.key, next: bad).location == "/portal", "\(bad)")
            }
        }
    }

    @Test("another site's form cannot sign anybody in")
    func foreignForm() async throws {
        try await PortalFixture.with { portal in
            let key = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope).key
            let site = HTTPField.Name("Sec-Fetch-Site")!
            for headers: HTTPFields in [
                [site: "cross-site"], [site: "same-site"], [.origin: "https://evil.example"], [.origin: "null"],
            ] {
                let page = try await portal.browser().signIn(key: key, headers: headers)
                #expect(page.status == 403 && page.cookie == nil, "\(headers)")
            }
            for headers: HTTPFields in [
                [site: "same-origin"], [site: "none"], [.origin: "http://localhost"], [:],
            ] {
                #expect(try await portal.browser().signIn(key: key, headers: headers).status == 303, "\(headers)")
            }
        }
    }

    @Test("under a partner's host name another partner's key and password are unknown")
    func foreignHost() async throws {
        try await PortalFixture.with { portal in
            let tenants = portal.tenants
            let other = try await tenants.makePlant()
            try await tenants.brands.addHost("desk.partner.example", to: portal.place.partner, by: .system)
            let own = try await tenants.makePrincipal(.supervisor, in: portal.place.scope, password: Self.password)
            let foreign = try await tenants.makePrincipal(.supervisor, in: other.scope, password: Self.password)
            let host = "desk.partner.example:8080"
            #expect(try await portal.browser(host: host).signIn(key: own.key).status == 303)
            #expect(try await portal.browser(host: host).signIn(key: foreign.key).status == 401)
            let email = try #require(foreign.principal.email)
            #expect(
                try await portal.browser(host: host).post(
                    "/portal/sign-in", ["email": email, "password": Self.password]
                ).status == 401)
            #expect(try await portal.browser().signIn(key: foreign.key).status == 303)
        }
    }

    @Test("an account that was tried too often answers as before, also to the right password")
    func blocked() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(
                .supervisor, in: portal.place.scope, password: Self.password)
            let email = try #require(person.principal.email)
            for _ in 0..<5 {
                _ = try await portal.browser().post("/portal/sign-in", ["email": email, "password": "wrong"])
            }
            let page = try await portal.browser().post(
                "/portal/sign-in", ["email": email, "password": Self.password])
            #expect(page.status == 401 && page.text.contains("rests for five minutes"))
        }
    }
}
