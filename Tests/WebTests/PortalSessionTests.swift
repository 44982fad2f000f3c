import Database
import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("A person's sessions end with the password", .timeLimit(.minutes(10)))
struct PortalSessionTests {
    private static let password = PortalFixture.password
    private static let next = "another long pass phrase"
    private static let path = "/portal/password"

    private func form(_ more: [String: String] = [:]) -> [String: String] {
        ["current": Self.password, "password": Self.next, "again": Self.next].merging(more) { $1 }
    }

    private func isSignedIn(_ browser: Browser) async throws -> Bool {
        try await browser.get("/portal").status == 200
    }

    @Test("a password that does not fit, is too short or is not the same twice changes nothing, and ends no session")
    func refusals() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword()
            let (browser, other) = (
                try await portal.browser(of: person.principal), try await portal.browser(of: person.principal)
            )
            let mistakes: [([String: String], String)] = [
                (["current": "wrong"], "The password did not fit."), (["current": ""], "Enter the password that"),
                (["password": "short", "again": "short"], "Must have 12 to 256 characters."),
                (["password": "", "again": ""], "Enter a new password."), (["again": "other"], "twice the same"),
                (["password": Self.password, "again": Self.password], "Choose another password"),
                (["password": Self.next + "\u{7}"], "twice the same"),
            ]
            for (fields, message) in mistakes {
                let page = try await browser.post(Self.path, form(fields), from: Self.path)
                #expect([400, 422].contains(page.status) && page.text.contains(message), "\(fields): \(page.text)")
                #expect(page.cookie == nil)
                #expect(!page.html.contains(Self.next) && !page.html.contains(Self.password), "it is never sent back")
            }
            #expect(try await browser.post(Self.path, form()).status == 403, "without the form's token")
            let byKey = try await portal.browser(of: person)
            #expect(try await byKey.get(Self.path).status == 403)
            #expect(try await byKey.post(Self.path, form(), from: "/portal").status == 403)
            #expect(try await !byKey.get("/portal").html.contains(Self.path))
            #expect(try await browser.get("/portal").html.contains("href=\"\(Self.path)\""))
            let guest = try await portal.browser().post(Self.path, form())
            #expect(guest.location == "/portal/sign-in?next=" + Self.path)
            for session in [browser, other, byKey] { #expect(try await isSignedIn(session)) }
            #expect(try await portal.browser().signIn(person.principal, password: Self.next).status == 401)
        }
    }

    @Test("whoever changes the password goes on with a new token, and every other session ends at once on each replica")
    func change() async throws {
        try await PortalFixture.with { portal in
            try await portal.withReplica { replica in
                let person = try await portal.personWithPassword()
                let stranger = try await replica.browser(of: try await portal.personWithPassword().principal)
                let browser = try await portal.browser(of: person.principal)
                let others = [
                    try await portal.browser(of: person.principal), try await replica.browser(of: person.principal),
                    try await portal.browser(of: person), try await replica.browser(of: person),
                ]
                let (thief, old) = (replica.browser(), browser.session)
                thief.session = old
                for session in others + [thief] { #expect(try await isSignedIn(session)) }

                let changed = try await browser.post(Self.path, form(), from: Self.path)
                #expect(changed.location == Self.path + "?done=1" && browser.session != old)
                let page = try await browser.get(Self.path + "?done=1")
                #expect(page.text.contains("Everywhere else you are signed out"))
                for session in others + [thief] { #expect(try await !isSignedIn(session)) }
                #expect(try await isSignedIn(stranger))
                // Its new token holds on the other control plane too, and its forms have another one.
                let here = replica.browser()
                here.session = browser.session
                #expect(try await here.post("/portal/sign-out", from: "/portal").location?.hasSuffix("out") == true)
                #expect(try await replica.browser().signIn(person.principal, password: Self.password).status == 401)
                #expect(try await isSignedIn(try await replica.browser(of: person.principal, password: Self.next)))
                // A key is no session: it goes on until it is revoked.
                #expect(try await isSignedIn(try await replica.browser(of: person)))
            }
        }
    }

    @Test("a session that goes on does not last longer for it")
    func lifetime() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword()
            let browser = try await portal.browser(of: person.principal)
            try await portal.change(
                "UPDATE millwright.portal_session SET expires_at = now() + interval '1 hour'")
            _ = try await browser.post(Self.path, form(), from: Self.path)
            #expect(try await isSignedIn(browser))
            let later: Statement = "millwright.portal_session WHERE expires_at > now() + interval '1 hour'"
            #expect(try await portal.count(later) == 0)
        }
    }

    @Test("an administrator's reset, and disabling a person, end all sessions, and enabling brings none back")
    func byAdministrator() async throws {
        try await PortalFixture.with { portal in
            try await portal.withReplica { replica in
                let administrator = try await portal.tenants.makePrincipal(.clientAdmin, in: portal.place.client)
                let person = try await portal.personWithPassword()
                let path = "/v1/clients/\(portal.place.clientID)/principals/\(person.principal.id)/"
                func sessions() async throws -> [Browser] {
                    [try await portal.browser(of: person), try await replica.browser(of: person)]
                }
                let before = try await sessions() + [try await replica.browser(of: person.principal)]
                let body: JSONValue = ["password": .string(Self.next)]
                let reset = try await portal.client.call(
                    .post, path + "password", key: administrator.key, body.serialized())
                #expect(reset.status == 204)
                for session in before { #expect(try await !isSignedIn(session)) }

                let later = try await sessions()
                for verb in ["disable", "enable"] {
                    let moved = try await portal.client.call(.post, path + verb, key: administrator.key, "{}")
                    #expect(moved.status == 200)
                    for session in later { #expect(try await !isSignedIn(session), "\(verb)") }
                }
                try await replica.tenants.settle()
                for session in try await sessions() { #expect(try await isSignedIn(session)) }
            }
        }
    }

    @Test("a password that was set meanwhile is not overwritten by whoever knew the one before")
    func overtaken() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword().principal
            let principals = portal.tenants.principals
            try await principals.setPassword(of: person.id, to: Redacted(Self.next), in: person.home, by: .system)
            let problem = await #expect(throws: Problem.self) {
                try await principals.setPassword(
                    of: person.id, to: Redacted("the thief's own words"), in: person.home, expecting: person.version,
                    by: .system)
            }
            #expect(problem?.code == .preconditionFailed)
            #expect(try await portal.browser().signIn(person, password: Self.next).status == 303)
        }
    }

    @Test("no page, file or form of a session that has ended is answered, and nothing is recorded")
    func everything() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.personWithPassword().principal
            let task = try await portal.addTask()
            let file = try EvidenceFile(name: "a.txt", mediaType: "text/plain", content: Array("a".utf8))
            let evidence = try await portal.tasks.attach(file, to: task.id, in: task.scope, by: person)
            let substitute = try await portal.personWithPassword().principal
            let named = try await portal.tasks.substitutions.add(
                .init(
                    substitute: substitute.email ?? "", role: nil, beginsAt: nil,
                    endsAt: Timestamp.now().adding(seconds: 86_400)), in: portal.place.scope, by: person)
            let browser = try await portal.browser(of: person)
            let (path, attachment) = (portal.path(task), portal.path(task) + "/evidence/\(evidence.id)")
            let token = try #require(
                HTMLOutline(try await browser.get(path).html).attribute("value", ofInput: "form-token"))
            #expect(try await browser.get(attachment).status == 200)
            try await portal.tenants.principals.setPassword(
                of: person.id, to: Redacted(Self.next), in: person.home, by: .system)

            var pages: [Browser.Page] = []
            for page in ["/portal", path, attachment, "/portal/substitutes", Self.path] {
                pages.append(try await browser.get(page))
            }
            let fields = form([
                "form-token": token, "outcome": "approve", "body": "x", "to": substitute.email ?? "",
                "place": "\(portal.place.plantID)", "substitute": substitute.email ?? "", "until": "2099-01-01",
            ])
            for form in [
                path, path + "/claim", path + "/comment", path + "/delegate", "/portal/substitutes",
                "/portal/substitutes/\(named.id)/end", Self.path,
            ] { pages.append(try await browser.post(form, fields)) }
            pages.append(
                try await browser.upload(path + "/evidence", named: "b.txt", type: "text/plain", [1], token: token))
            for page in pages {
                #expect(page.status == 303 && page.location?.hasPrefix("/portal/sign-in?") == true, "\(page)")
            }
            #expect(try await portal.tasks.task(task.id, in: task.scope).status == .open)
            #expect(try await portal.count("millwright.human_task_comment") == 0)
            #expect(try await portal.count("millwright.human_task_evidence") == 1)
            #expect(try await portal.count("millwright.substitution WHERE ended_early_at IS NULL") == 1)
        }
    }
}
