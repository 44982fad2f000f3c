import Database
import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Who was signed in, and who was refused, is in the audit", .timeLimit(.minutes(10)))
struct SessionAuditTests {
    private func entries(
        _ portal: PortalFixture, _ action: String? = nil, in scope: TenantScope? = nil
    ) async throws -> [AuditEntry] {
        try await portal.tenants.audit.entries(
            in: scope ?? portal.place.scope, matching: .init(action: action), page: PageRequest(limit: 200)
        ).items.map(\.entry).filter { $0.action.hasPrefix("session.") }
    }

    @Test("many wrong passwords are one entry, when the account comes to rest; the page does not tell which are known")
    func refused() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword()
            var pages: Set<Int> = []
            for attempt in 0..<14 {
                pages.insert(try await portal.browser().signIn(person.principal, password: "wrong \(attempt)").status)
                let email = ["email": "nobody@example.com", "password": "wrong \(attempt)"]
                pages.insert(try await portal.browser().post("/portal/sign-in", email).status)
                pages.insert(try await portal.browser().signIn(key: "mw_abcdefgh_wrong").status)
                #expect(try await entries(portal).count == (attempt < 4 ? 0 : 1), "after \(attempt + 1)")
            }
            #expect(pages == [401])
            let refused = try #require(try await entries(portal, "session.refused").first)
            #expect(refused.objectType == "principal" && refused.objectID == person.principal.id.description)
            #expect(refused.actor.kind == .system && refused.actor.principalID == nil)
            #expect(refused.actor.displayName == "anonymous" && refused.actor.origin == "unix")
            #expect(refused.new?["wrongPasswords"] == 5 && refused.new?["restsUntil"]?.stringValue != nil)
            #expect(refused.scope == portal.place.scope)
            // The rest is over: the next five are the next entry.
            try await portal.change(
                "UPDATE millwright.principal SET sign_in_blocked_until = now() WHERE sign_in_blocked_until IS NOT NULL")
            for _ in 0..<7 { _ = try await portal.browser().signIn(person.principal, password: "wrong") }
            #expect(try await entries(portal).count == 2)
        }
    }

    @Test("guesses that come at once rest the account once")
    func together() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword().principal
            try await withThrowingTaskGroup { group in
                for _ in 0..<30 {
                    group.addTask { _ = try await portal.browser().signIn(person, password: "wrong") }
                }
                try await group.waitForAll()
            }
            #expect(try await entries(portal).map(\.action) == ["session.refused"])
        }
    }

    @Test("signing in and out says who, with what, from where and after how many wrong passwords")
    func startedAndEnded() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword()
            for _ in 0..<3 { _ = try await portal.browser().signIn(person.principal, password: "wrong") }
            let browser = try await portal.browser(of: person.principal)
            let started = try #require(try await entries(portal).first)
            #expect(started.action == "session.started" && started.objectType == "session")
            #expect(started.actor == person.principal.actor(origin: "unix"))
            #expect(started.new == ["with": "password", "wrongPasswordsBefore": 3])
            _ = try await browser.post("/portal/sign-out", from: "/portal")
            let ended = try #require(try await entries(portal).first)
            #expect(ended.action == "session.ended" && ended.objectID == started.objectID)
            #expect(ended.actor == started.actor && ended.old?["startedAt"]?.stringValue != nil)

            let other = try await portal.tenants.makePrincipal(.operator, in: portal.place.scope)
            let shared = try await portal.browser(of: person)
            let keyed = try #require(try await entries(portal).first)
            #expect(keyed.new == ["with": "api-key", "apiKeyId": .string(person.keyID.description)])
            _ = try await shared.signIn(key: other.key)
            let last = try await entries(portal).prefix(2)
            #expect(last.map(\.action) == ["session.started", "session.ended"])
            #expect(last.map(\.actor.principalID) == [other.principal.id, person.principal.id])
            #expect(last.last?.objectID == keyed.objectID && last.last?.reason?.contains("signed in anew") == true)
            // Whose session had ended otherwise is not said to have ended it now.
            try await portal.tenants.principals.setPassword(
                of: other.principal.id, to: nil, in: portal.place.scope, by: .system)
            _ = try await shared.signIn(key: person.key)
            #expect(try await entries(portal).prefix(2).map(\.action) == ["session.started", "session.started"])
        }
    }

    @Test("a session that goes on after a change of the password keeps its name, and the change says who made it")
    func renewed() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword().principal
            let browser = try await portal.browser(of: person)
            let next = "another long pass phrase"
            _ = try await browser.post(
                "/portal/password", ["current": PortalFixture.password, "password": next, "again": next],
                from: "/portal/password")
            _ = try await browser.post("/portal/sign-out", from: "/portal")
            let sessions = try await entries(portal)
            #expect(sessions.map(\.action) == ["session.ended", "session.started"])
            #expect(sessions[0].objectID == sessions[1].objectID)
            let change = try await portal.tenants.audit.entries(
                in: portal.place.scope, matching: .init(action: "principal.password-set"), page: PageRequest())
            #expect(change.items.map(\.entry.actor) == [person.actor(origin: "unix")])
        }
    }

    @Test("the tenant and those above it see it, no other does, the plant's timeline neither; no secret is in it")
    func seen() async throws {
        try await PortalFixture.with { portal in
            let tenants = portal.tenants
            let sibling = try await tenants.makePlant(in: portal.place.partnerID, portal.place.clientID)
            let foreign = try await tenants.makePlant()
            let person = try await portal.personWithPassword()
            for _ in 0..<5 { _ = try await portal.browser().signIn(person.principal, password: "wrong guess") }
            let browser = try await portal.browser(of: person)
            let token = try #require(browser.session)
            _ = try await browser.post("/portal/sign-out", from: "/portal")
            for scope in [portal.place.scope, portal.place.client, portal.place.partner, .platform] {
                let actions = try await entries(portal, in: scope).map(\.action)
                #expect(actions == ["session.ended", "session.started", "session.refused"], "\(scope)")
            }
            for scope in [sibling.scope, foreign.scope, foreign.partner] {
                #expect(try await entries(portal, in: scope).isEmpty, "\(scope)")
            }
            let timeline = try await portal.client.call(
                .get, "/v1/plants/\(portal.place.plantID)/timeline?backSeconds=600", key: person.key)
            let shown = (timeline.body["items"]?.arrayValue ?? []).compactMap { $0["what"]?.stringValue }
            #expect(shown.contains("principal.created") && !shown.contains { $0.hasPrefix("session.") }, "\(shown)")
            let rows = try await tenants.database.readPipeline(
                .platform, ["SELECT string_agg(to_jsonb(audit_entry)::text, ' ') AS dump FROM millwright.audit_entry"])
            let dump: String = try rows[0][0].decode("dump")
            for secret in [token, String(token.prefix(64)), person.key, PortalFixture.password, "wrong guess"] {
                #expect(!dump.contains(secret))
            }
        }
    }

    @Test("wrong passwords at a signature rest the account too, and the entry names whose session it was")
    func confirming() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword().principal
            let browser = try await portal.browser(of: person)
            let next = "another long pass phrase"
            for _ in 0..<6 {
                let page = try await browser.post(
                    "/portal/password", ["current": "wrong", "password": next, "again": next], from: "/portal/password")
                #expect(page.status == 400)
            }
            let refused = try await entries(portal, "session.refused")
            #expect(refused.map(\.actor) == [person.actor(origin: "unix")])
        }
    }
}
