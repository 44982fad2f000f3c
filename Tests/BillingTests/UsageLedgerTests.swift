import Billing
import Database
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite struct UsageLedgerTests {
    @Test("a usage record is written once and never changed, by nobody", arguments: [true, false])
    func insertOnly(asPlatform: Bool) async throws {
        try await BillingFixture.with { billing in
            let subject = try await billing.use(.runs, 1, at: "2026-01-05T00:00:00Z")
            let twice = await #expect(throws: DatabaseError.self) {
                try await billing.use(.runs, 1, at: "2026-01-06T00:00:00Z", subject: subject)
            }
            #expect(twice?.constraint == "usage_record_pkey")
            let nothing = await #expect(throws: DatabaseError.self) {
                try await billing.use(.runs, 0, at: "2026-01-06T00:00:00Z")
            }
            #expect(nothing?.constraint == "usage_counts_something")
            let scope = asPlatform ? TenantScope.platform : billing.place.scope
            let statements: [Statement] = [
                "UPDATE millwright.usage_record SET quantity = 2", "DELETE FROM millwright.usage_record",
            ]
            for statement in statements {
                let error = await #expect(throws: DatabaseError.self) {
                    try await billing.tenants.database.transaction(scope) { try await $0.execute(statement) }
                }
                #expect(error?.sqlState == SQLState.insufficientPrivilege)
            }
            await #expect(throws: (any Error).self) {
                try await SuperuserSession.run(
                    "UPDATE millwright.usage_record SET quantity = 2", on: billing.tenants.database)
            }
        }
    }

    @Test("totals are cut by plant, meter and month, and a scope counts only what is its own")
    func totals() async throws {
        try await BillingFixture.with { billing in
            let sibling = try await billing.tenants.makePlant(in: billing.place.partnerID, billing.place.clientID)
            let stranger = try await billing.tenants.makePlant()
            try await billing.use(.runs, 1, at: "2026-01-31T23:59:59.999999Z")
            try await billing.use(.runs, 1, at: "2026-02-01T00:00:00Z")
            try await billing.use(.tasks, 5, at: "2026-01-10T00:00:00Z")
            try await billing.use(.runs, 7, at: "2026-01-10T00:00:00Z", in: sibling)
            try await billing.use(.runs, 100, at: "2026-01-10T00:00:00Z", in: stranger)
            let ledger = billing.ledger
            #expect(try await ledger.sums(in: billing.place.scope) == [.runs: 2, .tasks: 5])
            #expect(try await ledger.sums(in: billing.place.client) == [.runs: 9, .tasks: 5])
            let january = try await ledger.sums(
                in: billing.place.client, from: BillingFixture.january.start.startUTC,
                to: BillingFixture.january.end.startUTC)
            #expect(january == [.runs: 8, .tasks: 5])
            let months = try await ledger.totals(in: billing.place.scope, by: .month).filter { $0.meter == .runs }
            #expect(months.map(\.startsAt) == [Timestamp("2026-01-01"), Timestamp("2026-02-01")])
            #expect(months.map(\.quantity) == [1, 1])
            let entries = try await ledger.entries(in: billing.place.client, meter: .runs)
            #expect(entries.items.map(\.quantity) == [1, 1, 7])
        }
    }

    @Test("usage that is what happened is balanced; runner seconds are kept nowhere else")
    func balanced() async throws {
        try await BillingFixture.with { billing in
            try await happen(billing)
            try await billing.use(.runnerSeconds, 60, at: "2026-01-05T00:00:00Z")
            let found = try await billing.ledger.reconcile(in: billing.place.scope)
            #expect(found.differences == [])
            #expect(
                found.meters.map { [$0.recorded, $0.recounted] }
                    == [[2, 2], [1, 1], [3, 3], [1, 1], [1, 1], [60, nil], [1, 1]])
            #expect(found.meters.map(\.meter) == UsageMeter.allCases)
        }
    }

    @Test("what is counted too much, too little, not at all, or without having happened is named to the unit")
    func differences() async throws {
        try await BillingFixture.with { billing in
            let facts = try await happen(billing)
            let phantom = try await billing.use(.runs, 1, at: "2026-01-05T00:00:00Z")
            try await SuperuserSession.run(
                """
                SET session_replication_role = replica;
                UPDATE millwright.usage_record SET quantity = 5 WHERE meter = 'tasks';
                DELETE FROM millwright.usage_record WHERE meter = 'events';
                """, on: billing.tenants.database)
            let found = try await billing.ledger.reconcile(in: billing.place.partner)
            #expect(!found.isBalanced)
            let named = Set(found.differences.map { Named($0.meter, $0.subjectID, $0.recorded, $0.recounted) })
            #expect(
                named == [
                    Named(.runs, phantom, 1, 0), Named(.tasks, facts.run, 5, 3), Named(.events, facts.batch, 0, 2),
                ])
        }
    }

    @Test("what aged out is shown as such: it is no difference, and what is left is still compared")
    func agedOut() async throws {
        try await BillingFixture.with { billing in
            try await happen(billing)
            try await SuperuserSession.run(
                """
                SET session_replication_role = replica;
                DELETE FROM millwright.event;
                DELETE FROM millwright.journal_entry;
                """, on: billing.tenants.database)
            #expect(!(try await billing.ledger.reconcile(in: billing.place.scope).isBalanced))
            try await SuperuserSession.run(
                """
                INSERT INTO millwright.dropped_partition (parent, name, to_key, rows_estimated, bytes)
                SELECT parent, parent, millwright.first_key_at(now() + interval '1 hour'), 1, 1
                FROM unnest(ARRAY['event', 'journal_entry']) AS parent;
                """, on: billing.tenants.database)
            let found = try await billing.ledger.reconcile(in: billing.place.scope)
            #expect(found.differences == [])
            #expect(
                found.meters.map { [$0.recorded, $0.recounted, $0.agedOut] }
                    == [[2, 0, 2], [1, 0, 1], [3, 0, 3], [1, 0, 1], [1, 1, 0], [1, 0, 1]])
        }
    }

    private struct Named: Hashable {
        let meter: UsageMeter
        let subject: UUIDv7
        let recorded: Int64
        let recounted: Int64

        init(_ meter: UsageMeter, _ subject: UUIDv7, _ recorded: Int64, _ recounted: Int64) {
            self.meter = meter
            self.subject = subject
            self.recorded = recorded
            self.recounted = recounted
        }
    }

    /// Two events, one run with three tasks of which one is a call and one a container, one decision; and their usage.
    @discardableResult
    private func happen(_ billing: BillingFixture) async throws -> (run: UUIDv7, batch: UUIDv7) {
        let place = billing.place
        let (run, batch, task) = (UUIDv7(), UUIDv7(), UUIDv7())
        let tenant = "'\(place.partnerID)', '\(place.clientID)', '\(place.plantID)'"
        let moment = "'2026-01-05T00:00:00Z'"
        func entry(_ ordinal: Int, _ kind: String, _ reference: String, _ type: String, _ function: String) -> String {
            """
            INSERT INTO millwright.journal_entry (
              partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, task_reference, task_type, function,
              attempt, started_at, ended_at)
            VALUES (
              \(tenant), '\(run)', \(ordinal), 1, '\(kind)', \(reference), \(type), \(function), 1, \(moment),
              \(moment));
            """
        }
        // Keys to tables of other parts are not of interest here.
        try await SuperuserSession.run(
            """
            SET session_replication_role = replica;
            INSERT INTO millwright.event (
              partner_id, client_id, plant_id, event_id, source, source_event_id, type, occurred_at, received_at,
              ingest_id, chain_depth)
            SELECT \(tenant), gen_random_uuid(), 'test', number::text, 'test', \(moment), \(moment), '\(batch)', 0
            FROM generate_series(1, 2) AS number;
            \(entry(1, "run-started", "NULL", "NULL", "NULL"))
            \(entry(2, "task-completed", "'/do/0'", "'set'", "NULL"))
            \(entry(3, "task-completed", "'/do/1'", "'do'", "NULL"))
            \(entry(4, "task-faulted", "'/do/2'", "'call'", "'http'"))
            \(entry(5, "task-completed", "'/do/3'", "'call'", "'human-task:1.0.0@default'"))
            \(entry(6, "run-completed", "NULL", "NULL", "NULL"))
            INSERT INTO millwright.human_task_decision (
              partner_id, client_id, plant_id, human_task_id, outcome, decided_by_principal_id, decided_by_name,
              decided_as_role, decided_at)
            VALUES (\(tenant), '\(task)', 'approve', gen_random_uuid(), 'Ada', 'supervisor', \(moment));
            """, on: billing.tenants.database)
        let at = "2026-01-05T00:00:00Z"
        try await billing.use(.events, 2, at: at, subject: batch)
        try await billing.use(.runs, 1, at: at, subject: run)
        try await billing.use(.tasks, 3, at: at, subject: run)
        try await billing.use(.connectorCalls, 1, at: at, subject: run)
        try await billing.use(.humanDecisions, 1, at: at, subject: task)
        try await billing.use(.activePlants, 1, at: at, subject: place.plantID.raw, sequence: 202_601)
        return (run, batch)
    }
}
