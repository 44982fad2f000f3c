import Database
import HTTPTypes
import HummingbirdTesting
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing
import Web
import Workflow

@Suite("Looking at schedules")
struct ScheduleOperationTests {
    /// A workflow of the plant with a schedule, stored as the catalogue and the service would.
    private func addSchedule(_ fixture: WebFixture, _ place: TenantFixture.Place) async throws {
        let (workflow, version) = (WorkflowID(), TemplateVersionID())
        let digest = String(repeating: "0", count: 64)
        let rule = TimedRule(.cron(try CronExpression("0 6 * * *")), SchedulePolicy(overlap: .skip))
        _ = try await fixture.tenants.database.pipeline(
            place.scope,
            [
                """
                INSERT INTO millwright.template (partner_id, slug, origin, created_at)
                VALUES (\(place.partnerID), 'clocked', 'partner', now())
                """,
                """
                INSERT INTO millwright.template_version (
                  partner_id, template_version_id, slug, version, digest, origin, name, summary, package, published_at,
                  published_by)
                VALUES (
                  \(place.partnerID), \(version), 'clocked', '1.0.0', \(digest), 'partner', 'Clocked', 'x', '{}', now(),
                  'x')
                """,
                """
                INSERT INTO millwright.workflow (
                  partner_id, client_id, plant_id, workflow_id, name, template_version_id, document_namespace,
                  document_name, document_version, parameters, bindings, digest, is_enabled, created_at, updated_at)
                VALUES (
                  \(place.partnerID), \(place.clientID), \(place.plantID), \(workflow), 'Report', \(version), 'tests',
                  'clocked', '1.0.0', '{}', '{}', \(digest), true, now(), now())
                """,
                """
                INSERT INTO millwright.workflow_schedule (
                  partner_id, client_id, plant_id, workflow_id, kind, rule, status, time_zone, next_moment, next_due_at)
                VALUES (
                  \(place.partnerID), \(place.clientID), \(place.plantID), \(workflow), 'cron',
                  \(rule.json.serialized())::json, 'planned', 'Europe/Berlin', '2026-11-22T05:00:00Z',
                  '2026-11-22T05:00:00Z')
                """,
                """
                INSERT INTO millwright.event_set (
                  partner_id, client_id, plant_id, workflow_id, event_set_id, plan, correlation, event_ids, opened_at)
                VALUES (
                  \(place.partnerID), \(place.clientID), \(place.plantID), \(workflow), \(UUIDv7()), 1,
                  '{"order": 7}', ARRAY[\(UUIDv7()), NULL]::uuid[], now())
                """,
            ])
    }

    @Test("a plant's schedules and waiting events are listed for those who may read runs, and for nobody else")
    func listed() async throws {
        try await WebFixture.with { fixture, client in
            let place = try await fixture.tenants.makePlant()
            let sibling = try await fixture.tenants.makePlant(in: place.partnerID, place.clientID)
            let holder = try await fixture.tenants.makePrincipal(.operator, in: place.scope)
            let other = try await fixture.tenants.makePrincipal(.operator, in: sibling.scope)
            try await addSchedule(fixture, place)
            let schedules = try await client.call(.get, "/v1/plants/\(place.plantID)/schedules", key: holder.key)
            #expect(schedules.status == 200)
            #expect(schedules.body["items"]?[0]?["workflow"] == "Report")
            #expect(
                schedules.body["items"]?[0]?["timings"]?[0] == [
                    "kind": "cron", "expression": "0 6 * * *", "overlap": "skip", "catchUp": "latest",
                    "status": "planned", "skipped": 0, "timeZone": "Europe/Berlin",
                    "nextDueAt": "2026-11-22T05:00:00Z",
                ])
            let sets = try await client.call(.get, "/v1/plants/\(place.plantID)/event-sets", key: holder.key)
            #expect(sets.body["items"]?[0]?["correlation"] == ["order": 7])
            #expect(sets.body["items"]?[0]?["eventIds"]?[1] == .null)
            for path in ["schedules", "event-sets"] {
                let foreign = try await client.call(.get, "/v1/plants/\(place.plantID)/\(path)", key: other.key)
                #expect(foreign.status == 404)
                let own = try await client.call(.get, "/v1/plants/\(sibling.plantID)/\(path)", key: other.key)
                #expect(own.body["items"] == [])
            }
        }
    }
}
