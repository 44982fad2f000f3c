import Database
import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("What the portal withstands", .timeLimit(.minutes(10)))
struct PortalSafetyTests {
    @Test("every page forbids scripts, frames and foreign content, and sends none")
    func headers() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let task = try await portal.addTask()
            let browser = try await portal.browser(of: person)
            let guest = portal.browser()
            let withPassword = try await portal.browser(of: try await portal.personWithPassword().principal)
            for page in [
                try await guest.get("/portal/sign-in"), try await guest.signIn(key: "x"),
                try await browser.get("/portal"),
                try await browser.get(portal.path(task)), try await browser.get("/portal/nothing"),
                try await browser.get("/portal/substitutes"),
                try await browser.post("/portal/substitutes", ["until": "x"], from: "/portal"),
                try await withPassword.get("/portal/password"),
                try await withPassword.post("/portal/password", ["current": "x"], from: "/portal"),
                try await browser.post(portal.path(task), ["outcome": "approve"]),
                try await browser.post(portal.path(task), ["outcome": "x"], from: "/portal"),
            ] {
                let outline = HTMLOutline(page.html)
                let nonce = try #require(outline.tags.first { $0.name == "style" }?.attributes["nonce"])
                #expect(
                    page.headers[HTTPField.Name("Content-Security-Policy")!]
                        == "default-src 'none'; style-src 'nonce-\(nonce)'; img-src 'self' data:; form-action 'self'; "
                        + "frame-ancestors 'none'; base-uri 'none'")
                #expect(page.headers[HTTPField.Name("X-Content-Type-Options")!] == "nosniff")
                #expect(page.headers[HTTPField.Name("Referrer-Policy")!] == "same-origin")
                #expect(page.headers[.cacheControl] == "no-store")
                #expect(page.headers[.contentType] == "text/html; charset=utf-8")
                #expect(outline.names.isDisjoint(with: ["script", "iframe", "object", "embed", "base"]))
                for tag in outline.tags {
                    #expect(!tag.attributes.keys.contains { $0.hasPrefix("on") || $0 == "style" }, "\(tag)")
                }
                #expect(outline.tags.first { $0.name == "html" }?.attributes["lang"] == "en")
                #expect(outline.tags.count { $0.name == "h1" } == 1)
                // Whatever is filled in has a label.
                for tag in outline.tags where ["input", "select", "textarea"].contains(tag.name) {
                    guard tag.attributes["type"] != "hidden" else { continue }
                    let id = try #require(tag.attributes["id"], "\(tag)")
                    let isInLabel = ["radio", "checkbox"].contains(tag.attributes["type"])
                    #expect(isInLabel || outline.tags.contains { $0.attributes["for"] == id }, "\(tag)")
                }
            }
            #expect(
                try await browser.get("/portal").html != (try await browser.get("/portal").html), "nonces differ")
        }
    }

    @Test("a form without the session's token is refused and changes nothing")
    func forgery() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let other = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let task = try await portal.addTask()
            let browser = try await portal.browser(of: person)
            let foreign = try #require(
                HTMLOutline(try await portal.browser(of: other).get("/portal").html)
                    .attribute("value", ofInput: "form-token"))
            for path in ["", "/claim", "/release"].map({ portal.path(task) + $0 }) + ["/portal/sign-out"] {
                for token: String? in [nil, "", "0", foreign] {
                    var fields = ["outcome": "approve"]
                    if let token { fields["form-token"] = token }
                    let page = try await browser.post(path, fields)
                    #expect(page.status == 403, "\(path): \(page.status)")
                    #expect(page.text.contains("nothing was recorded"))
                }
            }
            #expect(try await browser.get("/portal").status == 200, "still signed in")
            #expect(try await portal.tasks.task(task.id, in: task.scope).status == .open)
            // Without any session the token of one is worth nothing.
            let guest = try await portal.browser().post(
                portal.path(task), ["outcome": "approve", "form-token": foreign])
            #expect(guest.status == 303 && guest.location?.hasPrefix("/portal/sign-in") == true)
            #expect(try await portal.count("millwright.human_task_decision") == 0)
        }
    }

    @Test("a form that comes after the session leads back to its page and says that it was not recorded")
    func lateForm() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let task = try await portal.addTask()
            let browser = try await portal.browser(of: person)
            try await portal.change("DELETE FROM millwright.portal_session")
            for action in ["", "/claim"] {
                let page = try await browser.post(portal.path(task) + action, ["outcome": "approve"])
                #expect(page.location == "/portal/sign-in?next=\(portal.path(task))&reason=lost")
                #expect(try await browser.get(try #require(page.location)).text.contains("was not recorded"))
            }
        }
    }

    @Test("a foreign task answers exactly as one that does not exist, to whatever is sent")
    func foreignTask() async throws {
        try await PortalFixture.with { portal in
            let place = portal.place
            let tenants = portal.tenants
            let ours = try await portal.addTask()
            let strangers = [
                try await tenants.makePlant(in: place.partnerID, place.clientID),
                try await tenants.makePlant(in: place.partnerID), try await tenants.makePlant(),
            ]
            for stranger in strangers {
                let theirs = try await portal.addTask(in: stranger)
                let holder = try await tenants.makePrincipal(.supervisor, in: stranger.scope)
                let browser = try await portal.browser(of: holder)
                let absent = "/portal/plants/\(PlantID())/tasks/\(HumanTaskID())"
                let paths = [
                    portal.path(ours), "/portal/plants/\(stranger.plantID)/tasks/\(ours.id)",
                    "/portal/plants/\(place.plantID)/tasks/\(theirs.id)", "/portal/plants/x/tasks/y",
                    "/portal/plants/\(stranger.plantID)/tasks/\(HumanTaskID())",
                ]
                for action in [nil, "", "/claim", "/release"] {
                    func answer(_ path: String) async throws -> String {
                        let page =
                            if let action {
                                try await browser.post(path + action, ["outcome": "approve"], from: "/portal")
                            } else { try await browser.get(path) }
                        let nonce = HTMLOutline(page.html).tags.first { $0.name == "style" }?.attributes["nonce"] ?? "-"
                        return "\(page.status) " + page.html.replacing(nonce, with: "")
                    }
                    let expected = try await answer(absent)
                    #expect(expected.hasPrefix("404 "))
                    for path in paths { #expect(try await answer(path) == expected, "\(action ?? "GET") \(path)") }
                }
                #expect(try await browser.get("/portal").html.contains(ours.id.description) == false)
            }
            #expect(try await portal.tasks.task(ours.id, in: ours.scope).status == .open)
        }
    }

    /// Each breaks out of an element or an attribute where it is not escaped. The last three hide the sign in a
    /// character of more than one scalar.
    private static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</textarea><b>",
        "</title></style><script>", "{{{formToken}}}{{#person}}", "&lt;b&gt;", "\u{0600}<script>alert(1)</script>",
        "\"\u{0301} onfocus=\"alert(1)", "\u{0600}\"\u{0600}><img src=x>",
    ]

    @Test("text of tasks, people and brands is text, whatever it says")
    func hostileText() async throws {
        try await PortalFixture.with { portal in
            let benign = try await shapes(portal, "plain")
            for text in Self.hostile {
                let pages = try await shapes(portal, text)
                for (page, shape) in pages {
                    #expect(shape.shape == benign[page]?.shape, "\(page) with \(text)")
                    #expect(
                        Array(shape.text.unicodeScalars).contains(Array(text.unicodeScalars)),
                        "\(page) shows \(text)")
                }
            }
        }
    }

    private func shapes(_ portal: PortalFixture, _ text: String) async throws -> [String: HTMLOutline] {
        let place = try await portal.tenants.makePlant()
        _ = try await portal.tenants.brands.set(
            try BrandFields(json: [
                "productName": .string(text), "supportAddress": "https://help.example/",
                "legalLinks": [["label": .string(text), "url": "https://legal.example/"]],
            ]), for: place.partner, by: .system)
        _ = try await portal.tenants.directory.rename(place.scope, to: text, by: .system)
        let task = try await portal.addTask(
            .init(
                title: text, description: text,
                form: [
                    "type": "object", "required": ["n"],
                    "properties": .object([
                        text: ["type": "string", "title": .string(text), "description": .string(text)],
                        "choice": ["enum": [.string(text)], "default": .string(text)],
                        "short": ["type": "string", "maxLength": 50, "default": .string(text)],
                        "n": ["type": "integer", "title": .string(text), "maximum": 1],
                    ]),
                ], evidence: .object(["key": .string(text), text: ["in": .string(text)], "list": [.string(text)]]),
                outcomes: [["name": .string(text), "label": .string(text), "requiresReason": true]],
                requestedBy: text, workflow: text), in: place)
        let name = try await portal.tenants.principals.create(
            NewPrincipal(
                kind: .user, displayName: text, email: "p\(UInt64.random(in: 0 ... .max))@example.com", password: nil,
                home: place.scope, bindings: [RoleBinding(role: .supervisor, scope: place.scope)]),
            grantedBy: .system, by: .system)
        let key = try await portal.tenants.principals.issueKey(for: name.id, name: "k", in: place.scope, by: .system)
        let browser = portal.browser()
        _ = try await browser.signIn(key: key.token.reveal())
        let path = portal.path(task)
        var pages = ["list": try await browser.get("/portal"), "task": try await browser.get(path)]
        let wrong = [
            "outcome": text, "field-\(text)": text, "field-short": text, "field-n": text, "field-choice": text,
        ]
        pages["wrong"] = try await browser.post(path, wrong, from: path)
        pages["sign-in"] = try await browser.post("/portal/sign-in", ["email": text, "next": text])
        #expect(pages["wrong"]?.status == 400)
        var fields = wrong
        fields["reason"] = text
        fields["field-n"] = "1"
        _ = try await browser.post(path, fields, from: path)
        pages["decided"] = try await browser.get(path)
        var outlines = pages.mapValues { HTMLOutline($0.html) }
        // The sign-in page shows no text of the tenant's but what was typed.
        #expect(outlines["sign-in"]?.attribute("value", ofInput: "email") == text)
        outlines["sign-in"] = nil
        return outlines
    }

    @Test("a form that is too large, no text, or of another kind is refused with a page that says so")
    func badForms() async throws {
        try await PortalFixture.with { portal in
            let person = try await portal.tenants.makePrincipal(.supervisor, in: portal.place.scope)
            let task = try await portal.addTask()
            let browser = try await portal.browser(of: person)
            let guest = portal.browser()
            for (path, browser) in [(portal.path(task), browser), ("/portal/sign-in", guest)] {
                let large = Array("reason=".utf8) + Array(repeating: UInt8(ascii: "x"), count: 3 << 20)
                let refused = try await browser.post(path, raw: large)
                #expect(refused.status == 413 && refused.text.contains("256 KiB"))
                for broken: [UInt8] in [
                    Array("reason=".utf8) + [0xFF, 0xFE], Array("reason=%ZZ".utf8), Array("reason=%E2%28".utf8),
                    Array("%=1".utf8), Array("email=a%00b".utf8),
                ] {
                    let page = try await browser.post(path, raw: broken)
                    #expect(page.status == 400)
                    #expect(page.text.contains("cannot be read as text"))
                }
                for type in ["application/json", "multipart/form-data; boundary=x", "text/plain", ""] {
                    let page = try await browser.post(path, raw: Array("a=b".utf8), headers: [.contentType: type])
                    #expect(page.status == 415)
                    #expect(HTMLOutline(page.html).names.contains("h1"))
                }
                let many = (0..<20_000).map { "f\($0)=1" }.joined(separator: "&")
                #expect([401, 403].contains(try await browser.post(path, raw: Array(many.utf8)).status))
            }
            #expect(try await portal.tasks.task(task.id, in: task.scope).status == .open)
        }
    }

    @Test("what does not exist is a page for people under the portal, and a problem document elsewhere")
    func unknownPages() async throws {
        try await PortalFixture.with { portal in
            let guest = portal.browser()
            for path in ["/portal/nothing", "/portal/plants", "/portal/plants/x/tasks", "/portal/sign-out"] {
                let page = try await guest.get(path)
                #expect(page.status == 404 && page.text.contains("This is not here"), "\(path)")
            }
            #expect(try await guest.get("/").location == "/portal")
            #expect(try await guest.get("/nothing").headers[.contentType] == "application/problem+json")
        }
    }
}
