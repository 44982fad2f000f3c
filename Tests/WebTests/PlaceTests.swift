import HTTPTypes
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Finding a place by its name")
struct PlaceTests {
    @Test("a supervisor finds the own plant by its path, and nothing beside or above it")
    func own() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let sibling = try await fixture.tenants.makePlant(in: place.partnerID, place.clientID)
            let path = try #require(try await fixture.tenants.directory.place(of: place.scope)?.path)
            let other = try #require(try await fixture.tenants.directory.place(of: sibling.scope)?.path)
            let holder = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let own = try await client.call(.get, "/v1/places?path=" + path, key: holder.key)
            #expect(own.status == 200)
            #expect(own.body["plantId"]?.stringValue == place.plantID.description)
            #expect(own.body["level"] == "plant")
            let missing = try await client.call(.get, "/v1/places?path=no/such/plant", key: holder.key)
            #expect(missing.status == 404)
            let client2 = path.split(separator: "/").prefix(2).joined(separator: "/")
            for foreign in [other, client2, String(path.split(separator: "/")[0])] {
                let answer = try await client.call(.get, "/v1/places?path=" + foreign, key: holder.key)
                #expect(answer.status == 404)
                #expect(answer.body["detail"] == missing.body["detail"])
            }
        }
    }

    @Test("a partner's administrator finds every level below, and no other partner")
    func below() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let foreign = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.partnerAdmin, in: place.partner)
            let slugs = try #require(try await fixture.tenants.directory.place(of: place.scope)?.slugs)
            for count in 1...3 {
                let path = slugs.prefix(count).joined(separator: "/")
                #expect(try await client.call(.get, "/v1/places?path=" + path, key: admin.key).status == 200)
            }
            let other = try #require(try await fixture.tenants.directory.place(of: foreign.scope)?.path)
            #expect(try await client.call(.get, "/v1/places?path=" + other, key: admin.key).status == 404)
            #expect(try await client.call(.get, "/v1/places", key: admin.key).status == 422)
        }
    }
}
