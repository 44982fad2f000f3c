package import Database
package import Primitives
package import Tenancy
package import Workflow

/// The runs of a plant: looking at them here; starting, cancelling and suspending them in the extensions. A run of
/// another plant answers as one that does not exist.
package struct RunDirectory: Sendable {
    let database: Database
    let board: DispatchBoard
    let ids: OrderedIdentifiers
    let clock: any WallClock
    let months = ActiveMonths()
    /// Definitions that repairing looks at.
    let shelf: DefinitionShelf

    package init(
        database: Database, board: DispatchBoard, definitions: any DefinitionSource,
        ids: OrderedIdentifiers = OrderedIdentifiers(), clock: any WallClock = SystemWallClock()
    ) {
        self.database = database
        self.board = board
        shelf = DefinitionShelf(definitions)
        self.ids = ids
        self.clock = clock
    }

    /// Newest first.
    package func list(in scope: TenantScope, matching filter: RunFilter = .init(), page: PageRequest) async throws
        -> Page<RunSummary>
    {
        let rows = try await database.readPipeline(scope, [Self.listing(filter, in: scope, page)])[0]
        return page.page(of: try rows.map(RunSummary.init(row:))) { $0.id.raw }
    }

    /// The statement of a list: its plans are tested.
    package static func listing(_ filter: RunFilter, in scope: TenantScope, _ page: PageRequest) -> Statement {
        let after: Statement = page.after.map { " AND run.run_id < \($0)" } ?? ""
        return """
            SELECT \(raw: RunSummary.columns), \(raw: RunSummary.shortError)
            FROM \(fragment: filter.newest("run.*", scope.owns("run"), after, limit: page.limit + 1))
            JOIN millwright.workflow AS workflow
              ON workflow.partner_id = run.partner_id AND workflow.client_id = run.client_id
              AND workflow.plant_id = run.plant_id AND workflow.workflow_id = run.workflow_id
            ORDER BY run.run_id DESC
            LIMIT \(page.limit + 1)
            """
    }

    package func run(_ id: RunID, in scope: TenantScope) async throws -> RunDetail {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT \(raw: RunSummary.columns), run.error, run.sequence, run.input, run.output, run.state, event.source,
                  event.source_event_id, event.type, event.subject, event.occurred_at, event.received_at,
                  event.attributes, event.data, event.chain_depth AS event_chain_depth,
                  millwright.has_aged_out(\(AgeingTable.journal.rawValue), run.run_id) AS has_aged_out
                FROM millwright.run AS run
                JOIN millwright.workflow AS workflow
                  ON \(fragment: plant.owns("workflow")) AND workflow.workflow_id = run.workflow_id
                LEFT JOIN millwright.event AS event
                  ON \(fragment: plant.owns("event")) AND event.event_id = run.event_id
                WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)
                """
            ])[0]
        guard let row = rows.first else { throw Problem.notFound("run") }
        return RunDetail(
            summary: try RunSummary(row: row), sequence: try row.decode("sequence"), input: try row.keptRunInput(),
            output: try row.decode("output"), state: try row.decode("state"),
            hasAgedOut: try row.decode("has_aged_out"))
    }

    /// How many runs of the plant stand where, optionally only those accepted from a moment on.
    package func counts(in scope: TenantScope, acceptedFrom: Timestamp? = nil) async throws -> [RunStatus: Int] {
        let filter = RunFilter(acceptedFrom: acceptedFrom)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT run.status, count(*) AS runs
                FROM millwright.run AS run
                WHERE \(fragment: scope.owns("run"))\(fragment: filter.conditions)
                GROUP BY run.status
                """
            ])[0]
        var counts: [RunStatus: Int] = [:]
        for row in rows { counts[try row.decode("status", as: RunStatus.self)] = try row.decode("runs") }
        return counts
    }
}
