import Database
import Foundation
import Primitives
import TestSupport
import Testing

@Suite("Months of events and journals", .timeLimit(.minutes(10)))
struct PartitionTests {
    @Test("a month that was made later keeps the tenants apart like every other table")
    func laterMonth() async throws {
        try await PostgresFixture.withDatabase { database in
            for table in ["event", "journal_entry", "run_payload"] {
                let rows = try await database.pipeline(
                    .platform, ["SELECT millwright.create_partition(\(table), 4) AS name"])
                #expect(try rows[0][0].decode("name", as: String?.self) != nil)
            }
            let faults = try await RowSecurityCatalogue(database: database).faults()
            #expect(faults == [], "\(faults.joined(separator: "\n"))")
            let triggers = try await database.pipeline(
                .platform,
                [
                    """
                    SELECT count(*) FROM pg_class AS c
                    WHERE (c.relname ~ '^(event|journal_entry|run_payload)_([0-9]|until|default)'
                        OR c.relname IN ('event', 'journal_entry', 'run_payload'))
                      AND c.relkind IN ('r', 'p')
                      AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname LIKE '%_is_insert_only')
                    """
                ])
            #expect(try triggers[0][0].decode(0, as: Int.self) == 0)
        }
    }

    @Test("a tenant reaches a month through its table alone, sees its own rows, and neither makes nor drops one")
    func tenants() async throws {
        try await PostgresFixture.withDatabase { database in
            let one = TenantScope.plant(PartnerID(), ClientID(), PlantID())
            let other = TenantScope.plant(PartnerID(), ClientID(), PlantID())
            for scope in [one, other] {
                guard case .plant(let partner, let client, let plant) = scope else { return }
                _ = try await database.pipeline(
                    scope,
                    [
                        """
                        INSERT INTO millwright.event (
                          partner_id, client_id, plant_id, event_id, source, source_event_id, type, occurred_at, received_at,
                          ingest_id, chain_depth)
                        VALUES (\(partner), \(client), \(plant), \(UUIDv7()), 's', '1', 't', now(), now(), \(UUIDv7()), 0)
                        """
                    ])
            }
            let seen = try await database.readPipeline(one, ["SELECT count(*) FROM millwright.event"])
            #expect(try seen[0][0].decode(0, as: Int.self) == 1)
            let forbidden: [Statement] = [
                "SELECT count(*) FROM millwright.event_default", "SELECT millwright.create_partition('event', 24)",
                "SELECT millwright.drop_partition('event_default', 'ffffffff-ffff-ffff-ffff-ffffffffffff')",
                "DELETE FROM millwright.event", "SELECT * FROM millwright.partitions()",
            ]
            for statement in forbidden {
                let error = await #expect(throws: DatabaseError.self) { try await database.pipeline(one, [statement]) }
                #expect(error?.sqlState == "42501")
            }
        }
    }

    @Test("no caller drops the default partition, a month that is not over, or another table")
    func refusedDrops() async throws {
        try await PostgresFixture.withDatabase { database in
            let rows = try await database.pipeline(.platform, ["SELECT name FROM millwright.partitions()"])
            for name in try rows[0].column("name", as: String.self) {
                let error = await #expect(throws: DatabaseError.self) {
                    try await database.pipeline(
                        .platform, ["SELECT millwright.drop_partition(\(name), \(UUIDv7(high: .max, low: .max)))"])
                }
                #expect(error?.sqlState == "22023", "\(name)")
            }
            let none = try await database.pipeline(
                .platform, ["SELECT millwright.drop_partition('run', \(UUIDv7())) IS NULL AS is_none"])
            #expect(try none[0][0].decode("is_none", as: Bool.self))
        }
    }

    @Test("a database with rows becomes one of months: every row is there, is found, and is not accepted twice")
    func migrationWithRows() async throws {
        let folder = TemporaryFolder.make("migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: PostgresFixture.migrations).sorted()
        func copy(_ names: some Sequence<String>) throws {
            for name in names {
                try FileManager.default.copyItem(
                    atPath: PostgresFixture.migrations + "/" + name, toPath: folder + "/" + name)
            }
        }
        try copy(files.filter { $0 < "0029" })
        let fixture = try await PostgresFixture.database(migrations: folder)
        let database = fixture.database
        let insertion = """
            INSERT INTO millwright.event (
              partner_id, client_id, plant_id, event_id, source, source_event_id, type, occurred_at, received_at, ingest_id,
              chain_depth)
            SELECT plant, plant, plant, overlay(gen_random_uuid()::text PLACING '019a' FROM 1)::uuid, 'test', number::text,
              'test', now(), now(), plant, 0
            FROM generate_series(1, 500) AS number
            CROSS JOIN (SELECT '0190aaaa-0000-7000-8000-000000000001'::uuid AS plant) AS fixed
            """
        try await SuperuserSession.run(
            """
            \(insertion);
            INSERT INTO millwright.journal_entry (
              partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, attempt, started_at, ended_at)
            SELECT partner_id, client_id, plant_id, event_id, 1, 1, 'run-started', 1, now(), now() FROM millwright.event;
            """, on: database)
        let before = try await SuperuserSession.run(Self.digest, on: database)
        try copy(files.filter { $0 >= "0029" })
        let applied = try await Migrator(fixture.configuration, directory: folder).apply()
        #expect(applied.contains("0030_partition_journal_and_events.sql"))
        #expect(try await SuperuserSession.run(Self.digest, on: database) == before)
        let again = try await SuperuserSession.run(
            "WITH stored AS (\(insertion) ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) FROM stored", on: database
        )
        #expect(again == "0\n")
        let faults = try await RowSecurityCatalogue(database: database).faults()
        #expect(faults == [], "\(faults.joined(separator: "\n"))")
        try await fixture.remove()
    }

    private static let digest = """
        SELECT count(*), md5(string_agg(event_id::text, ',' ORDER BY event_id)) FROM millwright.event
        UNION ALL SELECT count(*), md5(string_agg(run_id::text, ',' ORDER BY run_id)) FROM millwright.journal_entry
        """
}
