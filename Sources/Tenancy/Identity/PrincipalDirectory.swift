package import Database
import JSON
package import Primitives

/// The principals of a tenant, their roles and their keys.
///
/// Each function takes the scope in which the caller was authorised: row level security makes a principal that does
/// not belong there one that does not exist.
package struct PrincipalDirectory: Sendable {
    let database: Database
    let feed: TenancyFeed
    let passwords: PasswordHasher

    package init(database: Database, feed: TenancyFeed, passwords: PasswordHasher = PasswordHasher()) {
        self.database = database
        self.feed = feed
        self.passwords = passwords
    }

    // MARK: Reading

    package func principals(in scope: TenantScope, page: PageRequest) async throws -> Page<Principal> {
        let rows = try await database.read(scope) { transaction in
            try await transaction.query(
                """
                \(fragment: Self.selection)
                WHERE status <> 'deleted'
                  AND (\(page.after)::uuid IS NULL OR principal_id > \(page.after))
                ORDER BY principal_id
                LIMIT \(page.limit + 1)
                """)
        }
        return page.page(of: try rows.map(Principal.init(row:))) { $0.id.raw }
    }

    package func principal(_ id: PrincipalID, in scope: TenantScope) async throws -> Principal {
        try await database.read(scope) { try await Self.current(id, $0) }
    }

    /// By address within one tenant: how files name a person.
    package func principal(email: String, home: TenantScope) async throws -> Principal? {
        try await database.read(home) { transaction in
            try await transaction.query(
                """
                \(fragment: Self.selection)
                WHERE partner_id = \(home.ownerID) AND email = \(email.lowercased()) AND status <> 'deleted'
                """
            ).first.map(Principal.init(row:))
        }
    }

    static func current(_ id: PrincipalID, _ transaction: TenantTransaction) async throws -> Principal {
        let rows = try await transaction.query(
            "\(fragment: Self.selection) WHERE principal_id = \(id) AND status <> 'deleted'")
        guard let row = rows.first else { throw Problem.notFound("principal") }
        return try Principal(row: row)
    }

    /// The roles come along as arrays of equal length, so that a principal is one row.
    static let selection: Statement = """
        SELECT partner_id, client_id, plant_id, principal_id, kind, display_name, email, status, version,
          session_generation, created_at, binding.roles, binding.clients, binding.plants
        FROM millwright.principal
        CROSS JOIN LATERAL (
          SELECT coalesce(array_agg(role ORDER BY role_binding_id), '{}') AS roles,
            coalesce(array_agg(role_binding.client_id ORDER BY role_binding_id), '{}') AS clients,
            coalesce(array_agg(role_binding.plant_id ORDER BY role_binding_id), '{}') AS plants
          FROM millwright.role_binding
          WHERE role_binding.partner_id = principal.partner_id
            AND role_binding.principal_id = principal.principal_id
        ) AS binding
        """
}

extension Principal {
    init(row: Row) throws {
        let owner = try row.decode("partner_id", as: PartnerID.self)
        let clients = try row.decode("clients", as: [ClientID?].self)
        let plants = try row.decode("plants", as: [PlantID?].self)
        let bindings = try row.decode("roles", as: [Role].self).enumerated().map { index, role in
            RoleBinding(
                role: role, scope: TenantScope(partner: owner, client: clients[index], plant: plants[index]))
        }
        self.init(
            id: try row.decode("principal_id"), kind: try row.decode("kind", as: Actor.Kind.self),
            displayName: try row.decode("display_name"), email: try row.decode("email", as: String?.self),
            home: try row.scope(), status: try row.decode("status", as: Principal.Status.self), bindings: bindings,
            version: try row.decode("version"), sessionGeneration: try row.decode("session_generation"),
            createdAt: try row.decode("created_at"))
    }

    /// What the audit shows of it.
    var audited: JSONValue {
        var value: JSONValue = [
            "kind": .string(kind.rawValue), "displayName": .string(displayName), "status": .string(status.rawValue),
        ]
        if let email { value.set("email", .string(email)) }
        return value
    }
}

extension Role: PostgresEncodable, PostgresDecodable {}
