import Database
import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Working together in the portal", .timeLimit(.minutes(10)))
struct PortalTeamworkTests {
    private static let password = PortalFixture.password

    private func setTerms(_ portal: PortalFixture, _ task: HumanTask, _ terms: JSONValue) async throws {
        try await portal.change(
            """
            UPDATE millwright.human_task SET terms = \(terms.serialized())::text::json
            WHERE human_task_id = \(task.id)
            """)
    }

    @Test("a decision is signed with password and meaning; a wrong password or another session records nothing")
    func signing() async throws {
        try await PortalFixture.with { portal in
            let signer = try await portal.personWithPassword()
            let task = try await portal.addTask()
            try await setTerms(portal, task, ["signature": ["meaning": ["I checked", "I release"], "required": true]])
            let path = portal.path(task)
            let byKey = try await portal.browser(of: signer)
            #expect(try await byKey.get(path).text.contains("sign in with your password"))
            let keyed = try await byKey.post(
                path, ["outcome": "approve", "meaning": "I release", "password": Self.password], from: path)
            #expect(keyed.status == 403, "a session that a key opened cannot sign")
            let browser = try await portal.browser(of: signer.principal)
            let empty = try await browser.post(path, ["outcome": "approve"], from: path)
            #expect(empty.status == 400 && empty.text.contains("Choose what your signature means."))
            #expect(empty.text.contains("Enter your password to sign."))
            let wrong = try await browser.post(
                path, ["outcome": "approve", "meaning": "I release", "password": "wrong"], from: path)
            #expect(wrong.status == 400 && wrong.text.contains("The password did not fit."))
            #expect(!wrong.html.contains("value=\"wrong\""), "a password is never sent back")
            #expect(try await portal.count("millwright.human_task_decision") == 0)
            let done = try await browser.post(
                path, ["outcome": "approve", "meaning": "I release", "password": Self.password], from: path)
            #expect(done.status == 303)
            #expect(try await browser.get(path).text.contains("Signed: I release"))
            let again = try await browser.post(
                path, ["outcome": "approve", "meaning": "I release", "password": Self.password], from: "/portal")
            #expect(again.text.contains("You have decided this already."))
            #expect(try await portal.count("millwright.human_task_signature") == 1)
        }
    }

    @Test("a quorum shows how far it is; a second click is recorded once; a closed task says so")
    func quorum() async throws {
        try await PortalFixture.with { portal in
            var people: [TenantFixture.KeyHolder] = []
            for _ in 0..<3 { people.append(try await portal.personWithPassword()) }
            let task = try await portal.addTask()
            try await setTerms(portal, task, ["quorum": ["of": 2, "otherwise": "undecided"]])
            let path = portal.path(task)
            let (first, second) = (try await portal.browser(of: people[0]), try await portal.browser(of: people[1]))
            let voted = try await first.post(path, ["outcome": "approve"], from: path)
            #expect(voted.location == path + "?done=voted")
            let seen = try await second.get(path)
            #expect(seen.text.contains("Approve: 1 of 2") && seen.text.contains("Decided so far"))
            #expect(!seen.text.contains("Take this task"))
            let again = try await first.post(path, ["outcome": "approve"], from: "/portal")
            #expect(again.status == 200 && again.text.contains("It is recorded once."))
            #expect(try await first.get(path).text.contains("Others decide this task with you."))
            #expect(try await second.post(path, ["outcome": "approve"], from: path).location == "/portal?decided=1")
            let late = try await portal.browser(of: people[2])
            #expect(try await late.post(path, ["outcome": "approve"], from: "/portal").status == 409)
            #expect(try await portal.count("millwright.human_task_decision") == 2)
        }
    }

    @Test("comments and files stand on the page; a file comes back as a file, only to those who may see the task")
    func talkAndFiles() async throws {
        try await PortalFixture.with { portal in
            let worker = try await portal.personWithPassword()
            let task = try await portal.addTask()
            let path = portal.path(task)
            let browser = try await portal.browser(of: worker)
            let said = try await browser.post(path + "/comment", ["body": "See <b>this</b>"], from: path)
            #expect(said.location == path + "?done=said")
            #expect(try await browser.post(path + "/comment", ["body": "  "], from: path).status == 400)
            let sent = try await browser.upload(
                path + "/evidence", named: "note\".txt", type: "text/plain", Array("<script>".utf8), from: path)
            #expect(sent.location == path + "?done=attached")
            let page = try await browser.get(path)
            #expect(page.text.contains("See <b>this</b>") && page.text.contains("note\".txt"))
            let link = try #require(
                HTMLOutline(page.html).tags.compactMap { $0.attributes["href"] }.first { $0.contains("/evidence/") })
            let file = try await browser.get(link)
            #expect(file.html == "<script>" && file.headers[.contentType] == "text/plain")
            #expect(file.headers[.xContentTypeOptions] == "nosniff")
            #expect(file.headers[.contentDisposition]?.hasPrefix("attachment") == true)
            let stranger = try await portal.tenants.makePlant()
            let other = try await portal.browser(
                of: try await portal.tenants.makePrincipal(.supervisor, in: stranger.scope))
            #expect(try await other.get(link).status == 404)
            let fake = try await browser.upload(
                path + "/evidence", named: "a.pdf", type: "application/pdf", [0x50, 0x4B, 3, 4], from: path)
            #expect(fake.status == 415 && fake.text.contains("The file is not what it says"))
            let large = try await browser.upload(
                path + "/evidence", named: "a.txt", type: "text/plain", Array(repeating: 65, count: 11 << 20),
                from: path)
            #expect(large.status == 413)
            let forged = try await browser.upload(
                path + "/evidence", named: "a.txt", type: "text/plain", [65], from: nil)
            #expect(forged.status == 403, "without the form's token")
            #expect(try await portal.count("millwright.human_task_evidence") == 1)
        }
    }

    @Test("a task is handed on and given to others by those who may, and who stands in is told for whom")
    func handingOn() async throws {
        try await PortalFixture.with { portal in
            let (first, second) = (try await portal.personWithPassword(), try await portal.personWithPassword())
            let away = try await portal.personWithPassword()
            let task = try await portal.addTask()
            try await setTerms(portal, task, ["delegation": true])
            let path = portal.path(task)
            let browser = try await portal.browser(of: first)
            _ = try await browser.post(path + "/claim", from: path)
            let nobody = try await browser.post(path + "/delegate", ["to": "nobody@example.com"], from: path)
            #expect(nobody.status == 400)
            let handed = try await browser.post(
                path + "/delegate", ["to": " \(second.principal.email ?? "") "], from: path)
            #expect(handed.location == path + "?done=delegated")
            let receiver = try await portal.browser(of: second)
            #expect(try await receiver.get(path).text.contains("has handed this task on to you"))
            let given = try await browser.post(
                path + "/reassign", ["to": away.principal.email ?? ""], from: path)
            #expect(given.location == path + "?done=reassigned", "a supervisor operates runs")
            #expect(try await receiver.get(path).text.contains("has taken this task"))
            _ = try await portal.tasks.substitutions.add(
                .init(substitute: "\(second.principal.id)", endsAt: Timestamp.now().adding(seconds: 600)),
                in: portal.place.scope, by: away.principal)
            #expect(try await receiver.get("/portal").text.contains("For those who are away"))
            #expect(try await receiver.get(path).text.contains("You stand in for \(away.principal.displayName)"))
            let token = try await receiver.get(path)
            let behalf = HTMLOutline(token.html).attribute("value", ofInput: "on-behalf-of") ?? ""
            let done = try await receiver.post(path, ["outcome": "approve", "on-behalf-of": behalf], from: path)
            #expect(done.status == 303)
            #expect(try await portal.tasks.task(task.id, in: task.scope).decision?.onBehalfOf?.id == away.principal.id)
        }
    }

    @Test("a role that is taken away while a page is open decides nothing, and names no substitute")
    func revokedMeanwhile() async throws {
        try await PortalFixture.with { portal in
            let (worker, other) = (try await portal.personWithPassword(), try await portal.personWithPassword())
            let task = try await portal.addTask()
            let path = portal.path(task)
            let browser = try await portal.browser(of: worker)
            _ = try await browser.post(path + "/claim", from: path)
            #expect(try await browser.get(path).text.contains("Record the decision"))
            _ = try await portal.tenants.principals.revoke(
                RoleBinding(role: .supervisor, scope: portal.place.scope), from: worker.principal.id,
                in: portal.place.scope, grantedBy: .system, by: .system)
            #expect(try await browser.post(path, ["outcome": "approve"], from: "/portal").status == 404)
            let named = try await browser.post(
                "/portal/substitutes",
                [
                    "place": "\(portal.place.plantID)", "substitute": other.principal.email ?? "",
                    "until": String(Timestamp.now().adding(seconds: 86_400).description.prefix(10)),
                ], from: "/portal")
            #expect(named.status == 400 && named.text.contains("Choose where."))
            #expect(try await portal.count("millwright.human_task_decision") == 0)
            #expect(try await portal.count("millwright.substitution") == 0)
        }
    }

    @Test("an outcome's own form is asked for with it, and only then")
    func formOfAnOutcome() async throws {
        try await PortalFixture.with { portal in
            let worker = try await portal.personWithPassword()
            let task = try await portal.addTask(
                .init(outcomes: [
                    ["name": "approve", "label": "Approve"],
                    [
                        "name": "rework", "label": "Rework",
                        "form": [
                            "type": "object", "required": ["hours"],
                            "properties": ["hours": ["type": "integer", "title": "Hours"]],
                        ],
                    ],
                ]))
            let path = portal.path(task)
            let browser = try await portal.browser(of: worker)
            #expect(try await browser.get(path).text.contains("Only for “Rework”"))
            let missing = try await browser.post(path, ["outcome": "rework"], from: path)
            #expect(missing.status == 400 && missing.text.contains("“Hours” is required."))
            #expect(try await browser.post(path, ["outcome": "rework", "field2-hours": "3"], from: path).status == 303)
            let decided = try await portal.tasks.task(task.id, in: task.scope)
            #expect(decided.decision?.data == ["hours": 3])
        }
    }
}

extension Browser {
    /// Sends one file as a form does. Without a page there is no token, unless one is given.
    func upload(
        _ path: String, named name: String, type: String, _ content: [UInt8], from page: String? = nil,
        token: String? = nil
    ) async throws -> Page {
        let boundary = "----testboundary"
        var body: [UInt8] = []
        var token = token
        if let page { token = HTMLOutline(try await get(page).html).attribute("value", ofInput: "form-token") }
        if let token {
            body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"form-token\"\r\n\r\n\(token)\r\n".utf8
        }
        let quoted = name.replacing("\"", with: "%22")
        body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(quoted)\"\r\n".utf8
        body += "Content-Type: \(type)\r\n\r\n".utf8
        body += content
        body += "\r\n--\(boundary)--\r\n".utf8
        return try await post(
            path, raw: body, headers: [.contentType: "multipart/form-data; boundary=\(boundary)"])
    }
}
