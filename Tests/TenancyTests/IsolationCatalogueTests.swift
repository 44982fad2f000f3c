import Database
import TestSupport
import Testing

/// Reads the database's own catalogue, so that a table that somebody adds is judged without anybody thinking of it.
@Suite struct IsolationCatalogueTests {
    /// Tables without rows of tenants, and why.
    private static let withoutTenants = [
        "schema_migration",  // Which migrations were applied.
        "platform_template_version",  // Published for everybody to read.
        "idempotency_key",  // Looked up before the tenant is known; only the platform's role reaches it.
        "portal_session",  // The same.
        "dropped_partition",  // Which months were dropped, for those who say what is not kept any more.
    ]

    /// Of those, the ones that every tenant may read.
    private static let forEverybody = ["schema_migration", "platform_template_version", "dropped_partition"]

    /// Functions that run with the owner's rights, and why.
    private static let asOwner = [
        "settle_usage_position",  // Locks a table for a moment; reads no row of it.
        "create_partition",  // Only the owner makes tables.
        "drop_partition",  // Only the owner drops them, and none that is younger than a month.
    ]

    private func faults(_ query: String) async throws -> [String] {
        try await PostgresFixture.withDatabase { database in
            try await SuperuserSession.run(query, on: database).split(separator: "\n").map(String.init)
        }
    }

    private static func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }

    private static let tables = """
        SELECT oid, relname, relrowsecurity, relforcerowsecurity, relowner
        FROM pg_class
        WHERE relnamespace = 'millwright'::regnamespace AND relkind IN ('r', 'p')
        """
    private static let tenantTables = "\(tables) AND relname NOT IN (\(list(withoutTenants)))"

    @Test("a table without tenants cannot be written in a tenant's scope, nor read unless it is for everybody")
    func platformTables() async throws {
        #expect(
            try await faults(
                """
                SELECT relname FROM (\(Self.tables)) AS found
                WHERE relname IN (\(Self.list(Self.withoutTenants)))
                  AND (has_table_privilege('millwright_app', oid, 'INSERT')
                    OR has_table_privilege('millwright_app', oid, 'UPDATE')
                    OR has_table_privilege('millwright_app', oid, 'DELETE')
                    OR (relname NOT IN (\(Self.list(Self.forEverybody)))
                      AND has_table_privilege('millwright_app', oid, 'SELECT')))
                """) == [])
    }

    @Test("there are tables to judge")
    func notEmpty() async throws {
        #expect(try await faults("SELECT relname FROM (\(Self.tenantTables)) AS found").count > 20)
    }

    @Test("each table has row level security enabled and forced, and belongs to the owner's role")
    func enabledAndForced() async throws {
        #expect(
            try await faults(
                """
                SELECT relname FROM (\(Self.tables)) AS found
                WHERE relname NOT IN ('schema_migration', 'dropped_partition')
                  AND (NOT relrowsecurity OR NOT relforcerowsecurity OR relowner <> 'millwright_owner'::regrole)
                """) == [])
    }

    @Test("each table has the tenant as a column that is never NULL and leads its key")
    func tenantLeadsKey() async throws {
        #expect(
            try await faults(
                """
                SELECT relname FROM (\(Self.tenantTables)) AS found
                WHERE NOT EXISTS (
                  SELECT FROM pg_index
                  JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
                  WHERE indrelid = found.oid AND indisprimary AND attname = 'partner_id' AND attnotnull)
                """) == [])
    }

    @Test("each table has a permissive policy of the application's role for each command, and each looks at the scope")
    func policies() async throws {
        #expect(
            try await faults(
                """
                SELECT relname || ' ' || command::text
                FROM (\(Self.tenantTables)) AS found
                CROSS JOIN unnest('{r,a,w,d}'::"char"[]) AS command
                WHERE (
                  SELECT count(*)
                  FROM pg_policy
                  WHERE polrelid = found.oid AND polcmd = command AND polpermissive
                    AND polroles = ARRAY['millwright_app'::regrole::oid]
                    AND (command = 'a' OR pg_get_expr(polqual, polrelid) LIKE '%scope_partner()%')
                    AND (command IN ('r', 'd') OR pg_get_expr(polwithcheck, polrelid) LIKE '%scope_partner()%')
                ) <> 1
                """) == [])
    }

    @Test("no policy is for everybody, and none lets the application's role pass without its scope")
    func noOtherPolicies() async throws {
        #expect(
            try await faults(
                """
                SELECT relname || ' ' || polname
                FROM (\(Self.tenantTables)) AS found
                JOIN pg_policy ON polrelid = found.oid
                WHERE polroles = '{0}'
                  OR (polpermissive AND 'millwright_app'::regrole = ANY (polroles)
                    AND polname NOT IN ('tenant_select', 'tenant_insert', 'tenant_update', 'tenant_delete'))
                """) == [])
    }

    @Test("each view asks with the rights of whoever asks, and there is no materialised one")
    func views() async throws {
        #expect(
            try await faults(
                """
                SELECT relname FROM pg_class
                WHERE relnamespace = 'millwright'::regnamespace
                  AND (relkind = 'm' OR (relkind = 'v'
                    AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)))
                """) == [])
    }

    @Test("no function runs with the owner's rights but those with a reason, and none can be called by everybody")
    func functions() async throws {
        let allowed = Self.list(Self.asOwner)
        #expect(
            try await faults(
                """
                SELECT proname FROM pg_proc
                WHERE pronamespace = 'millwright'::regnamespace
                  AND ((prosecdef AND proname NOT IN (\(allowed)))
                    OR (prosecdef AND NOT coalesce(proconfig::text LIKE '%search_path=pg_catalog%', false))
                    OR has_function_privilege('public', oid, 'EXECUTE'))
                """) == [])
    }

    @Test("the roles that log in own nothing and cannot bypass row level security")
    func roles() async throws {
        #expect(
            try await faults(
                """
                SELECT rolname FROM pg_roles
                WHERE rolname IN ('millwright_app', 'millwright_platform', 'millwright_owner')
                  AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
                UNION ALL
                SELECT relname FROM pg_class
                WHERE relowner IN ('millwright_app'::regrole, 'millwright_platform'::regrole)
                UNION ALL
                SELECT relname FROM pg_class
                WHERE relnamespace = 'millwright'::regnamespace AND relkind IN ('r', 'p', 'v')
                  AND (has_table_privilege('millwright_app', oid, 'TRUNCATE')
                    OR has_table_privilege('millwright_app', oid, 'REFERENCES')
                    OR has_table_privilege('public', oid, 'SELECT'))
                """) == [])
    }

    @Test("the application's role without a scope sees no row of any table")
    func noScopeNoRows() async throws {
        try await TenantFixture.with { tenants in
            let plant = try await tenants.makePlant()
            _ = try await tenants.makeEveryRole(in: plant)
            let seen = try await SuperuserSession.run(
                """
                SET ROLE millwright_app;
                SELECT relname
                FROM (\(Self.tenantTables)) AS found
                WHERE has_table_privilege('millwright_app', found.oid, 'SELECT')
                  AND (xpath('/row/hits/text()', query_to_xml(
                    format('SELECT count(*) AS hits FROM millwright.%I', relname), false, true, '')))[1]::text <> '0'
                """, on: tenants.database)
            #expect(seen == "")
            let all = try await SuperuserSession.run(
                "SELECT count(*) FROM millwright.role_binding", on: tenants.database)
            #expect(all != "0\n")
        }
    }
}
