package import Database
package import Primitives
package import Tenancy

/// The tasks of people: seeing them here, claiming and deciding them in the extensions.
///
/// The caller has made sure that the principal may read or decide tasks in the scope; what is checked here is the task itself: its
/// role, its state, who else has it, and whether four eyes are asked for.
package struct HumanTaskService: Sendable {
    let database: Database
    let board: DispatchBoard
    let clock: any WallClock

    package init(database: Database, board: DispatchBoard, clock: any WallClock = SystemWallClock()) {
        self.database = database
        self.board = board
        self.clock = clock
    }

    package struct Filter: Sendable, Hashable {
        package var statuses: Set<HumanTask.Status>
        package var roles: Set<Role>?
        package var runID: RunID?
        package var assignee: PrincipalID?

        package init(
            statuses: Set<HumanTask.Status> = [.open, .claimed], roles: Set<Role>? = nil, runID: RunID? = nil,
            assignee: PrincipalID? = nil
        ) {
            self.statuses = statuses
            self.roles = roles
            self.runID = runID
            self.assignee = assignee
        }
    }

    /// Tasks of a scope, oldest first.
    package func list(in scope: TenantScope, matching filter: Filter = .init(), page: PageRequest) async throws
        -> Page<HumanTask>
    {
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT \(raw: HumanTask.columns)
                FROM millwright.human_task AS task
                \(raw: HumanTask.joins)
                WHERE \(fragment: scope.owns("task"))\(fragment: conditions(filter, page))
                ORDER BY task.human_task_id
                LIMIT \(page.limit + 1)
                """
            ])[0]
        return page.page(of: try rows.map(HumanTask.init(row:))) { $0.id.raw }
    }

    /// The open tasks that the principal can decide in the scope: those of its roles there, or that it has claimed.
    package func list(for principal: Principal, in scope: TenantScope, page: PageRequest) async throws
        -> Page<HumanTask>
    {
        try await list(in: scope, matching: Filter(roles: principal.roles(in: scope)), page: page)
    }

    private func conditions(_ filter: Filter, _ page: PageRequest) -> Statement {
        var conditions: Statement = ""
        func add(_ condition: Statement) { conditions = "\(fragment: conditions) AND \(fragment: condition)" }
        if let after = page.after { add("task.human_task_id > \(after)") }
        if filter.statuses == [.open, .claimed] {
            add("task.status IN ('open', 'claimed')")
        } else {
            add("task.status = ANY (\(filter.statuses.map(\.rawValue).sorted()))")
        }
        if let roles = filter.roles { add("task.role = ANY (\(roles.map(\.rawValue).sorted()))") }
        if let run = filter.runID { add("task.run_id = \(run)") }
        if let assignee = filter.assignee { add("task.assignee_principal_id = \(assignee)") }
        return conditions
    }

    package func task(_ id: HumanTaskID, in scope: TenantScope) async throws -> HumanTask {
        try await database.read(scope) { try await Self.task(id, try PlantKey(scope), $0) }
    }

    static func task(_ id: HumanTaskID, _ plant: PlantKey, _ transaction: TenantTransaction) async throws -> HumanTask {
        guard let row = try await transaction.one(selection(id, plant)) else { throw Problem.notFound("human task") }
        return try HumanTask(row: row)
    }

    /// Holds the task against everybody else until the transaction ends. It is read after the lock was had, so that a
    /// decision that was made meanwhile is seen.
    static func lockedTask(_ id: HumanTaskID, _ plant: PlantKey, _ transaction: TenantTransaction) async throws
        -> HumanTask
    {
        let rows = try await transaction.batch([
            """
            SELECT
            FROM millwright.human_task AS task
            WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
            FOR UPDATE
            """,
            selection(id, plant),
        ])
        guard let row = rows[1].first else { throw Problem.notFound("human task") }
        return try HumanTask(row: row)
    }

    private static func selection(_ id: HumanTaskID, _ plant: PlantKey) -> Statement {
        """
        SELECT \(raw: HumanTask.columns)
        FROM millwright.human_task AS task
        \(raw: HumanTask.joins)
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
        """
    }
}
