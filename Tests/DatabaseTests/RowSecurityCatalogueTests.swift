import Database
import Primitives
import TestSupport
import Testing

@Suite("The catalogue", .timeLimit(.minutes(10)))
struct RowSecurityCatalogueTests {
    @Test("every table, view, function and role of the product keeps the tenants apart")
    func product() async throws {
        try await PostgresFixture.withDatabase { database in
            let faults = try await RowSecurityCatalogue(database: database).faults()
            #expect(faults == [], "\(faults.joined(separator: "\n"))")
            let rows = try await database.pipeline(
                .platform,
                ["SELECT count(*) FROM pg_class WHERE relnamespace = 'millwright'::regnamespace AND relkind = 'r'"])
            let tables: Int = try rows[0][0].decode(0)
            #expect(tables > RowSecurityCatalogue.tables.count)
        }
    }

    @Test("every exception that is allowed is still needed")
    func exceptions() async throws {
        try await PostgresFixture.withDatabase { database in
            let names = Array(RowSecurityCatalogue.tables.keys)
            let definers = Array(RowSecurityCatalogue.definers.keys)
            let keys = Array(RowSecurityCatalogue.globalKeys.keys)
            let foreignKeys = Array(RowSecurityCatalogue.foreignKeyNames.keys)
            let rows = try await database.pipeline(
                .platform,
                [
                    "SELECT name FROM unnest(\(names)) AS n (name) WHERE to_regclass('millwright.' || name) IS NULL",
                    """
                    SELECT name FROM unnest(\(definers)) AS n (name)
                    WHERE NOT EXISTS (SELECT FROM pg_proc WHERE proname = name AND prosecdef)
                    """,
                    "SELECT name FROM unnest(\(keys)) AS n (name) WHERE to_regclass('millwright.' || name) IS NULL",
                    """
                    SELECT name FROM unnest(\(foreignKeys)) AS n (name)
                    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = name AND contype = 'f')
                    """,
                ])
            for answer in rows { #expect(try answer.column("name", as: String.self) == []) }
        }
    }

    @Test("each way to break it is noticed")
    func offenders() async throws {
        try await PostgresFixture.withDatabase(migrations: LotSchema.directory(with: Self.offences)) { database in
            let faults = try await RowSecurityCatalogue(database: database).faults()
            #expect(faults == Self.expected.sorted())
        }
    }

    private static let offences = """
        CREATE TABLE millwright.bare (id uuid PRIMARY KEY);
        CREATE TABLE millwright.unforced (
          partner_id uuid NOT NULL, id uuid NOT NULL UNIQUE, PRIMARY KEY (partner_id, id)
        );
        CALL millwright.protect('millwright.unforced', 'partner');
        ALTER TABLE millwright.unforced NO FORCE ROW LEVEL SECURITY;
        DROP POLICY tenant_delete ON millwright.unforced;
        CREATE TABLE millwright.open (
          partner_id uuid NOT NULL, client_id uuid NOT NULL, PRIMARY KEY (partner_id, client_id)
        );
        CALL millwright.protect('millwright.open', 'client');
        CREATE POLICY all_of_it ON millwright.open FOR SELECT USING (true);
        ALTER POLICY tenant_update ON millwright.open WITH CHECK (partner_id = (SELECT millwright.scope_partner()));
        GRANT TRUNCATE ON millwright.open TO millwright_app;
        GRANT SELECT ON millwright.open TO PUBLIC;
        CREATE TABLE millwright.turned (
          partner_id uuid NOT NULL, client_id uuid NOT NULL, PRIMARY KEY (client_id, partner_id)
        );
        ALTER TABLE millwright.lot ADD CONSTRAINT lot_of_bare FOREIGN KEY (lot_id) REFERENCES millwright.unforced (id);
        CREATE TABLE millwright.part (LIKE millwright.diary INCLUDING ALL) PARTITION BY RANGE (partner_id);
        CALL millwright.protect('millwright.part', 'partner');
        CREATE TABLE millwright.part_rest PARTITION OF millwright.part DEFAULT;
        CREATE VIEW millwright.seen AS SELECT * FROM millwright.lot;
        CREATE VIEW millwright.fine WITH (security_invoker = true) AS SELECT * FROM millwright.lot;
        CREATE MATERIALIZED VIEW millwright.kept AS SELECT * FROM millwright.lot;
        CREATE FUNCTION millwright.mighty() RETURNS integer LANGUAGE sql SECURITY DEFINER RETURN 1;
        CREATE FUNCTION millwright.lost() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
        GRANT EXECUTE ON FUNCTION millwright.lost() TO PUBLIC;
        GRANT SELECT ON millwright.schema_migration TO millwright_app;
        GRANT CREATE ON SCHEMA millwright TO millwright_app;
        """

    private static let expected =
        [
            "bare: partner_id must be a uuid and NOT NULL",
            "bare: row level security must be enabled and forced",
            "unforced: row level security must be enabled and forced",
            "unforced: no policy of the application's role for DELETE",
            "unforced: the unique key unforced_id_key does not begin with partner_id",
            "open: the policy all_of_it does not depend on the scope",
            "open: WITH CHECK of the policy tenant_update differs from its USING",
            "open: millwright_app may TRUNCATE",
            "open: PUBLIC may SELECT",
            "turned: the primary key must begin with {partner_id,client_id}",
            "turned: row level security must be enabled and forced",
            "lot: the foreign key lot_of_bare does not carry partner_id",
            "part_rest: row level security must be enabled and forced",
            "seen: a view must be security_invoker",
            "kept: a materialized view has no row level security",
            "mighty: runs with its owner's rights",
            "lost: runs with its owner's rights",
            "lost: has no search_path of its own that begins with pg_catalog",
            "lost: everybody may call it",
            "schema_migration: the application's role may SELECT",
            "millwright_app: may create objects in millwright",
        ]
        + ["bare", "turned", "part_rest"].flatMap { table in
            ["SELECT", "INSERT", "UPDATE", "DELETE"].map { "\(table): no policy of the application's role for \($0)" }
        }
}
