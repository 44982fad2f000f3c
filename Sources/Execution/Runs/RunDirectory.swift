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

    package init(
        database: Database, board: DispatchBoard, ids: OrderedIdentifiers = OrderedIdentifiers(),
        clock: any WallClock = SystemWallClock()
    ) {
        self.database = database
        self.board = board
        self.ids = ids
        self.clock = clock
    }

    /// Newest first.
    package func list(in scope: TenantScope, matching filter: RunFilter = .init(), page: PageRequest) async throws
        -> Page<RunSummary>
    {
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT \(raw: RunSummary.columns)
                FROM millwright.run AS run
                JOIN millwright.workflow AS workflow
                  ON workflow.partner_id = run.partner_id AND workflow.client_id = run.client_id
                  AND workflow.plant_id = run.plant_id AND workflow.workflow_id = run.workflow_id
                WHERE \(fragment: scope.owns("run"))\(fragment: conditions(filter, page))
                ORDER BY run.run_id DESC
                LIMIT \(page.limit + 1)
                """
            ])[0]
        return page.page(of: try rows.map(RunSummary.init(row:))) { $0.id.raw }
    }

    /// A condition that is not asked for is left out, so that each question uses its own index.
    private func conditions(_ filter: RunFilter, _ page: PageRequest) -> Statement {
        var conditions: Statement = ""
        func add(_ condition: Statement) { conditions = "\(fragment: conditions) AND \(fragment: condition)" }
        if let after = page.after { add("run.run_id < \(after)") }
        if filter.statuses.count == 1, let status = filter.statuses.first {
            add("run.status = \(status.rawValue)")
        } else if !filter.statuses.isEmpty {
            add("run.status = ANY (\(filter.statuses.map(\.rawValue).sorted()))")
        }
        if let workflow = filter.workflowID { add("run.workflow_id = \(workflow)") }
        if let key = filter.businessKey { add("run.business_key = \(key)") }
        if let event = filter.eventID {
            // The runs of an event carry the first half of its identifier.
            add("run.run_id >= \(UUIDv7(high: event.raw.high, low: 0))")
            add("run.run_id <= \(UUIDv7(high: event.raw.high, low: .max))")
            add("run.event_id = \(event)")
        }
        if let from = filter.acceptedFrom { add("run.accepted_at >= \(from)") }
        if let to = filter.acceptedTo { add("run.accepted_at < \(to)") }
        return conditions
    }

    package func run(_ id: RunID, in scope: TenantScope) async throws -> RunDetail {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT \(raw: RunSummary.columns), run.sequence, run.input, run.output, run.state, event.source,
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
        let since: Statement = acceptedFrom.map { "AND run.accepted_at >= \($0)" } ?? ""
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT run.status, count(*) AS runs
                FROM millwright.run AS run
                WHERE \(fragment: scope.owns("run")) \(fragment: since)
                GROUP BY run.status
                """
            ])[0]
        var counts: [RunStatus: Int] = [:]
        for row in rows { counts[try row.decode("status", as: RunStatus.self)] = try row.decode("runs") }
        return counts
    }
}
