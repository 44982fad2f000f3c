import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Primitives
import Synchronization
import Tenancy
import TestSupport
import Testing

@Suite("Testing a plant's connection over the API", .timeLimit(.minutes(10)))
struct ConnectionTestOperationTests {
    private static let secret = "k-9f31-very-secret"

    /// A plant with a connection to a system on loopback that keeps the keys it is shown.
    private struct Plant {
        var place: TenantFixture.Place
        var key: String
        var path: String
    }

    private static func plant(
        _ fixture: WebFixture, _ client: any TestClientProtocol, systemPort: Int, isAllowed: Bool = true
    ) async throws -> Plant {
        let place = try await fixture.tenants.makePlant()
        let admin = try await fixture.tenants.makePrincipal(.clientAdmin, in: place.client)
        let base = "/v1/plants/\(place.plantID)"
        if isAllowed {
            let rule = #"{"host":"127.0.0.1","port":\#(systemPort),"allowsPrivate":true}"#
            #expect(try await client.call(.put, base + "/egress-rules", key: admin.key, rule).status == 200)
        }
        let credential = try await client.call(
            .post, base + "/credentials", key: admin.key, #"{"name":"c","kind":"api-key","value":"\#(secret)"}"#)
        let draft: JSONValue = [
            "name": "cmms",
            "connector": [
                "connector": "small", "version": "1.0.0", "kind": "http", "authentication": ["api-key"],
                "apiKeyHeader": "X-API-Key", "configuration": ["type": "object"],
                "operations": [
                    "work-orders.get": ["request": ["method": "GET", "path": "/orders/{ .arguments.id }"]]
                ],
                "test": ["request": ["method": "GET", "path": "/ping"], "response": ["format": "text"]],
            ],
            "configuration": ["baseAddress": .string("http://127.0.0.1:\(systemPort)")],
            "credentialId": credential.body["id"] ?? .null,
        ]
        let made = try await client.call(.post, base + "/connections", key: admin.key, draft.serialized())
        let id = try #require(made.body["id"]?.stringValue, "\(made.body)")
        return Plant(place: place, key: admin.key, path: "\(base)/connections/\(id)/test")
    }

    @Test("the system is really asked with the credential; answer and audit do not hold it")
    func works() async throws {
        let shown = ShownKeys()
        try await Self.withSystem(shown) { port in
            try await WebFixture.with { fixture, client in
                let plant = try await Self.plant(fixture, client, systemPort: port)
                let report = try await client.call(.post, plant.path, key: plant.key)
                #expect(report.status == 200)
                #expect(report.body["ok"] == true, "\(report.body)")
                #expect(report.body["status"] == 200)
                #expect(report.body["asked"]?["path"] == "/ping")
                #expect(shown.all == [Self.secret])
                #expect(!report.body.serialized().contains(Self.secret))
                let audit = try await client.call(
                    .get, "/v1/plants/\(plant.place.plantID)/audit?action=connection.tested", key: plant.key)
                #expect(audit.body["items"]?.arrayValue?.count == 1, "\(audit.body)")
                #expect(audit.body["items"]?[0]?["new"]?["ok"] == true)
                #expect(!audit.body.serialized().contains(Self.secret))
                let places = try await SuperuserSession.tables(holding: Self.secret, on: fixture.tenants.database)
                #expect(places == [])
            }
        }
    }

    @Test("without a rule nothing is asked, and the host to allow is named")
    func egress() async throws {
        let shown = ShownKeys()
        try await Self.withSystem(shown) { port in
            try await WebFixture.with { fixture, client in
                let plant = try await Self.plant(fixture, client, systemPort: port, isAllowed: false)
                let report = try await client.call(.post, plant.path, key: plant.key)
                #expect(report.body["ok"] == false)
                #expect(report.body["failure"]?["class"] == "egress-refused")
                #expect(report.body["failure"]?["advice"]?.stringValue?.contains("127.0.0.1:\(port)") == true)
                #expect(shown.all.isEmpty)
            }
        }
    }

    @Test("a partner's credential is not shown to another host, and only the partner says where it goes")
    func partnersCredential() async throws {
        let shown = ShownKeys()
        try await Self.withSystem(shown) { port in
            try await WebFixture.with { fixture, client in
                let plant = try await Self.plant(fixture, client, systemPort: port)
                let partner = try await fixture.tenants.makePrincipal(.partnerAdmin, in: plant.place.partner)
                let credentials = "/v1/partners/\(plant.place.partnerID)/credentials"
                func shared(_ name: String, _ hosts: JSONValue) async throws -> (status: Int, body: JSONValue) {
                    let body: JSONValue = [
                        "name": .string(name), "kind": "api-key", "value": "partners-secret", "hosts": hosts,
                    ]
                    let made = try await client.call(.post, credentials, key: partner.key, body.serialized())
                    return (made.status, made.body)
                }
                #expect(try await shared("open", []).status == 422)
                let made = try await shared("erp", ["erp.example"])
                let id = try #require(made.body["id"]?.stringValue, "\(made.body)")
                let base = plant.path.split(separator: "/").dropLast().joined(separator: "/")
                let path = "/" + base
                func attach() async throws -> (status: Int, body: JSONValue) {
                    let old = try await client.call(.get, path, key: plant.key)
                    let draft: JSONValue = [
                        "name": "cmms", "connector": old.body["connector"] ?? .null,
                        "configuration": old.body["configuration"] ?? .null, "credentialId": .string(id),
                    ]
                    let changed = try await client.call(
                        .put, path, key: plant.key, draft.serialized(), headers: [.ifMatch: old.headers[.eTag] ?? ""])
                    return (changed.status, changed.body)
                }
                let refused = try await attach()
                #expect(refused.status == 422 && refused.body.serialized().contains("erp.example"), "\(refused)")
                // Who uses it cannot say where it goes, at whatever level they ask.
                for level in ["/v1/plants/\(plant.place.plantID)", "/v1/clients/\(plant.place.clientID)"] {
                    let hosts = #"{"hosts":["127.0.0.1"]}"#
                    let own = try await client.call(
                        .put, "\(level)/credentials/\(id)/hosts", key: plant.key, hosts)
                    #expect(own.status == 404, "\(own.body)")
                }
                let here = #"{"hosts":["127.0.0.1:\#(port)"]}"#
                #expect(
                    try await client.call(.put, "\(credentials)/\(id)/hosts", key: plant.key, here).status != 200)
                let allowed = try await client.call(.put, "\(credentials)/\(id)/hosts", key: partner.key, here)
                #expect(allowed.status == 200, "\(allowed.body)")
                #expect(try await attach().status == 200)
                #expect(try await client.call(.post, plant.path, key: plant.key).body["ok"] == true)
                #expect(shown.all == ["partners-secret"])
                // Taken back: what is set up already does not get it any more.
                let back = try await client.call(
                    .put, "\(credentials)/\(id)/hosts", key: partner.key, #"{"hosts":["erp.example"]}"#)
                #expect(back.status == 200)
                let report = try await client.call(.post, plant.path, key: plant.key)
                #expect(report.body["failure"]?["class"] == "credential", "\(report.body)")
                #expect(shown.all == ["partners-secret"])
            }
        }
    }

    @Test(
        "a rule for a place that the operator keeps shut is refused, and the setting is named",
        arguments: [
            ("10.0.0.5", true, "private-networks"), ("169.254.169.254", true, "never reached"),
            ("169.254.169.254", false, "never reached"), ("fe80::1", true, "never reached"),
            ("::ffff:127.0.0.1", true, "private-networks"),
        ])
    func shutPlaces(_ host: String, _ allowsPrivate: Bool, _ word: String) async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.clientAdmin, in: place.client)
            let rule: JSONValue = ["host": .string(host), "port": 80, "allowsPrivate": .bool(allowsPrivate)]
            let path = "/v1/plants/\(place.plantID)/egress-rules"
            let answer = try await client.call(.put, path, key: admin.key, rule.serialized())
            #expect(answer.status == 422, "\(answer.body)")
            #expect(answer.body.serialized().contains(word), "\(answer.body)")
            #expect(try await client.call(.get, path, key: admin.key).body["items"] == [])
        }
    }

    @Test("a rule that was stored before the operator's word does not open what it keeps shut")
    func storedRule() async throws {
        try await WebFixture.with { fixture, client in
            let plant = try await Self.plant(fixture, client, systemPort: 80, isAllowed: false)
            let base = "/v1/plants/\(plant.place.plantID)/connections/"
            let id = try #require(plant.path.split(separator: "/").dropLast().last)
            for (host, word) in [("10.255.255.1", "private-networks"), ("169.254.169.254", "metadata")] {
                // As a release without the setting stored it.
                try await fixture.tenants.egress.put(
                    try EgressRule(host: host, port: 80, allowsPrivate: true), for: plant.place.scope, by: .system)
                let old = try await client.call(.get, base + id, key: plant.key)
                let draft: JSONValue = [
                    "name": "cmms", "connector": old.body["connector"] ?? .null,
                    "configuration": ["baseAddress": .string("http://" + host)],
                    "credentialId": old.body["credentialId"] ?? .null,
                ]
                let changed = try await client.call(
                    .put, base + id, key: plant.key, draft.serialized(),
                    headers: [.ifMatch: old.headers[.eTag] ?? ""])
                #expect(changed.status == 200, "\(changed.body)")
                let report = try await client.call(.post, plant.path, key: plant.key)
                #expect(report.body["failure"]?["class"] == "egress-refused", "\(report.body)")
                #expect(report.body["failure"]?.serialized().contains(word) == true, "\(report.body)")
            }
        }
    }

    @Test("another plant's connection is one that does not exist, and is not asked")
    func foreign() async throws {
        let shown = ShownKeys()
        try await Self.withSystem(shown) { port in
            try await WebFixture.with { fixture, client in
                let theirs = try await Self.plant(fixture, client, systemPort: port)
                let ours = try await Self.plant(fixture, client, systemPort: port)
                let id = try #require(theirs.path.split(separator: "/").dropLast().last)
                let path = "/v1/plants/\(ours.place.plantID)/connections/\(id)/test"
                #expect(try await client.call(.post, path, key: ours.key).status == 404)
                #expect(try await client.call(.post, theirs.path, key: ours.key).status == 404)
                let looksOn = try await fixture.tenants.makePrincipal(.supervisor, in: ours.place.scope)
                #expect(try await client.call(.post, ours.path, key: looksOn.key).status == 403)
                #expect(shown.all.isEmpty)
            }
        }
    }

    /// Runs a real HTTP server while the body runs.
    private static func withSystem(
        _ shown: ShownKeys, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let router = Router()
        router.get("/ping") { request, _ in
            shown.note(request.headers[HTTPField.Name("X-API-Key")!])
            return "pong"
        }
        try await Application(router: router).test(.live) { client in try await body(try #require(client.port)) }
    }
}

private final class ShownKeys: Sendable {
    private let keys = Mutex<[String]>([])
    var all: [String] { keys.withLock { $0 } }
    func note(_ key: String?) { keys.withLock { $0.append(key ?? "none") } }
}
