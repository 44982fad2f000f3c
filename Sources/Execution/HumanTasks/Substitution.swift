import Database
package import Primitives
package import Tenancy

/// Somebody who stands in for somebody who is away.
package struct Substitution: Sendable, Hashable {
    package var id: SubstitutionID
    /// Where it holds: a plant, or a client with all its plants.
    package var scope: TenantScope
    package var principalID: PrincipalID
    package var principalName: String
    package var substituteID: PrincipalID
    package var substituteName: String
    /// Only for tasks of this role; `nil` for all.
    package var role: Role?
    package var lendsRoles: Bool
    package var beginsAt: Timestamp
    package var endsAt: Timestamp
    package var endedEarlyAt: Timestamp?
}

extension Substitution {
    static let selection: Statement = """
        SELECT substitution.partner_id, substitution.client_id, substitution.plant_id, substitution.substitution_id,
          substitution.principal_id, substitution.principal_name, substitution.substitute_principal_id,
          substitution.substitute_name, substitution.role, substitution.lends_roles, substitution.begins_at,
          substitution.ends_at, substitution.ended_early_at
        FROM millwright.substitution AS substitution
        """

    /// Those that hold in the plant now, the one that reaches furthest first.
    static func active(
        of absent: PrincipalID, by substitute: PrincipalID, _ plant: PlantKey, at now: Timestamp
    ) -> Statement {
        """
        \(fragment: selection)
        WHERE substitution.partner_id = \(plant.partnerID)
          AND (substitution.client_id IS NULL OR substitution.client_id = \(plant.clientID))
          AND (substitution.plant_id IS NULL OR substitution.plant_id = \(plant.plantID))
          AND substitution.principal_id = \(absent) AND substitution.substitute_principal_id = \(substitute)
          AND \(fragment: holds(at: now))
        ORDER BY substitution.lends_roles DESC, substitution.role NULLS FIRST, substitution.substitution_id
        LIMIT 20
        """
    }

    static func holds(at now: Timestamp) -> Statement {
        """
        substitution.ended_early_at IS NULL AND substitution.begins_at <= \(now) AND substitution.ends_at > \(now)
        """
    }

    init(row: Row) throws {
        self.init(
            id: try row.decode("substitution_id"), scope: try row.scope(), principalID: try row.decode("principal_id"),
            principalName: try row.decode("principal_name"), substituteID: try row.decode("substitute_principal_id"),
            substituteName: try row.decode("substitute_name"), role: try row.decode("role", as: Role?.self),
            lendsRoles: try row.decode("lends_roles"), beginsAt: try row.decode("begins_at"),
            endsAt: try row.decode("ends_at"), endedEarlyAt: try row.decode("ended_early_at", as: Timestamp?.self))
    }
}
