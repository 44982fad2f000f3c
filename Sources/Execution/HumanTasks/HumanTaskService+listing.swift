import Database
package import Primitives
package import Tenancy

extension HumanTaskService {
    package struct Filter: Sendable, Hashable {
        package var statuses: Set<HumanTask.Status>
        /// For any of these roles.
        package var roles: Set<Role>?
        /// Also what names this person, beside the roles.
        package var person: Principal?
        package var runID: RunID?
        package var assignee: PrincipalID?
        /// Only what was to be followed up by then.
        package var followUpBy: Timestamp?
        /// Also what this person has taken.
        var standsInFor: PrincipalID?

        package init(
            statuses: Set<HumanTask.Status> = [.open, .claimed], roles: Set<Role>? = nil, person: Principal? = nil,
            runID: RunID? = nil, assignee: PrincipalID? = nil, followUpBy: Timestamp? = nil
        ) {
            self.statuses = statuses
            self.roles = roles
            self.person = person
            self.runID = runID
            self.assignee = assignee
            self.followUpBy = followUpBy
        }
    }

    /// Tasks of a scope, the most urgent first: by priority, then by due date, then by age.
    package func list(in scope: TenantScope, matching filter: Filter = .init(), page: PageRequest) async throws
        -> Page<HumanTask>
    {
        let rows = try await database.readPipeline(
            scope,
            [
                .fitting(
                    """
                    SELECT task.*, \(raw: HumanTask.bytes) AS bytes
                    FROM (
                      SELECT \(raw: HumanTask.columns)
                      FROM millwright.human_task AS task
                      \(raw: HumanTask.joins)
                      WHERE \(fragment: scope.owns("task"))\(fragment: conditions(filter, page))
                      ORDER BY -task.priority, coalesce(task.due_at, 'infinity'::timestamptz), task.human_task_id
                      LIMIT \(page.limit + 1)
                    ) AS task
                    """, order: "-priority, coalesce(due_at, 'infinity'::timestamptz), human_task_id")
            ])[0]
        return try page.page(fitting: rows, HumanTask.init(row:)) { $0.id.raw }
    }

    /// The open tasks that the principal can decide in the scope: those of its roles there, and those that name it.
    package func list(for principal: Principal, in scope: TenantScope, page: PageRequest) async throws
        -> Page<HumanTask>
    {
        try await list(
            in: scope, matching: Filter(roles: principal.roles(in: scope), person: principal), page: page)
    }

    /// What the substitute can decide only because somebody is away: what that person has taken, what names it, and what is
    /// for roles that were lent.
    package func list(for substitute: Principal, by substitution: Substitution, page: PageRequest) async throws
        -> Page<HumanTask>
    {
        let scope = substitution.scope
        guard let absent = try await people.principal(substitution.principalID, in: scope) else {
            return Page(items: [], next: nil)
        }
        var roles = absent.roles(in: scope)
        if let only = substitution.role { roles.formIntersection([only]) }
        let lent = substitution.lendsRoles ? roles.subtracting(substitute.roles(in: scope)) : []
        var filter = Filter(roles: lent, person: substitution.role == nil ? absent : nil)
        filter.standsInFor = absent.id
        return try await list(in: scope, matching: filter, page: page)
    }

    private func conditions(_ filter: Filter, _ page: PageRequest) -> Statement {
        var conditions: Statement = ""
        func add(_ condition: Statement) { conditions = "\(fragment: conditions) AND \(fragment: condition)" }
        if let after = page.after { add(Self.follows(after)) }
        if filter.statuses == [.open, .claimed] {
            add("task.status IN ('open', 'claimed')")
        } else {
            add("task.status = ANY (\(filter.statuses.map(\.rawValue).sorted()))")
        }
        if let absent = filter.standsInFor {
            let candidate = candidate(filter) ?? "false"
            add("(task.assignee_principal_id = \(absent) OR task.status = 'open' AND \(fragment: candidate))")
        } else if let candidate = candidate(filter) {
            add(candidate)
        }
        if let run = filter.runID { add("task.run_id = \(run)") }
        if let assignee = filter.assignee { add("task.assignee_principal_id = \(assignee)") }
        if let moment = filter.followUpBy { add("task.follow_up_at <= \(moment)") }
        return conditions
    }

    private func candidate(_ filter: Filter) -> Statement? {
        guard filter.roles != nil || filter.person != nil else { return nil }
        let roles = (filter.roles ?? []).map(\.rawValue).sorted()
        let names = [filter.person?.id.description, filter.person?.email].compactMap { $0 }
        return "(task.role = ANY (\(roles)) OR task.candidate_roles && \(roles) OR task.candidate_people && \(names))"
    }

    /// Where the last page ended. The task that it ended with is looked at as it is now.
    private static func follows(_ last: UUIDv7) -> Statement {
        """
        (-task.priority, coalesce(task.due_at, 'infinity'::timestamptz), task.human_task_id) > (
          SELECT -last.priority, coalesce(last.due_at, 'infinity'::timestamptz), last.human_task_id
          FROM millwright.human_task AS last
          WHERE last.human_task_id = \(last)
          LIMIT 1)
        """
    }
}
