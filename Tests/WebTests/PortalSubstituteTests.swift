import Database
import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Who decides while somebody is away, in the portal", .timeLimit(.minutes(10)))
struct PortalSubstituteTests {
    private static let path = "/portal/substitutes"

    /// A day so many days from now, as a date field sends it.
    private func day(_ days: Double) -> String {
        String(Timestamp.now().adding(seconds: days * 86_400).description.prefix(10))
    }

    private func pair(_ portal: PortalFixture) async throws -> (
        away: TenantFixture.KeyHolder, substitute: TenantFixture.KeyHolder
    ) {
        (
            try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope),
            try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
        )
    }

    private func form(_ portal: PortalFixture, _ substitute: Principal, _ more: [String: String] = [:]) -> [String:
        String]
    {
        ["place": "\(portal.place.plantID)", "substitute": substitute.email ?? "", "until": day(7)].merging(more) { $1 }
    }

    @Test("a person names a substitute for whole days of the plant, both see it, and either ends it")
    func nameAndEnd() async throws {
        try await PortalFixture.with { portal in
            let (away, substitute) = try await pair(portal)
            let task = try await portal.addTask()
            _ = try await portal.tasks.claim(task.id, in: task.scope, by: away.principal)
            let browser = try await portal.browser(of: away)
            #expect(try await browser.get("/portal").html.contains("href=\"\(Self.path)\""))
            let named = try await browser.post(
                Self.path,
                form(
                    portal, substitute.principal, ["substitute": " \(substitute.principal.email?.uppercased() ?? "") "]),
                from: Self.path)
            #expect(named.location == Self.path + "?done=named")
            let page = try await browser.get(Self.path + "?done=named")
            #expect(page.text.contains("Your substitute is named."))
            #expect(page.text.contains("\(substitute.principal.displayName) decides for you"))
            let made = try #require(try await portal.tasks.substitutions.concerning(away.principal).first)
            // Perth is eight hours ahead of UTC all year: the last day is over at 16:00 UTC.
            #expect(made.endsAt == Timestamp("\(day(7))T16:00:00Z"))
            #expect(made.beginsAt <= .now() && made.scope == portal.place.scope && !made.lendsRoles)

            let other = try await portal.browser(of: substitute)
            #expect(try await other.get("/portal").text.contains("For those who are away"))
            let theirs = try await other.get(Self.path)
            #expect(theirs.text.contains("You decide for \(away.principal.displayName)"))
            let ended = try await other.post(Self.path + "/\(made.id)/end", from: Self.path)
            #expect(ended.location == Self.path + "?done=ended")
            #expect(try await portal.tasks.substitutions.concerning(away.principal).isEmpty)
            #expect(try await !other.get("/portal").text.contains("For those who are away"))
            #expect(try await browser.post(Self.path + "/\(made.id)/end", from: Self.path).status == 404)
        }
    }

    @Test("a later first day begins with that day, and one role is only that role")
    func laterAndOneRole() async throws {
        try await PortalFixture.with { portal in
            let (away, substitute) = try await pair(portal)
            let browser = try await portal.browser(of: away)
            _ = try await browser.post(
                Self.path, form(portal, substitute.principal, ["from": day(3), "until": day(3), "role": "supervisor"]),
                from: Self.path)
            let made = try #require(try await portal.tasks.substitutions.concerning(away.principal).first)
            #expect(
                made.beginsAt == Timestamp("\(day(2))T16:00:00Z") && made.endsAt == Timestamp("\(day(3))T16:00:00Z"))
            #expect(made.role == .supervisor)
            #expect(try await browser.get(Self.path).text.contains("only tasks for Supervisor"))
        }
    }

    @Test("what is wrong is said at its field, what was typed stays, and nothing is recorded")
    func mistakes() async throws {
        try await PortalFixture.with { portal in
            let (away, substitute) = try await pair(portal)
            let browser = try await portal.browser(of: away)
            let stranger = try await portal.tenants.makePrincipal(
                .supervisor, in: try await portal.tenants.makePlant().scope)
            for (fields, status, sentence) in [
                (["substitute": ""], 400, "Enter the e-mail address of a person."),
                (["substitute": "nobody@example.com"], 400, "Name somebody who may decide tasks here"),
                (["substitute": stranger.principal.email ?? ""], 400, "Name somebody who may decide tasks here"),
                (["substitute": away.principal.email ?? ""], 400, "Must be somebody else."),
                (["until": "soon"], 400, "Enter a day"), (["until": "2026-02-30"], 400, "Enter a day"),
                (["until": day(-2)], 400, "Must be after"), (["until": day(500)], 400, "Must be after"),
                (["from": day(9)], 400, "Must be after"), (["from": "x"], 400, "Enter a day"),
                (["place": "\(PlantID())"], 400, "Choose where."), (["place": ""], 400, "Choose where."),
                (["role": "king"], 400, "There is no such role."),
            ] {
                let page = try await browser.post(
                    Self.path, form(portal, substitute.principal, fields), from: Self.path)
                #expect(page.status == status && page.text.contains(sentence), "\(fields)")
                let typed = HTMLOutline(page.html).attribute("value", ofInput: "substitute")
                #expect(typed == (fields["substitute"] ?? substitute.principal.email), "\(fields)")
            }
            #expect(try await portal.count("millwright.substitution") == 0)
        }
    }

    @Test("a form needs its session's token; somebody else's substitution is not there")
    func foreign() async throws {
        try await PortalFixture.with { portal in
            let (away, substitute) = try await pair(portal)
            let third = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let made = try await portal.tasks.substitutions.add(
                .init(substitute: "\(substitute.principal.id)", endsAt: Timestamp.now().adding(seconds: 600)),
                in: portal.place.scope, by: away.principal)
            let end = Self.path + "/\(made.id)/end"
            let browser = try await portal.browser(of: away)
            for path in [Self.path, end] {
                #expect(try await browser.post(path, form(portal, substitute.principal)).status == 403)
            }
            let stranger = try await portal.tenants.makePrincipal(
                .supervisor, in: try await portal.tenants.makePlant().scope)
            for person in [third, stranger] {
                let other = try await portal.browser(of: person)
                #expect(try await other.post(end, from: Self.path).status == 404)
                #expect(try await other.post(Self.path + "/x/end", from: Self.path).status == 404)
                #expect(try await !other.get(Self.path).html.contains("\(made.id)"))
            }
            let guest = try await portal.browser().post(end)
            #expect(guest.location?.hasPrefix("/portal/sign-in?next=\(Self.path)") == true)
            #expect(try await portal.tasks.substitutions.concerning(away.principal).map(\.id) == [made.id])
        }
    }

    @Test("who decides nothing has no substitute, and in a suspended plant nothing is named or ended")
    func refused() async throws {
        try await PortalFixture.with { portal in
            let reader = try await portal.browser(
                of: try await portal.tenants.makePrincipal(.auditor, in: portal.place.scope))
            #expect(try await reader.get(Self.path).text.contains("Your roles do not decide tasks"))
            let (away, substitute) = try await pair(portal)
            let made = try await portal.tasks.substitutions.add(
                .init(substitute: "\(substitute.principal.id)", endsAt: Timestamp.now().adding(seconds: 600)),
                in: portal.place.scope, by: away.principal)
            _ = try await portal.tenants.directory.suspend(portal.place.scope, reason: "x", by: .system)
            let browser = try await portal.browser(of: away)
            for path in [Self.path, Self.path + "/\(made.id)/end"] {
                let page = try await browser.post(path, form(portal, substitute.principal), from: Self.path)
                #expect(page.status >= 400 && page.text.contains("is suspended"), "\(page.status)")
            }
            #expect(try await portal.count("millwright.substitution") == 1)
        }
    }

    @Test("whoever decides in several places chooses one, and names are text whatever they say")
    func severalPlaces() async throws {
        try await PortalFixture.with { portal in
            let (_, substitute) = try await pair(portal)
            let client = portal.place.client
            let second = try await portal.tenants.makePlant(in: portal.place.partnerID, portal.place.clientID)
            let hostile = "<script>alert(1)</script>"
            let person = try await portal.tenants.principals.create(
                NewPrincipal(
                    kind: .user, displayName: hostile, email: "h@example.com", password: nil, home: client,
                    bindings: [
                        RoleBinding(role: .supervisor, scope: portal.place.scope),
                        RoleBinding(role: .quality, scope: second.scope),
                    ]), grantedBy: .system, by: .system)
            let key = try await portal.tenants.principals.issueKey(for: person.id, name: "k", in: client, by: .system)
            let browser = portal.browser()
            _ = try await browser.signIn(key: key.token.reveal())
            let page = HTMLOutline(try await browser.get(Self.path).html)
            let places = page.tags.filter { $0.name == "option" }.compactMap { $0.attributes["value"] }
            #expect(Set(places).isSuperset(of: ["\(portal.place.plantID)", "\(second.plantID)"]))
            #expect(
                try await browser.post(Self.path, form(portal, substitute.principal), from: Self.path).status == 303)
            let theirs = try await portal.browser(of: substitute).get(Self.path)
            #expect(theirs.text.contains("You decide for \(hostile)"))
            #expect(!HTMLOutline(theirs.html).names.contains("script"))
        }
    }
}
