import Database
import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Deciding in the portal", .timeLimit(.minutes(10)))
struct PortalTaskTests {
    private static let form: JSONValue = [
        "type": "object", "required": ["budget", "class"],
        "properties": [
            "budget": ["type": "number", "title": "Budget", "maximum": 100],
            "class": ["enum": ["A", "B"], "title": "Class"],
            "note": ["type": ["string", "null"], "title": "Note", "description": "For the craft."],
            "informed": ["type": "boolean", "title": "The customer was informed", "default": true],
            "day": ["type": "string", "format": "date"],
        ],
    ]

    @Test("a decision is recorded once with its reason and its values, and the task leaves the list")
    func decide() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let task = try await portal.addTask(.init(form: Self.form))
            let browser = try await portal.browser(of: person)
            #expect(try await browser.get("/portal").text.contains("Approve the repair"))
            let page = try await browser.post(
                portal.path(task),
                [
                    "outcome": "reject", "reason": "Too dear,\r\nand too late.", "field-budget": "12.50",
                    "field-class": "B", "field-note": "123", "field-day": "2026-01-31",
                ], from: portal.path(task))
            #expect(page.status == 303 && page.location == "/portal?decided=1")
            let list = try await browser.get("/portal?decided=1")
            #expect(list.text.contains("Your decision is recorded."))
            #expect(!list.text.contains("Approve the repair"))
            let decided = try await portal.tasks.task(task.id, in: task.scope)
            #expect(decided.decision?.outcome == "reject")
            #expect(decided.decision?.reason == "Too dear,\nand too late.")
            #expect(decided.decision?.decidedBy == person.principal.id)
            #expect(
                decided.decision?.data == [
                    "budget": 12.50, "class": "B", "note": "123", "informed": false, "day": "2026-01-31",
                ])
            let closed = try await browser.get(portal.path(task))
            #expect(closed.text.contains("Decided: Reject") && closed.text.contains("and too late."))
            #expect(!closed.html.contains("name=\"outcome\""))
        }
    }

    @Test("what is missing or wrong is said at its field and above, and what was typed stays")
    func mistakes() async throws {
        try await PortalFixture.with { portal in
            let task = try await portal.addTask(.init(form: Self.form))
            let browser = try await portal.browser(
                of: try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope))
            let page = try await browser.post(
                portal.path(task),
                ["outcome": "reject", "reason": "  ", "field-budget": "101", "field-note": "<b>mine</b> & yours"],
                from: portal.path(task))
            #expect(page.status == 400)
            let outline = HTMLOutline(page.html)
            func field(_ name: String) -> HTMLOutline.Tag? { outline.tags.first { $0.attributes["name"] == name } }
            for name in ["field-budget", "field-class", "reason"] {
                #expect(field(name)?.attributes["aria-invalid"] == "true", "\(name)")
                let about = field(name)?.attributes["aria-describedby"]
                #expect(outline.tags.contains { $0.attributes["id"] == about }, "\(name)")
            }
            #expect(field("field-note")?.attributes["aria-invalid"] == nil)
            #expect(field("field-budget")?.attributes["value"] == "101")
            #expect(page.text.contains("<b>mine</b> & yours"))
            #expect(field("outcome")?.attributes["checked"] == nil)
            #expect(outline.tags.contains { $0.attributes["value"] == "reject" && $0.attributes["checked"] != nil })
            #expect(field("field-informed")?.attributes["checked"] == nil, "it was sent unchecked")
            for target in outline.tags.compactMap({ $0.attributes["href"] }).filter({ $0.hasPrefix("#") }) {
                #expect(outline.tags.contains { $0.attributes["id"] == String(target.dropFirst()) }, "\(target)")
            }
            #expect(page.text.contains("“Budget” must be 100 or less."))
            #expect(page.text.contains("“Class” is required."))
            #expect(page.html.contains("<title>Error: "))
            let silent = try await browser.post(
                portal.path(task), ["field-budget": "1", "field-class": "A"], from: portal.path(task))
            #expect(silent.text.contains("Choose a decision."))
            #expect(try await portal.tasks.task(task.id, in: task.scope).status == .open)
            #expect(try await portal.count("millwright.human_task_decision") == 0)
        }
    }

    @Test("the initiator is told why before and after trying; another person decides")
    func fourEyes() async throws {
        try await PortalFixture.with { portal in
            let initiator = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let second = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let task = try await portal.addTask(.init(fourEyes: true, initiator: initiator.principal.id))
            let browser = try await portal.browser(of: initiator)
            let page = try await browser.get(portal.path(task))
            #expect(page.text.contains("Another person must decide it."))
            #expect(!page.html.contains("name=\"outcome\""))
            for path in [portal.path(task), portal.path(task) + "/claim"] {
                let refused = try await browser.post(path, ["outcome": "approve"], from: "/portal")
                #expect(refused.status == 403)
                #expect(refused.text.contains("Another person must decide it."))
            }
            #expect(try await portal.tasks.task(task.id, in: task.scope).status == .open)
            let other = try await portal.browser(of: second)
            #expect(
                try await other.post(portal.path(task), ["outcome": "approve"], from: portal.path(task)).status == 303)
        }
    }

    @Test("the same decision sent twice is one decision; a later one is told whose came first")
    func twice() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let late = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let task = try await portal.addTask()
            let browser = try await portal.browser(of: person)
            let slow = try await portal.browser(of: late)
            let fields = ["outcome": "approve", "reason": "Go."]
            _ = try await browser.post(portal.path(task), fields, from: portal.path(task))
            let again = try await browser.post(portal.path(task), fields, from: "/portal")
            #expect(again.status == 200)
            #expect(again.text.contains("You have decided this already. It is recorded once."))
            let lost = try await slow.post(
                portal.path(task), ["outcome": "reject", "reason": "My long reason"], from: "/portal")
            #expect(lost.status == 409)
            #expect(lost.text.contains("\(person.principal.displayName) was faster"))
            #expect(lost.text.contains("My long reason"), "what was typed can still be copied")
            let changed = try await browser.post(
                portal.path(task), ["outcome": "reject", "reason": "No."], from: "/portal")
            #expect(changed.status == 409)
            #expect(changed.text.contains("The decision below stands.") && !changed.text.contains("was faster"))
            #expect(try await portal.count("millwright.human_task_decision") == 1)
            #expect(try await portal.count("millwright.run_input") == 1)
            #expect(try await portal.count("millwright.usage_record") == 1)
            #expect(try await portal.tasks.task(task.id, in: task.scope).decision?.outcome == "approve")
        }
    }

    @Test("a task that expired or is not needed any more says so and asks for nothing")
    func closed() async throws {
        try await PortalFixture.with { portal in
            let browser = try await portal.browser(
                of: try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope))
            for (status, words) in [("expired", "has expired"), ("cancelled", "no longer needed")] {
                let task = try await portal.addTask(.init(dueAt: .now().adding(seconds: -60)))
                let open = try await browser.get(portal.path(task))
                #expect(open.text.contains("Overdue since") && open.text.contains("1 minute ago"))
                try await portal.change(
                    """
                    UPDATE millwright.human_task SET status = \(status), closed_at = now(), next_action_at = NULL
                    WHERE human_task_id = \(task.id)
                    """)
                let page = try await browser.get(portal.path(task))
                #expect(page.status == 200 && page.text.contains(words))
                #expect(!page.html.contains("name=\"outcome\"") && !page.text.contains("Overdue"))
                let refused = try await browser.post(portal.path(task), ["outcome": "approve"], from: "/portal")
                #expect(refused.status == 409 && refused.text.contains(words))
            }
        }
    }

    @Test("a taken task is the taker's until it is given back or released by whoever operates runs")
    func claiming() async throws {
        try await PortalFixture.with { portal in
            let taker = try await portal.tenants.makePrincipal(.operator, in: portal.place.scope)
            let second = try await portal.tenants.makePrincipal(.operator, in: portal.place.scope)
            let task = try await portal.addTask(.init(role: .operator))
            let (first, other) = (try await portal.browser(of: taker), try await portal.browser(of: second))
            let taken = try await first.post(portal.path(task) + "/claim", from: portal.path(task))
            #expect(taken.status == 303 && taken.location == portal.path(task))
            #expect(try await first.get("/portal").text.contains("Taken by you"))
            #expect(try await first.get(portal.path(task)).text.contains("Give it back"))
            let seen = try await other.get(portal.path(task))
            #expect(seen.text.contains("\(taker.principal.displayName) has taken this task."))
            #expect(!seen.html.contains("name=\"outcome\"") && !seen.text.contains("Release it"))
            #expect(try await other.get("/portal").text.contains("Taken by \(taker.principal.displayName)"))
            for action in ["", "/claim", "/release"] {
                let refused = try await other.post(portal.path(task) + action, ["outcome": "approve"], from: "/portal")
                #expect([403, 409].contains(refused.status), "\(action): \(refused.status)")
            }
            let back = try await first.post(portal.path(task) + "/release", from: portal.path(task))
            #expect(back.status == 303)
            #expect(try await portal.tasks.task(task.id, in: task.scope).status == .open)
        }
    }

    @Test("who may read but not decide is told so, and a form of theirs changes nothing")
    func rolesThatOnlyRead() async throws {
        try await PortalFixture.with { portal in
            // A task may be asked of any role; the permission decides, as it does in the API.
            for (role, scope) in [
                (Role.auditor, portal.place.scope), (.partnerOperator, portal.place.partner),
                (.quality, portal.place.scope),
            ] {
                let task = try await portal.addTask(.init(role: role == .quality ? .supervisor : role))
                let browser = try await portal.browser(of: try await portal.tenants.makePrincipal(role, in: scope))
                let page = try await browser.get(portal.path(task))
                #expect(page.status == 200 && !page.html.contains("name=\"outcome\""), "\(role)")
                #expect(page.text.contains(role == .quality ? "for the role supervisor" : "do not decide tasks"))
                for action in ["", "/claim"] {
                    let refused = try await browser.post(
                        portal.path(task) + action, ["outcome": "approve"], from: "/portal")
                    #expect(refused.status == 403, "\(role) \(action)")
                }
                #expect(try await portal.tasks.task(task.id, in: task.scope).status == .open)
            }
        }
    }

    @Test("in a suspended tenant tasks can be read and nothing is taken or decided")
    func suspended() async throws {
        try await PortalFixture.with { portal in
            let browser = try await portal.browser(
                of: try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope))
            let task = try await portal.addTask()
            _ = try await portal.tenants.directory.suspend(portal.place.partner, reason: "unpaid", by: .system)
            #expect(try await browser.get(portal.path(task)).status == 200)
            for action in ["", "/claim"] {
                let page = try await browser.post(portal.path(task) + action, ["outcome": "approve"], from: "/portal")
                #expect(page.status == 403 && page.text.contains("is suspended"))
            }
            #expect(try await portal.tasks.task(task.id, in: task.scope).status == .open)
        }
    }
}
