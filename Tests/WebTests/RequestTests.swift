import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("What a bad request gets")
struct RequestTests {
    @Test("broken JSON, wrong types, depth and size are refused by name, and nothing is changed")
    func badBodies() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.partnerAdmin, in: place.partner)
            let path = "/v1/partners/\(place.partnerID)/clients"
            let before = try await client.call(.get, path, key: admin.key).body["items"]?.arrayValue?.count
            let broken = try await client.call(.post, path, key: admin.key, "{\"slug\": ")
            #expect(broken.status == 400)
            let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
            #expect(try await client.call(.post, path, key: admin.key, deep).status == 400)
            let unknown = try await client.call(
                .post, path, key: admin.key, #"{"slug":"x","name":"X","colour":"red"}"#)
            #expect(unknown.status == 422)
            #expect(unknown.body["errors"]?.arrayValue?.isEmpty == false)
            let wrong = try await client.call(.post, path, key: admin.key, #"{"slug":"Not A Slug","name":""}"#)
            #expect(wrong.status == 422)
            #expect((wrong.body["errors"]?.arrayValue?.count ?? 0) >= 2, "all problems at once: \(wrong.body)")
            let large = "\"" + String(repeating: "x", count: 10 << 20) + "\""
            let refused = try await client.call(.post, path, key: admin.key, large)
            #expect(refused.status == 413)
            // Its size, or how much was read of it, and the limit.
            let sizes = refused.body["detail"]?.stringValue?.split(separator: " ").compactMap { Int($0) } ?? []
            #expect(sizes.count == 2 && sizes.first ?? 0 > 900_000 && sizes.last == 1 << 20, "\(refused.body)")
            let text = try await client.call(
                .post, path, key: admin.key, "slug=x", headers: [.contentType: "text/plain"])
            #expect(text.status == 415)
            let after = try await client.call(.get, path, key: admin.key).body["items"]?.arrayValue?.count
            #expect(before == after)
        }
    }

    @Test("an event that is too large is refused with its size and the limit; the others of the batch are taken")
    func largeEvent() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let holder = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            func event(_ id: String, _ data: Int) -> String {
                let text = String(repeating: "x", count: data)
                return #"{"specversion":"1.0","id":"\#(id)","source":"s","type":"t","data":"\#(text)"}"#
            }
            let answer = try await client.call(
                .post, "/v1/plants/\(place.plantID)/events", key: holder.key,
                "[\(event("1", 10)), \(event("2", 300_000))]",
                headers: [.contentType: "application/cloudevents-batch+json"])
            #expect(answer.status == 207 && answer.body["accepted"] == 1 && answer.body["refused"] == 1)
            let message = answer.body["events"]?[1]?["errors"]?[0]?["message"]?.stringValue ?? ""
            #expect(message.contains("300002") && message.contains("262144"), "\(answer.body)")
        }
    }

    @Test("an identifier that is none gives no role at all, least of all a wider one")
    func malformedBinding() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.clientAdmin, in: place.client)
            let nobody = try await fixture.tenants.makePrincipal(nil, in: place.client)
            let path = "/v1/clients/\(place.clientID)/principals/\(nobody.principal.id)/roles"
            for (body, expected) in [
                (#"{"role":"supervisor","plantId":"north"}"#, "/plantId"),
                (#"{"role":"supervisor","plantId":""}"#, "/plantId"),
                (#"{"role":"supervisor","level":"plant"}"#, "/level"), (#"{"role":"king"}"#, "/role"),
            ] {
                let answer = try await client.call(.post, path, key: admin.key, body)
                #expect(answer.status == 422, "\(body): \(answer.body)")
                #expect(answer.body["errors"]?[0]?["path"]?.stringValue == expected, "\(answer.body)")
            }
            let now = try await fixture.tenants.principals.principal(nobody.principal.id, in: place.client)
            #expect(now.bindings.isEmpty)
        }
    }

    @Test("an unknown path, method and query parameter say what there is instead")
    func unknownPlaces() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let holder = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            #expect(try await client.call(.get, "/v1/nothing", key: holder.key).status == 404)
            let method = try await client.call(.delete, "/v1/plants/\(place.plantID)/runs", key: holder.key)
            #expect(method.status == 405)
            #expect(method.headers[.allow]?.contains("GET") == true)
            let query = try await client.call(.get, "/v1/plants/\(place.plantID)/runs?colour=red", key: holder.key)
            #expect(query.status == 422)
            let limit = try await client.call(.get, "/v1/plants/\(place.plantID)/runs?limit=0", key: holder.key)
            #expect(limit.status == 422)
        }
    }

    @Test("a repeated POST gets the first answer; the same key with another body is refused")
    func idempotency() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.partnerAdmin, in: place.partner)
            let path = "/v1/partners/\(place.partnerID)/clients"
            let key: HTTPFields = [HTTPField.Name("Idempotency-Key")!: "k-1"]
            let body = #"{"slug":"one","name":"One"}"#
            let first = try await client.call(.post, path, key: admin.key, body, headers: key)
            #expect(first.status == 201)
            let second = try await client.call(.post, path, key: admin.key, body, headers: key)
            #expect(second.status == 201)
            #expect(second.body == first.body)
            #expect(second.headers[HTTPField.Name("Idempotency-Replayed")!] == "true")
            let other = try await client.call(
                .post, path, key: admin.key, #"{"slug":"two","name":"Two"}"#, headers: key)
            #expect(other.status == 422)
            #expect(other.body["code"] == "idempotency-key-reused")
        }
    }

    @Test("a change needs the ETag of what it changes")
    func versions() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.partnerAdmin, in: place.partner)
            let path = "/v1/plants/\(place.plantID)"
            let body = #"{"name":"Renamed"}"#
            #expect(try await client.call(.patch, path, key: admin.key, body).status == 428)
            let tag = try #require(try await client.call(.get, path, key: admin.key).headers[.eTag])
            let changed = try await client.call(.patch, path, key: admin.key, body, headers: [.ifMatch: tag])
            #expect(changed.status == 200)
            let stale = try await client.call(.patch, path, key: admin.key, body, headers: [.ifMatch: tag])
            #expect(stale.status == 412)
        }
    }

    @Test("an issued key is shown once, also when the request is repeated")
    func keyIsShownOnce() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.clientAdmin, in: place.client)
            let path = "/v1/clients/\(place.clientID)/principals/\(admin.principal.id)/api-keys"
            let header: HTTPFields = [HTTPField.Name("Idempotency-Key")!: "k-2"]
            let first = try await client.call(.post, path, key: admin.key, #"{"name":"n"}"#, headers: header)
            #expect(first.status == 201)
            #expect(first.body["token"]?.stringValue?.hasPrefix("mw_") == true)
            let second = try await client.call(.post, path, key: admin.key, #"{"name":"n"}"#, headers: header)
            #expect(second.body["id"] == first.body["id"])
            #expect(second.body["token"] == nil)
            let list = try await client.call(.get, path, key: admin.key)
            #expect(!list.body.serialized().contains(first.body["token"]?.stringValue ?? "?"))
        }
    }

    @Test("an event that nobody listens to is stored; one that is none is refused with every mistake")
    func events() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let holder = try await fixture.tenants.makePrincipal(.operator, in: place.scope)
            let path = "/v1/plants/\(place.plantID)/events"
            let type: HTTPFields = [.contentType: "application/cloudevents+json"]
            let event = #"{"specversion":"1.0","id":"1","source":"s","type":"nobody.listens","data":{"a":1}}"#
            let accepted = try await client.call(.post, path, key: holder.key, event, headers: type)
            #expect(accepted.status == 202)
            #expect(accepted.body["accepted"] == 1)
            let again = try await client.call(.post, path, key: holder.key, event, headers: type)
            #expect(again.status == 202)
            #expect(again.body["duplicate"] == 1)
            let bad = try await client.call(.post, path, key: holder.key, #"{"specversion":"0.3"}"#, headers: type)
            #expect(bad.status == 422)
            #expect((bad.body["errors"]?.arrayValue?.count ?? 0) >= 3)
            let mixed = try await client.call(
                .post, path, key: holder.key, "[\(event),{}]",
                headers: [.contentType: "application/cloudevents-batch+json"])
            #expect(mixed.status == 207)
            #expect(mixed.body["refused"] == 1)
            #expect(mixed.body["events"]?[0]?["status"] == "duplicate")
            let errors = mixed.body["events"]?[1]?["errors"]?.arrayValue ?? []
            let places = Set(errors.compactMap { $0["path"]?.stringValue })
            #expect(places == ["/specversion", "/id", "/source", "/type"])
            #expect(errors.allSatisfy { $0["message"]?.stringValue?.isEmpty == false })
            for hopeless in ["[]", "7", "[" + String(repeating: "{},", count: 10_000) + "{}]"] {
                let answer = try await client.call(.post, path, key: holder.key, hopeless, headers: type)
                #expect(answer.status == 422, "\(hopeless.prefix(20)): \(answer.status)")
            }
            // What a contract, a limit or a date says has the same kind of place.
            let wrong =
                #"[{"specversion":"1.0","id":"9","source":"s","type":"t","time":"2999-01-01T00:00:00Z","data":"#
                + String(repeating: "[", count: 50) + String(repeating: "]", count: 50) + "}]"
            let late = try await client.call(
                .post, path, key: holder.key, wrong, headers: [.contentType: "application/cloudevents-batch+json"])
            #expect(late.status == 207)
            #expect(late.body["events"]?[0]?["errors"]?[0]?["path"] == "/time")
        }
    }

    @Test("the OpenAPI document has every operation with its permission")
    func openAPI() async throws {
        try await WebFixture.with { fixture, client in
            let document = try await client.call(.get, "/openapi.json").body
            #expect(document["openapi"] == "3.1.0")
            for operation in fixture.surface.table.operations {
                let item = document["paths"]?[operation.path]?[operation.method.rawValue.lowercased()]
                #expect(item?["operationId"]?.stringValue == operation.id)
                if case .permission(let permission, _) = operation.access {
                    #expect(item?["x-permission"]?.stringValue == permission.rawValue)
                }
            }
        }
    }
}
