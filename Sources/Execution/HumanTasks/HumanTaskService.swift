package import Database
package import Primitives
import Tenancy

/// The tasks of people: seeing them here; claiming, handing on, deciding, talking about and proving them in the extensions.
///
/// The caller has made sure that the principal may read or decide tasks in the scope; what is checked here is the task itself:
/// whom it is for, its state, who else has it, and which duties are to be kept apart.
package struct HumanTaskService: Sendable {
    let database: Database
    let board: DispatchBoard
    let bell: DeadlineBell
    let people: PrincipalLookup
    let clock: any WallClock

    /// - Parameter bell: of the deadlines service of this process, so that what is to be told is told at once. Without it
    ///   that waits for the service's next look.
    package init(
        database: Database, board: DispatchBoard, bell: DeadlineBell = DeadlineBell(),
        clock: any WallClock = SystemWallClock()
    ) {
        self.database = database
        self.board = board
        self.bell = bell
        people = PrincipalLookup(database)
        self.clock = clock
    }

    /// Who stands in for whom.
    package var substitutions: SubstitutionDirectory { SubstitutionDirectory(database: database, clock: clock) }

    package func task(_ id: HumanTaskID, in scope: TenantScope) async throws -> HumanTask {
        try await database.read(scope) { try await Self.task(id, try PlantKey(scope), $0) }
    }

    static func task(_ id: HumanTaskID, _ plant: PlantKey, _ transaction: TenantTransaction) async throws -> HumanTask {
        guard let row = try await transaction.one(selection(id, plant)) else { throw Problem.notFound("human task") }
        return try HumanTask(row: row)
    }

    /// A task that nobody else can change until the transaction ends, with what it is judged by.
    struct Held {
        var task: HumanTask
        var family: [FamilyDecision]
        /// By which somebody acts for the one who is away.
        var substitutions: [Substitution] = []
    }

    /// Holds the task, and its family against others that decide. All is read after the locks were had, so that a
    /// decision that was made meanwhile is seen.
    ///
    /// - Parameters:
    ///   - people: whose other decisions count; `nil` for everybody's.
    ///   - absent: for whom somebody acts as substitute.
    static func held(
        _ id: HumanTaskID, _ plant: PlantKey, people: [PrincipalID]?, substitute: PrincipalID? = nil,
        for absent: PrincipalID? = nil, at now: Timestamp, _ transaction: TenantTransaction
    ) async throws -> Held {
        var statements = [
            FamilyDecision.lock(id, plant),
            """
            SELECT
            FROM millwright.human_task AS task
            WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
            FOR UPDATE
            """,
            selection(id, plant), FamilyDecision.selection(besides: id, of: people, plant),
        ]
        if let substitute, let absent {
            statements.append(Substitution.active(of: absent, by: substitute, plant, at: now))
        }
        let rows = try await transaction.batch(statements)
        guard let row = rows[2].first else { throw Problem.notFound("human task") }
        return Held(
            task: try HumanTask(row: row), family: try rows[3].map(FamilyDecision.init(row:)),
            substitutions: try statements.count > 4 ? rows[4].map(Substitution.init(row:)) : [])
    }

    static func selection(_ id: HumanTaskID, _ plant: PlantKey) -> Statement {
        """
        SELECT \(raw: HumanTask.columns)
        FROM millwright.human_task AS task
        \(raw: HumanTask.joins)
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
        """
    }
}
