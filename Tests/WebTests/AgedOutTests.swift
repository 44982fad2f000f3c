import Database
import Execution
import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web

@Suite("What aged out is answered as that", .timeLimit(.minutes(10)))
struct AgedOutTests {
    @Test("a run whose event and journal are gone says so in every answer, and can be started again with an input")
    func run() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let holder = try await fixture.tenants.makePrincipal(.supervisor, in: place.scope)
            let administrator = try await fixture.tenants.makePrincipal(.platformAdmin, in: .platform)
            let stage = Examples.Stage(place: place, source: .plant)
            let examples = Examples(fixture: fixture, client: client, key: administrator.key)
            let young = try await examples.started(in: stage)
            let (run, event) = try await grownOld(young, place, fixture.tenants)
            let plant = "/v1/plants/\(place.plantID)"
            let path = plant + "/runs/\(run)"
            func get(_ path: String) async throws -> (status: Int, body: JSONValue) {
                let answer = try await client.call(.get, path, key: holder.key)
                return (answer.status, answer.body)
            }
            let before = try await get(path)
            #expect(before.status == 200 && before.body["journal"] == nil)
            #expect(before.body["input"]?[0]?["id"] == "old")
            #expect(try await get(path + "/timeline").body["items"]?.arrayValue?.count == 1)
            #expect(try await get(plant + "/events/\(event)").status == 200)

            let retention = Retention(
                database: fixture.tenants.database, policy: RetentionPolicy(eventMonths: 2, journalMonths: 2),
                logger: PostgresFixture.logger)
            _ = try await retention.keep()

            let after = try await get(path)
            #expect(after.status == 200 && after.body["status"] == "completed" && after.body["output"] == ["x": 1])
            #expect(after.body["journal"] == "aged-out" && after.body["input"] == nil, "\(after.body)")
            let timeline = try await get(path + "/timeline")
            #expect(timeline.status == 200 && timeline.body["journal"] == "aged-out")
            #expect(timeline.body["items"] == [] && timeline.body["next"] == .null)
            #expect(try await get(plant + "/events/\(event)").status == 404)
            // It is still found by its event.
            #expect(try await get(plant + "/runs?event=\(event)").body["items"]?.arrayValue?.count == 1)

            let restart = try await client.call(
                .post, path + "/restart", key: holder.key, #"{"reason": "again"}"#)
            #expect(restart.status == 409 && restart.body["detail"]?.stringValue?.contains("aged out") == true)
            let given = try await client.call(
                .post, path + "/restart", key: holder.key, #"{"reason": "again", "input": {"n": 1}}"#)
            #expect(given.status == 201, "\(given.body)")
            let started = try await get(plant + "/runs/\(given.body["id"]?.stringValue ?? "")").body
            #expect(started["input"] == ["n": 1] && started["journal"] == nil)
            #expect(started["restartedFromRunId"]?.stringValue == run.description)
        }
    }

    /// The run as one that an event started three months ago, and that completed then.
    private func grownOld(
        _ run: String, _ place: TenantFixture.Place, _ tenants: TenantFixture
    ) async throws -> (RunID, EventRecordID) {
        try await OldMonths.make(5, on: tenants.database)
        let moment = CalendarMonth(of: .now()).adding(months: -3).start.adding(seconds: 86_400)
        let high = UInt64(moment.unixMilliseconds) << 16 | 0x7000
        let old = RunID(UUIDv7(high: high, low: 0x8000_0000_0000_0001))
        let event = EventRecordID(UUIDv7(high: high, low: 0x8000_0000_0000_0002))
        let keys = "'\(place.partnerID)', '\(place.clientID)', '\(place.plantID)'"
        try await SuperuserSession.run(
            """
            SET session_replication_role = replica;
            INSERT INTO millwright.event (
              partner_id, client_id, plant_id, event_id, source, source_event_id, type, occurred_at, received_at,
              ingest_id, chain_depth, data)
            VALUES (\(keys), '\(event)', 's', 'old', 't', '\(moment)', '\(moment)', '\(UUIDv7())', 0, '{"n": 7}');
            UPDATE millwright.run SET run_id = '\(old)', event_id = '\(event)', input = NULL, status = 'completed',
              sequence = 1, accepted_at = '\(moment)', started_at = '\(moment)', ended_at = '\(moment)',
              output = '{"x": 1}'
            WHERE run_id = '\(run)';
            INSERT INTO millwright.journal_entry (
              partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, attempt, started_at, ended_at)
            VALUES (\(keys), '\(old)', 1, 1, 'run-completed', 1, '\(moment)', '\(moment)');
            """, on: tenants.database)
        return (old, event)
    }
}
