import Database
import Primitives

/// Reads PostgreSQL's own catalogue and names everything in the schema `millwright` that breaks invariant 1.
struct RowSecurityCatalogue {
    /// A table that belongs to no tenant, why, and what the application's role may do with it all the same.
    struct Exception {
        let reason: String
        let appPrivileges: Set<String>
    }

    static let tables: [String: Exception] = [
        "schema_migration": Exception(reason: "the migrator's ledger; only the owner reads it", appPrivileges: []),
        "dropped_partition": Exception(
            reason: "which months are not kept any more; it names no tenant", appPrivileges: ["SELECT"]),
        "idempotency_key": Exception(
            reason: "kept by the gateway before it knows a scope; only the platform's role reaches it",
            appPrivileges: []),
        "portal_session": Exception(
            reason: "looked up by the gateway before it knows a scope; only the platform's role reaches it",
            appPrivileges: []),
        "platform_template_version": Exception(
            reason: "the catalogue that every tenant may read and only the platform writes", appPrivileges: ["SELECT"]),
    ]

    /// Functions that run as the owner, and why.
    static let definers: [String: String] = [
        "create_partition": "only the owner makes tables; what it moves stays in the table that it was in",
        "drop_partition": "only the owner drops tables, and none that is younger than a month",
        "settle_usage_position": "locks the table, which only its owner may, and reads no row of it",
    ]

    /// Unique keys across all tenants, and why the existence of a foreign value may be learned.
    static let globalKeys: [String: String] = [
        "api_key_prefix_is_unique": "the prefix is random, and looked up before a tenant is known",
        "brand_host_is_unique": "a host name of the Internet belongs to one tenant only",
        "invoice_number_is_unique": "begins with the seller, which is the platform or the partner",
        "partner_slug_is_unique": "only the platform makes partners",
    ]

    /// Foreign keys between tenant tables that carry the tenant under another name.
    static let foreignKeyNames: [String: String] = [
        "principal_belongs_to_partner": "existing_partner_id is generated from partner_id"
    ]

    let database: Database

    func faults() async throws -> [String] {
        var faults: [String] = []
        for check in Self.checks {
            let rows = try await database.readPipeline(.platform, [check])
            faults += try rows[0].column("fault", as: String.self)
        }
        return faults.sorted()
    }

    private static let exempt = Array(tables.keys)
    private static let exemptPrivilegeLists = exempt.map { name in
        tables[name]?.appPrivileges.sorted().joined(separator: ",") ?? ""
    }

    private static let checks: [Statement] = [
        tenantColumns, primaryKeys, rowSecurity, missingPolicies, openPolicies, looseChecks, privileges,
        exemptPrivileges, foreignKeys, uniqueKeys, otherRelations, definerFunctions, publicFunctions,
        owners, roles, schemaPrivileges,
    ]

    /// Tables and partitions that must belong to a tenant.
    private static let tenantTables: Statement = """
        SELECT oid, relname::text AS name, relrowsecurity, relforcerowsecurity, relacl, relowner
        FROM pg_class
        WHERE relnamespace = 'millwright'::regnamespace AND relkind IN ('r', 'p') AND relname <> ALL (\(exempt))
        """

    private static let tenantColumns: Statement = """
        SELECT format('%s: partner_id must be a uuid and NOT NULL', t.name) AS fault
        FROM (\(fragment: tenantTables)) AS t
        WHERE NOT EXISTS (
          SELECT FROM pg_attribute AS a
          WHERE a.attrelid = t.oid AND a.attname = 'partner_id' AND a.atttypid = 'uuid'::regtype AND a.attnotnull
        )
        """

    /// The tenant columns that are NOT NULL, in their order, must be the first of the primary key.
    private static let primaryKeys: Statement = """
        SELECT format('%s: the primary key must begin with %s', t.name, wanted.names) AS fault
        FROM (\(fragment: tenantTables)) AS t
        CROSS JOIN LATERAL (
          SELECT array_agg(
            a.attname::text ORDER BY array_position(ARRAY['partner_id', 'client_id', 'plant_id'], a.attname::text)
          ) AS names
          FROM pg_attribute AS a
          WHERE a.attrelid = t.oid AND a.attnotnull AND a.attname IN ('partner_id', 'client_id', 'plant_id')
        ) AS wanted
        LEFT JOIN LATERAL (
          SELECT array_agg(a.attname::text ORDER BY k.position) AS names
          FROM pg_index AS i
          CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, position)
          JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
          WHERE i.indrelid = t.oid AND i.indisprimary
        ) AS actual ON true
        WHERE actual.names[1:cardinality(wanted.names)] IS DISTINCT FROM wanted.names
        """

    private static let rowSecurity: Statement = """
        SELECT format('%s: row level security must be enabled and forced', t.name) AS fault
        FROM (\(fragment: tenantTables)) AS t
        WHERE NOT (t.relrowsecurity AND t.relforcerowsecurity)
        """

    /// Every policy that lets the application's role in, one row a table.
    private static let appPolicies: Statement = """
        SELECT p.polrelid, p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid) AS qual,
          pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
        FROM pg_policy AS p
        WHERE p.polpermissive AND p.polroles && ARRAY['millwright_app'::regrole::oid, 0::oid]
        """

    private static let missingPolicies: Statement = """
        SELECT format('%s: no policy of the application''s role for %s', t.name, c.command) AS fault
        FROM (\(fragment: tenantTables)) AS t
        CROSS JOIN (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE')) AS c (code, command)
        WHERE NOT EXISTS (
          SELECT FROM (\(fragment: appPolicies)) AS p WHERE p.polrelid = t.oid AND p.polcmd = c.code::"char"
        )
        """

    private static let openPolicies: Statement = """
        SELECT format('%s: the policy %s does not depend on the scope', t.name, p.polname) AS fault
        FROM (\(fragment: tenantTables)) AS t
        JOIN (\(fragment: appPolicies)) AS p ON p.polrelid = t.oid
        WHERE coalesce(p.qual, p.with_check) NOT LIKE '%scope_partner()%'
          OR coalesce(p.with_check, p.qual) NOT LIKE '%scope_partner()%'
          OR p.polcmd = '*'
        """

    private static let looseChecks: Statement = """
        SELECT format('%s: WITH CHECK of the policy %s differs from its USING', t.name, p.polname) AS fault
        FROM (\(fragment: tenantTables)) AS t
        JOIN (\(fragment: appPolicies)) AS p ON p.polrelid = t.oid
        WHERE p.polcmd = 'w' AND p.with_check IS DISTINCT FROM p.qual
        """

    /// Row level security does not cover TRUNCATE, and REFERENCES tells what exists.
    private static let privileges: Statement = """
        SELECT format(
          '%s: %s may %s', t.name, coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'), a.privilege_type
        ) AS fault
        FROM (\(fragment: tenantTables)) AS t
        CROSS JOIN LATERAL aclexplode(t.relacl) AS a
        WHERE a.grantee <> t.relowner
          AND (a.grantee = 0 OR a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') OR a.is_grantable)
        """

    private static let exemptPrivileges: Statement = """
        SELECT format('%s: the application''s role may %s', c.relname, a.privilege_type) AS fault
        FROM pg_class AS c
        CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        JOIN unnest(\(exempt), \(exemptPrivilegeLists)) AS e (name, allowed)
          ON e.name = c.relname
        WHERE c.relnamespace = 'millwright'::regnamespace
          AND a.grantee IN (0, 'millwright_app'::regrole) AND a.privilege_type <> ALL (string_to_array(e.allowed, ','))
        """

    private static let foreignKeys: Statement = """
        SELECT format('%s: the foreign key %s does not carry partner_id', t.name, k.conname) AS fault
        FROM (\(fragment: tenantTables)) AS t
        JOIN (\(fragment: tenantTables)) AS target ON true
        JOIN pg_constraint AS k ON k.contype = 'f' AND k.conrelid = t.oid AND k.confrelid = target.oid
        WHERE k.conname <> ALL (\(Array(foreignKeyNames.keys)))
          AND NOT EXISTS (
          SELECT
          FROM unnest(k.conkey, k.confkey) AS pair (here, there)
          JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = pair.here AND a.attname = 'partner_id'
          JOIN pg_attribute AS b ON b.attrelid = target.oid AND b.attnum = pair.there AND b.attname = 'partner_id'
        )
        """

    /// A unique key without the tenant tells one tenant what another one has.
    private static let uniqueKeys: Statement = """
        SELECT format('%s: the unique key %s does not begin with partner_id', t.name, c.relname) AS fault
        FROM (\(fragment: tenantTables)) AS t
        JOIN pg_index AS i ON i.indrelid = t.oid AND i.indisunique AND NOT i.indisprimary
        JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE c.relname <> ALL (\(Array(globalKeys.keys)))
          AND NOT EXISTS (
            SELECT FROM pg_attribute AS a
            WHERE a.attrelid = t.oid AND a.attnum = i.indkey[0] AND a.attname = 'partner_id'
          )
        """

    private static let otherRelations: Statement = """
        SELECT CASE c.relkind
            WHEN 'v' THEN format('%s: a view must be security_invoker', c.relname)
            WHEN 'm' THEN format('%s: a materialized view has no row level security', c.relname)
            ELSE format('%s: a foreign table has no row level security', c.relname)
          END AS fault
        FROM pg_class AS c
        WHERE c.relnamespace = 'millwright'::regnamespace
          AND (c.relkind IN ('m', 'f')
            OR (c.relkind = 'v' AND NOT coalesce(
              c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)))
        """

    /// A function with its owner's rights must also say where it looks for names; one that was parsed when it was made
    /// (RETURN, BEGIN ATOMIC) cannot be misled.
    private static let definerFunctions: Statement = """
        SELECT format('%s: runs with its owner''s rights', proname) AS fault
        FROM pg_proc
        WHERE pronamespace = 'millwright'::regnamespace AND prosecdef AND proname <> ALL (\(Array(definers.keys)))
        UNION ALL
        SELECT format('%s: has no search_path of its own that begins with pg_catalog', proname)
        FROM pg_proc
        WHERE pronamespace = 'millwright'::regnamespace AND prosecdef AND prosqlbody IS NULL
          AND NOT EXISTS (SELECT FROM unnest(proconfig) AS s (setting) WHERE setting LIKE 'search_path=pg_catalog%')
        """

    private static let publicFunctions: Statement = """
        SELECT format('%s: everybody may call it', p.proname) AS fault
        FROM pg_proc AS p
        CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        WHERE p.pronamespace = 'millwright'::regnamespace AND a.grantee = 0
        """

    private static let owners: Statement = """
        SELECT format('%s: belongs to %s', object.name, object.owner::regrole) AS fault
        FROM (
          SELECT relname::text AS name, relowner AS owner FROM pg_class WHERE relnamespace = 'millwright'::regnamespace
          UNION ALL
          SELECT proname::text, proowner FROM pg_proc WHERE pronamespace = 'millwright'::regnamespace
          UNION ALL
          SELECT nspname::text, nspowner FROM pg_namespace WHERE nspname = 'millwright'
          UNION ALL
          SELECT 'this database', datdba FROM pg_database WHERE datname = current_database()
        ) AS object
        WHERE object.owner <> 'millwright_owner'::regrole
        """

    private static let roles: Statement = """
        SELECT format('%s: may bypass the policies', r.rolname) AS fault
        FROM pg_roles AS r
        WHERE r.rolname IN ('millwright_app', 'millwright_platform')
          AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
            OR EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = r.oid))
        """

    private static let schemaPrivileges: Statement = """
        SELECT format('%s: may create objects in %s', r.rolname, n.nspname) AS fault
        FROM pg_roles AS r
        CROSS JOIN pg_namespace AS n
        WHERE r.rolname IN ('millwright_app', 'millwright_platform') AND n.nspname !~ '^pg_'
          AND has_schema_privilege(r.oid, n.oid, 'CREATE')
        UNION ALL
        SELECT format('%s: may create temporary objects', r.rolname)
        FROM pg_roles AS r
        WHERE r.rolname IN ('millwright_app', 'millwright_platform')
          AND has_database_privilege(r.oid, current_database(), 'TEMPORARY')
        """
}
