import Billing
import Database
import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite("Invoices over the API")
struct InvoiceOperationTests {
    @Test("each line of an invoice says where its records are, and those name the run")
    func linesLeadBack() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let partner = try await fixture.tenants.makePrincipal(.partnerAdmin, in: place.partner)
            let terms: JSONValue = [
                "name": "Standard", "currency": "EUR", "validFrom": "2026-01-01", "flatFee": "5",
                "meters": ["runs": ["included": 1, "tiers": [["unitPrice": "0.50"]]]],
            ]
            _ = try await PriceBookDirectory(database: fixture.tenants.database).add(
                try PriceTerms(json: terms), for: .clients(of: place.partnerID), by: .system)
            let runs = [UUIDv7(), UUIDv7(), UUIDv7()]
            for run in runs { try await use(run, place, fixture.tenants.database) }
            let path = "/v1/clients/\(place.clientID)/invoices"
            let draft = try await client.call(.post, path, key: partner.key, #"{"period":"2026-01"}"#)
            #expect(draft.status == 201, "\(draft.body)")
            let lines = draft.body["lines"]?.arrayValue ?? []
            #expect(lines.map { $0["position"]?.intValue } == [1, 2, 3])
            #expect(lines.map { $0["text"] } == ["Included", "Units 2 to 3", "Flat fee of the period"])
            #expect(lines.map { $0["records"]?.intValue } == [3, 3, nil])
            #expect(lines[2]["usagePath"] == nil)
            let back = try await client.call(.get, try #require(lines[1]["usagePath"]?.stringValue), key: partner.key)
            let named = back.body["items"]?.arrayValue?.compactMap { $0["runId"]?.stringValue } ?? []
            #expect(Set(named) == Set(runs.map(\.description)))
            // A draft is the seller's own.
            let drafts = try await client.call(.get, path, key: partner.key).body["items"]?.arrayValue ?? []
            #expect(drafts.map { $0["id"] } == [draft.body["id"]])
            let payer = try await fixture.tenants.makePrincipal(.clientAdmin, in: place.client)
            #expect(try await client.call(.get, path, key: payer.key).body["items"]?.arrayValue == [])
            let id = try #require(draft.body["id"]?.stringValue)
            #expect(try await client.call(.get, "\(path)/\(id)", key: payer.key).status == 404)
            #expect(try await client.call(.post, path, key: payer.key, #"{"period":"2026-01"}"#).status == 403)
        }
    }

    @Test("usage names its plants and can be cut into months")
    func usage() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let supervisor = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            try await use(UUIDv7(), place, fixture.tenants.database)
            try await use(UUIDv7(), place, fixture.tenants.database, at: "2026-02-01T00:00:00Z")
            let path = "/v1/plants/\(place.plantID)/usage?by=month"
            let items = try await client.call(.get, path, key: supervisor.key).body["items"]?.arrayValue ?? []
            #expect(items.map { $0["plant"] } == ["Plant", "Plant"])
            #expect(items.map { $0["startsAt"]?.stringValue?.prefix(10) } == ["2026-01-01", "2026-02-01"])
            #expect(try await client.call(.get, path + "x", key: supervisor.key).status == 422)
        }
    }

    private func use(
        _ run: UUIDv7, _ place: TenantFixture.Place, _ database: Database, at moment: String = "2026-01-05T00:00:00Z"
    ) async throws {
        _ = try await database.transaction(place.scope) { transaction in
            try await transaction.execute(
                """
                INSERT INTO millwright.usage_record (
                  partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
                VALUES (
                  \(place.partnerID), \(place.clientID), \(place.plantID), 'runs', \(run), 1, 1, \(Timestamp(moment)!),
                  now())
                """)
        }
    }
}
