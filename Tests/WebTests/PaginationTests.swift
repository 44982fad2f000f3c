import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("Pages of lists", .timeLimit(.minutes(10)))
struct PaginationTests {
    @Test("a list is read once from end to end while rows are added: none is twice, none of before is missing")
    func stable() async throws {
        try await WebFixture.with { fixture, client in
            let partner = try await fixture.tenants.makePartner()
            let admin = try await fixture.tenants.makePrincipal(.partnerAdmin, in: .partner(partner))
            var before: Set<String> = []
            for _ in 0..<7 { before.insert(try await fixture.tenants.makeClient(in: partner).description) }
            var seen: [String] = []
            var cursor: String?
            repeat {
                let path = "/v1/partners/\(partner)/clients?limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")
                let page = try await client.call(.get, path, key: admin.key)
                #expect(page.status == 200, "\(page.body)")
                seen += (page.body["items"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
                cursor = page.body["next"]?.stringValue
                if seen.count < 7 { _ = try await fixture.tenants.makeClient(in: partner) }
            } while cursor != nil && seen.count < 100
            #expect(Set(seen).count == seen.count, "a row came twice")
            #expect(before.isSubset(of: seen), "a row is missing")
        }
    }

    @Test("a cursor comes back only unchanged, to its own list of its own tenant")
    func cursors() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let other = try await fixture.tenants.makePlant(in: place.partnerID)
            _ = try await fixture.tenants.makePlant(in: place.partnerID, place.clientID)
            _ = try await fixture.tenants.makePlant(in: place.partnerID, other.clientID)
            let admin = try await fixture.tenants.makePrincipal(.partnerAdmin, in: place.partner)
            let path = "/v1/clients/\(place.clientID)/plants?limit=1"
            let next = try #require(try await client.call(.get, path, key: admin.key).body["next"]?.stringValue)
            #expect(try await client.call(.get, path + "&cursor=\(next)", key: admin.key).status == 200)
            #expect(!next.contains(place.plantID.description))
            let foreign = [
                "/v1/clients/\(other.clientID)/plants?limit=1&cursor=\(next)",
                "/v1/partners/\(place.partnerID)/clients?cursor=\(next)",
                "/v1/clients/\(place.clientID)/audit?cursor=\(next)",
            ]
            let changed = (next.hasPrefix("A") ? "B" : "A") + next.dropFirst()
            let forged = [changed, String(next.dropLast()), next + "A", "", "%00", place.plantID.description, "'--"]
            for request in foreign + forged.map({ path + "&cursor=\($0)" }) {
                let answer = try await client.call(.get, request, key: admin.key)
                #expect(answer.status == 422, "\(request)")
                #expect(answer.body["errors"]?[0]?["path"] == "?cursor", "\(request)")
            }
        }
    }

    @Test("every list refuses a limit out of bounds, a forged cursor and a parameter given twice, all at once")
    func bounds() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let admin = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
            var tried = 0
            for operation in fixture.surface.table.operations where operation.query.contains(.limit) {
                tried += 1
                let path = Paths.of(operation, place)
                for limit in ["0", "201", "-1", "1.5", "x", "99999999999999999999"] {
                    let takesCursor = operation.query.contains(.cursor)
                    let answer = try await client.call(
                        .get, path + "?limit=\(limit)" + (takesCursor ? "&cursor=x" : ""), key: admin.key)
                    #expect(answer.status == 422, "\(operation.id) \(limit)")
                    let places = (answer.body["errors"]?.arrayValue ?? []).compactMap { $0["path"]?.stringValue }
                    #expect(places.contains("?limit"), "\(operation.id) \(limit): \(answer.body)")
                    if takesCursor { #expect(places.contains("?cursor"), "\(operation.id)") }
                }
                let twice = try await client.call(.get, path + "?limit=1&limit=2", key: admin.key)
                #expect(twice.status == 422, "\(operation.id)")
            }
            #expect(tried >= 15)
        }
    }
}

/// The path of an operation on a place; what else it names is named by an identifier that does not exist.
enum Paths {
    static func of(_ operation: Operation, _ place: TenantFixture.Place) -> String {
        var path = operation.path
        for name in operation.pathParameters {
            let value =
                switch name {
                case "partner": place.partnerID.description
                case "client": place.clientID.description
                case "plant": place.plantID.description
                default: UUIDv7().description
                }
            path = path.replacing("{\(name)}", with: value)
        }
        return path
    }
}
