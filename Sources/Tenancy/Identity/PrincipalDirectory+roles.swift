import Database
import JSON
package import Primitives

extension PrincipalDirectory {
    /// Gives the principal a role. Giving it again changes nothing.
    ///
    /// - Throws: `Problem(.forbidden)` when the role or the scope is beyond the grantor.
    package func grant(
        _ binding: RoleBinding, to id: PrincipalID, in scope: TenantScope, grantedBy grantor: Grantor,
        reason: String? = nil, by actor: Actor
    ) async throws -> Principal {
        try await bind(binding, id, in: scope, grantor, "granted", reason: reason, by: actor) { transaction in
            try await transaction.execute(
                "\(fragment: Self.insertion(of: binding, for: id, by: actor)) ON CONFLICT DO NOTHING") > 0
        }
    }

    /// Takes the role away. Taking away what is not there changes nothing.
    package func revoke(
        _ binding: RoleBinding, from id: PrincipalID, in scope: TenantScope, grantedBy grantor: Grantor,
        reason: String? = nil, by actor: Actor
    ) async throws -> Principal {
        try await bind(binding, id, in: scope, grantor, "revoked", reason: reason, by: actor) { transaction in
            try await transaction.execute(
                """
                DELETE FROM millwright.role_binding
                WHERE partner_id = \(binding.scope.ownerID) AND principal_id = \(id) AND role = \(binding.role)
                  AND client_id IS NOT DISTINCT FROM \(binding.scope.clientID)
                  AND plant_id IS NOT DISTINCT FROM \(binding.scope.plantID)
                """) > 0
        }
    }

    private func bind(
        _ binding: RoleBinding, _ id: PrincipalID, in scope: TenantScope, _ grantor: Grantor, _ verb: String,
        reason: String?, by actor: Actor, _ change: @Sendable (TenantTransaction) async throws -> Bool
    ) async throws -> Principal {
        do {
            let principal = try await database.transaction(scope) { transaction in
                let principal = try await Self.current(id, transaction)
                if let objection = grantor.objection(to: binding, of: principal.home) {
                    throw Problem(.forbidden, objection)
                }
                guard scope.covers(binding.scope) else { throw Problem.notFound("tenant") }
                guard try await change(transaction) else { return principal }
                let audited: JSONValue = [
                    "role": .string(binding.role.rawValue), "scope": .string(binding.scope.description),
                ]
                try await transaction.record(
                    AuditEntry(
                        "role.\(verb)", objectType: "principal", objectID: id.description,
                        old: verb == "revoked" ? audited : nil, new: verb == "granted" ? audited : nil,
                        reason: reason, by: actor, in: binding.scope))
                return try await Self.current(id, transaction)
            }
            feed.announce(.principal(id))
            return principal
        } catch let error as DatabaseError where error.isForeignKeyViolation {
            throw Problem.notFound("tenant")
        }
    }

    static func insertion(of binding: RoleBinding, for id: PrincipalID, by actor: Actor) -> Statement {
        """
        INSERT INTO millwright.role_binding (
          partner_id, client_id, plant_id, role_binding_id, principal_id, role, granted_by)
        VALUES (
          \(binding.scope.ownerID), \(binding.scope.clientID), \(binding.scope.plantID), \(UUIDv7()), \(id),
          \(binding.role), \(actor.principalID))
        """
    }
}
