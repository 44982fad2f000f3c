import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Looking at events")
struct EventLookUpTests {
    private static let cloudEvent: HTTPFields = [.contentType: "application/cloudevents+json"]

    private static func event(_ id: String, type: String = "nobody.listens") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"s","type":"\#(type)","data":{"n":1}}"#
    }

    @Test("an accepted event is found as it came, by page and by type, also when no workflow listens to it")
    func list() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let holder = try await fixture.tenants.makePrincipal(.operator, in: place.scope)
            let path = "/v1/plants/\(place.plantID)/events"
            let none = try await client.call(.get, path, key: holder.key)
            #expect(none.status == 200)
            #expect(none.body["items"] == [])
            for (id, type) in [("1", "a"), ("2", "b"), ("3", "a")] {
                _ = try await client.call(
                    .post, path, key: holder.key, Self.event(id, type: type), headers: Self.cloudEvent)
            }
            let first = try await client.call(.get, path + "?limit=2", key: holder.key).body
            #expect(first["items"]?.arrayValue?.compactMap { $0["event"]?["id"]?.stringValue } == ["3", "2"])
            let cursor = try #require(first["next"]?.stringValue)
            let second = try await client.call(.get, path + "?limit=2&cursor=\(cursor)", key: holder.key).body
            #expect(second["items"]?.arrayValue?.compactMap { $0["event"]?["id"]?.stringValue } == ["1"])
            #expect(second["next"] == .null)
            let ofType = try await client.call(.get, path + "?type=b", key: holder.key).body
            #expect(ofType["items"]?.arrayValue?.count == 1)
            let id = try #require(ofType["items"]?[0]?["id"]?.stringValue)
            let one = try await client.call(.get, path + "/" + id, key: holder.key)
            #expect(one.status == 200)
            #expect(one.body["event"]?["data"] == ["n": 1])
            #expect(one.body["senderId"]?.stringValue == holder.principal.id.description)
        }
    }

    @Test("an event of another plant answers as one that does not exist, in every path")
    func foreign() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let sibling = try await fixture.tenants.makePlant(in: place.partnerID, place.clientID)
            let holder = try await fixture.tenants.makePrincipal(.operator, in: place.scope)
            let other = try await fixture.tenants.makePrincipal(.operator, in: sibling.scope)
            let sent = try await client.call(
                .post, "/v1/plants/\(place.plantID)/events", key: holder.key, Self.event("1"),
                headers: Self.cloudEvent)
            let id = try #require(sent.body["events"]?[0]?["id"]?.stringValue)
            let foreign = try await client.call(
                .get, "/v1/plants/\(sibling.plantID)/events/\(id)", key: other.key)
            let missing = try await client.call(
                .get, "/v1/plants/\(sibling.plantID)/events/\(UUIDv7())", key: other.key)
            #expect(foreign.status == 404)
            #expect(missing.status == 404)
            #expect(foreign.body["detail"] == missing.body["detail"])
            #expect(foreign.body["code"] == missing.body["code"])
            let quarantine = try await client.call(
                .get, "/v1/plants/\(place.plantID)/quarantine", key: other.key)
            #expect(quarantine.status == 404)
        }
    }
}
