import Execution
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("The portal's list of tasks", .timeLimit(.minutes(10)))
struct PortalListTests {
    @Test("an empty list says so")
    func empty() async throws {
        try await PortalFixture.with { portal in
            let page = try await portal.browser(
                of: try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            ).get("/portal")
            #expect(page.status == 200 && page.text.contains("Nothing else is waiting for your roles."))
        }
    }

    @Test("tasks of every scope in which a role is held are listed, each once, and no others")
    func scopes() async throws {
        try await PortalFixture.with { portal in
            let tenants = portal.tenants
            let place = portal.place
            let sibling = try await tenants.makePlant(in: place.partnerID, place.clientID)
            let elsewhere = try await tenants.makePlant()
            _ = try await portal.addTask(.init(title: "Here for supervisors"))
            _ = try await portal.addTask(.init(title: "Here for quality", role: .quality))
            _ = try await portal.addTask(.init(title: "There for supervisors"), in: sibling)
            _ = try await portal.addTask(.init(title: "There for quality", role: .quality), in: sibling)
            _ = try await portal.addTask(.init(title: "Elsewhere"), in: elsewhere)
            // Supervisor in one plant, quality in the whole client: the wider scope does not hide the narrower role.
            let person = try await tenants.principals.create(
                NewPrincipal(
                    kind: .user, displayName: "Both", email: "both@example.com", password: nil, home: place.client,
                    bindings: [
                        RoleBinding(role: .supervisor, scope: place.scope),
                        RoleBinding(role: .quality, scope: place.client),
                        RoleBinding(role: .quality, scope: place.scope),
                    ]), grantedBy: .system, by: .system)
            let key = try await tenants.principals.issueKey(for: person.id, name: "k", in: place.client, by: .system)
            let browser = portal.browser()
            _ = try await browser.signIn(key: key.token.reveal())
            let text = try await browser.get("/portal").text
            for title in ["Here for supervisors", "Here for quality", "There for quality"] {
                #expect(text.split(separator: title, omittingEmptySubsequences: false).count == 2, "\(title)")
            }
            #expect(!text.contains("There for supervisors") && !text.contains("Elsewhere"))
        }
    }

    @Test("a long list is read page by page, and every task is on one of them")
    func pages() async throws {
        try await PortalFixture.with { portal in
            for number in 0..<53 { _ = try await portal.addTask(.init(title: "Task no. \(number)!")) }
            let browser = try await portal.browser(
                of: try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope))
            let first = try await browser.get("/portal")
            let outline = HTMLOutline(first.html)
            #expect(outline.tags.count { $0.name == "li" } == 50)
            let more = try #require(
                outline.tags.compactMap { $0.attributes["href"] }.first { $0.hasPrefix("/portal?after=") })
            let second = try await browser.get(more)
            #expect(HTMLOutline(second.html).tags.count { $0.name == "li" } == 3)
            #expect(!second.html.contains("?after="))
            for number in 0..<53 { #expect((first.text + second.text).contains("Task no. \(number)!")) }
            #expect(try await browser.get("/portal?after=nonsense").status == 422)
        }
    }

    @Test("times are the plant's, with the zone's name, also across a change of the clocks")
    func plantTime() async throws {
        try await PortalFixture.with(timeZone: "Europe/Berlin") { portal in
            let supervisor = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let browser = try await portal.browser(of: supervisor)
            for (moment, text) in [
                ("2031-01-15T23:30:00Z", "16 Jan 2031, 00:30 (Europe/Berlin)"),
                ("2031-07-15T23:30:00Z", "16 Jul 2031, 01:30 (Europe/Berlin)"),
            ] {
                let task = try await portal.addTask(
                    .init(evidence: ["measured": .string(moment), "lot": "2031-01-15"], dueAt: Timestamp(moment)!))
                let page = try await browser.get(portal.path(task))
                #expect(page.text.contains("Measured" + text.replacing(":30 ", with: ":30:00 ")))
                #expect(page.text.contains("Lot2031-01-15"))
                #expect(page.text.contains("Due \(text), in "))
                #expect(page.html.contains("<time datetime=\"\(moment)\">"))
            }
        }
    }

    @Test("a deleted plant's tasks are gone")
    func deletedPlant() async throws {
        try await PortalFixture.with { portal in
            let supervisor = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.client)
            let task = try await portal.addTask()
            let browser = try await portal.browser(of: supervisor)
            #expect(try await browser.get("/portal").text.contains(task.title))
            try await portal.tenants.directory.delete(portal.place.scope, reason: "closed", by: .system)
            #expect(try await browser.get("/portal").text.contains(task.title) == false)
            #expect(try await browser.get(portal.path(task)).status == 404)
        }
    }
}
