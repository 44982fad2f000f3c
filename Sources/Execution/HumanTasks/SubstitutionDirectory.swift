package import Database
import JSON
package import Primitives
package import Tenancy

/// Who stands in for whom. A person names a substitute for itself; an administrator does it for others, and may lend the
/// roles of whoever is away to a substitute that does not hold them.
package struct SubstitutionDirectory: Sendable {
    package static let maximumDays = 366.0

    let database: Database
    let people: PrincipalLookup
    let clock: any WallClock

    package init(database: Database, clock: any WallClock = SystemWallClock()) {
        self.database = database
        people = PrincipalLookup(database)
        self.clock = clock
    }

    package struct New: Sendable {
        /// Identifier or mail address; `nil` for whoever asks.
        package var absent: String?
        package var substitute: String
        package var role: Role?
        package var lendsRoles: Bool
        package var beginsAt: Timestamp?
        package var endsAt: Timestamp

        package init(
            absent: String? = nil, substitute: String, role: Role? = nil, lendsRoles: Bool = false,
            beginsAt: Timestamp? = nil, endsAt: Timestamp
        ) {
            self.absent = absent
            self.substitute = substitute
            self.role = role
            self.lendsRoles = lendsRoles
            self.beginsAt = beginsAt
            self.endsAt = endsAt
        }
    }

    /// - Parameter scope: a client or a plant: where it holds.
    /// - Throws: `.forbidden` for somebody who acts for others without administering principals.
    package func add(_ new: New, in scope: TenantScope, by principal: Principal, from origin: String? = nil)
        async throws -> Substitution
    {
        let administers = principal.allows(.principalsWrite, in: scope)
        // Before anybody is looked up: the answer does not tell whom there is.
        let own = [principal.id.description, principal.email]
        guard administers || new.absent.map({ own.contains($0.lowercased()) }) ?? true else {
            throw Problem(.forbidden, "You can name a substitute for yourself. An administrator does it for others.")
        }
        let absent = try await absent(new.absent, principal, in: scope)
        guard absent.home.ownerID == scope.ownerID else {
            throw Problem(.forbidden, "Only people of this partner and its clients have substitutes here.")
        }
        guard !new.lendsRoles || administers else {
            throw Problem(.forbidden, "Only an administrator can lend roles to a substitute.")
        }
        if new.lendsRoles {
            let lent = absent.bindings.filter { $0.scope.covers(scope) && (new.role == nil || $0.role == new.role) }
            guard lent.allSatisfy({ principal.mayGrant(.init(role: $0.role, scope: scope)) }) else {
                throw Problem(.forbidden, "This would lend roles that are beyond what you may grant here.")
            }
        }
        let substitute = try await person(new.substitute, at: "/substitute", in: scope)
        let begins = new.beginsAt ?? clock.now()
        try check(new, absent, substitute, begins)
        let made = Substitution(
            id: SubstitutionID(), scope: scope, principalID: absent.id, principalName: absent.displayName,
            substituteID: substitute.id, substituteName: substitute.displayName, role: new.role,
            lendsRoles: new.lendsRoles, beginsAt: begins, endsAt: new.endsAt)
        let statements = [
            made.insertion(by: principal.id, at: clock.now()),
            AuditEntry(
                "substitution.created", objectType: "substitution", objectID: made.id.description, new: made.audited,
                by: principal.actor(origin: origin)
            ).insertion(in: scope),
        ]
        try await database.transaction(scope) { _ = try await $0.commit(with: statements) }
        return made
    }

    private func absent(_ name: String?, _ principal: Principal, in scope: TenantScope) async throws -> Principal {
        guard let name else { return principal }
        return try await person(name, at: "/principal", in: scope)
    }

    private func person(_ name: String, at path: String, in scope: TenantScope) async throws -> Principal {
        guard let person = try await people.principal(named: name, in: scope),
            person.home.ownerID == scope.ownerID,
            person.bindings.contains(where: { $0.role.holds(.humanTasksDecide) })
        else {
            throw Problem(
                .invalidRequest, "This person is not known here.",
                items: [
                    .init(
                        path: path, message: "Name somebody who may decide tasks here, by identifier or mail address.")
                ])
        }
        return person
    }

    private func check(
        _ new: New, _ absent: Principal, _ substitute: Principal, _ begins: Timestamp
    ) throws(Problem) {
        var items: [Problem.Item] = []
        if absent.id == substitute.id { items.append(.init(path: "/substitute", message: "Must be somebody else.")) }
        let days = (new.endsAt.unixSeconds - begins.unixSeconds) / 86_400
        if days <= 0 || days > Self.maximumDays || new.endsAt <= clock.now() {
            items.append(
                .init(
                    path: "/until", message: "Must be after “from” and now, by at most \(Int(Self.maximumDays)) days."))
        }
        guard items.isEmpty else { throw Problem(.invalidRequest, "The substitution is not valid.", items: items) }
    }

    /// Ends a substitution early. Whoever is away, the substitute and an administrator can.
    package func end(_ id: SubstitutionID, in scope: TenantScope, by principal: Principal, from origin: String? = nil)
        async throws -> Substitution
    {
        let now = clock.now()
        return try await database.transaction(scope) { transaction in
            let row = try await transaction.one(
                """
                \(fragment: Substitution.selection)
                WHERE \(fragment: scope.isExactly("substitution")) AND substitution.substitution_id = \(id)
                FOR UPDATE
                """)
            guard var found = try row.map(Substitution.init(row:)) else { throw Problem.notFound("substitution") }
            guard
                [found.principalID, found.substituteID].contains(principal.id)
                    || principal.allows(.principalsWrite, in: scope)
            else { throw Problem(.forbidden, "Whoever is away, the substitute or an administrator can end this.") }
            guard found.endedEarlyAt == nil, found.endsAt > now else { return found }
            let old = found
            found.endedEarlyAt = now
            try await transaction.commit(with: [
                """
                UPDATE millwright.substitution SET ended_early_at = \(now)
                WHERE partner_id = \(scope.ownerID) AND substitution_id = \(id)
                """,
                AuditEntry(
                    "substitution.ended", objectType: "substitution", objectID: id.description, old: old.audited,
                    new: found.audited, by: principal.actor(origin: origin)
                ).insertion(in: scope),
            ])
            return found
        }
    }

    /// Those of the scope itself, also past ones, oldest first.
    package func list(in scope: TenantScope, page: PageRequest) async throws -> Page<Substitution> {
        let rows = try await database.readPipeline(
            scope,
            [
                """
                \(fragment: Substitution.selection)
                WHERE \(fragment: scope.isExactly("substitution"))
                  AND (\(page.after)::uuid IS NULL OR substitution.substitution_id > \(page.after))
                ORDER BY substitution.substitution_id
                LIMIT \(page.limit + 1)
                """
            ])[0]
        return page.page(of: try rows.map(Substitution.init(row:))) { $0.id.raw }
    }

    /// For whom the principal stands in now, wherever.
    package func current(of substitute: Principal) async throws -> [Substitution] {
        try await open(
            of: substitute,
            """
            substitution.substitute_principal_id = \(substitute.id) AND \(fragment: Substitution.holds(at: clock.now()))
            """)
    }

    /// Those that have not ended in which the principal is away or stands in, wherever.
    package func concerning(_ principal: Principal) async throws -> [Substitution] {
        try await open(
            of: principal,
            """
            substitution.ended_early_at IS NULL AND substitution.ends_at > \(clock.now())
              AND (substitution.principal_id = \(principal.id) OR substitution.substitute_principal_id = \(principal.id))
            """)
    }

    /// People have substitutions among their own partner's people alone.
    private func open(of principal: Principal, _ condition: Statement) async throws -> [Substitution] {
        try await database.readPipeline(
            .platform,
            [
                """
                \(fragment: Substitution.selection)
                WHERE substitution.partner_id = \(principal.home.ownerID) AND \(fragment: condition)
                ORDER BY substitution.substitution_id
                LIMIT 50
                """
            ])[0].map(Substitution.init(row:))
    }
}

extension Substitution {
    fileprivate func insertion(by creator: PrincipalID, at now: Timestamp) -> Statement {
        """
        INSERT INTO millwright.substitution (
          partner_id, client_id, plant_id, substitution_id, principal_id, principal_name, substitute_principal_id,
          substitute_name, role, lends_roles, begins_at, ends_at, created_by_principal_id, created_at)
        VALUES (
          \(scope.ownerID), \(scope.clientID), \(scope.plantID), \(id), \(principalID), \(principalName),
          \(substituteID), \(substituteName), \(role as Role?), \(lendsRoles), \(beginsAt), \(endsAt), \(creator),
          \(now))
        """
    }

    fileprivate var audited: JSONValue {
        [
            "principal": .string(principalID.description), "substitute": .string(substituteID.description),
            "role": role.map { .string($0.rawValue) } ?? .null, "lendsRoles": .bool(lendsRoles),
            "from": .string(beginsAt.description), "until": .string((endedEarlyAt ?? endsAt).description),
        ]
    }
}

extension TenantScope {
    /// The rows of this very level.
    fileprivate func isExactly(_ alias: StaticString) -> Statement {
        """
        \(raw: alias).partner_id = \(ownerID) AND \(raw: alias).client_id IS NOT DISTINCT FROM \(clientID)
        AND \(raw: alias).plant_id IS NOT DISTINCT FROM \(plantID)
        """
    }
}
