package import Database
package import Primitives

/// Principals as they are now, wherever their home is: for those who must know what somebody else may do in a scope.
///
/// It looks across tenants, because people of a client work in its plants. The caller shows nothing of what it finds but
/// what the scope may know.
package struct PrincipalLookup: Sendable {
    /// People of one scope that are looked at; more take part in nothing together.
    package static let maximumPeople = 500

    private let database: Database

    package init(_ database: Database) { self.database = database }

    /// One who may act, and whose home or one of whose roles reaches into the scope.
    package func principal(_ id: PrincipalID, in scope: TenantScope) async throws -> Principal? {
        try await people(in: scope, "principal_id = \(id)").first
    }

    /// Whether a machine has a key that opens anything at the moment.
    package func hasKey(_ id: PrincipalID, at now: Timestamp) async throws -> Bool {
        try await database.read(.platform) { transaction in
            try await transaction.one(
                """
                SELECT FROM millwright.api_key
                WHERE api_key.principal_id = \(id) AND api_key.revoked_at IS NULL
                  AND (api_key.expires_at IS NULL OR api_key.expires_at > \(now))
                LIMIT 1
                """) != nil
        }
    }

    /// By identifier or mail address.
    package func principal(named text: String, in scope: TenantScope) async throws -> Principal? {
        if let id = PrincipalID(text) { return try await principal(id, in: scope) }
        return try await people(in: scope, "email = \(text.lowercased())").first
    }

    /// Everybody who holds one of the roles in the scope, or is named by identifier or mail address.
    package func principals(holding roles: [Role], named: [String], in scope: TenantScope) async throws -> [Principal] {
        let ids = named.compactMap { PrincipalID($0) }
        return try await people(
            in: scope,
            """
            (principal_id = ANY (\(ids)) OR email = ANY (\(named)) OR EXISTS (
              SELECT FROM millwright.role_binding AS held
              WHERE held.partner_id = principal.partner_id AND held.principal_id = principal.principal_id
                AND held.role = ANY (\(roles))
                -- Those of other clients and plants would fill the limit.
                AND (held.client_id IS NULL OR \(scope.clientID)::uuid IS NULL OR held.client_id = \(scope.clientID))
                AND (held.plant_id IS NULL OR \(scope.plantID)::uuid IS NULL OR held.plant_id = \(scope.plantID))))
            """)
    }

    private func people(in scope: TenantScope, _ condition: Statement) async throws -> [Principal] {
        try await database.read(.platform) { transaction in
            try await transaction.query(
                """
                \(fragment: PrincipalDirectory.selection)
                WHERE partner_id = ANY (\([scope.ownerID, .platform])) AND \(fragment: condition)
                  AND \(fragment: Authenticator.mayAct)
                -- The same address may be known to the platform and to the partner: here the partner's is meant.
                ORDER BY partner_id = \(PartnerID.platform), principal_id
                LIMIT \(Self.maximumPeople)
                """
            ).map(Principal.init(row:)).filter { person in
                // In a scope above plants also those who act in one of them.
                ([person.home] + person.bindings.map(\.scope)).contains { $0.covers(scope) || scope.covers($0) }
            }
        }
    }
}
