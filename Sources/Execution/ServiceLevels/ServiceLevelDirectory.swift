package import Database
package import Primitives
package import Tenancy
import Workflow

/// The clocks of a plant's runs, to be looked at.
package struct ServiceLevelDirectory: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    package enum State: String, Sendable, Hashable, CaseIterable { case running, paused, stopped, breached }

    /// A run with its clocks.
    package struct Entry: Sendable {
        package var runID: RunID
        package var workflowID: WorkflowID
        package var workflowName: String
        package var clocks: [Clock]
    }

    package struct Clock: Sendable {
        package var name: String
        package var status: String
        package var startedAt: Timestamp
        package var targetSeconds: Double
        package var dueAt: Timestamp?
        package var stoppedAt: Timestamp?
        package var breachedAt: Timestamp?
        package var warningsGiven: Int
    }

    /// What happened to the clocks of a run, in order.
    package struct Occurrence: Sendable {
        package var clock: String
        package var occasion: String
        package var occurredAt: Timestamp
        package var dueAt: Timestamp?
    }

    /// Runs of a plant that have clocks in the state, the newest first, each with those clocks.
    package func list(in scope: TenantScope, state: State?, run: RunID?, page: PageRequest) async throws -> Page<Entry>
    {
        let plant = try PlantKey(scope)
        let condition = state.map(Self.condition) ?? "true"
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT clock.run_id, clock.workflow_id, workflow.name AS workflow_name, clock.name, clock.status,
                  clock.started_at, clock.target_seconds, clock.due_at, clock.stopped_at, clock.breached_at,
                  clock.warnings_given
                FROM millwright.sla_clock AS clock
                JOIN millwright.workflow AS workflow
                  ON \(fragment: plant.owns("workflow")) AND workflow.workflow_id = clock.workflow_id
                WHERE \(fragment: plant.owns("clock")) AND \(fragment: condition) AND clock.run_id = ANY (ARRAY(
                  SELECT DISTINCT clock.run_id
                  FROM millwright.sla_clock AS clock
                  WHERE \(fragment: plant.owns("clock")) AND \(fragment: condition)
                    AND (\(run as RunID?)::uuid IS NULL OR clock.run_id = \(run as RunID?))
                    AND (\(page.after as UUIDv7?)::uuid IS NULL OR clock.run_id < \(page.after as UUIDv7?))
                  ORDER BY clock.run_id DESC
                  LIMIT \(page.limit + 1)))
                ORDER BY clock.run_id DESC, clock.name
                """
            ])[0]
        var entries: [Entry] = []
        for row in rows {
            let entry = try Entry(row: row)
            if entries.last?.runID == entry.runID {
                entries[entries.count - 1].clocks += entry.clocks
            } else {
                entries.append(entry)
            }
        }
        return page.page(of: entries) { $0.runID.raw }
    }

    private static func condition(_ state: State) -> Statement {
        switch state {
        case .breached: "clock.breached_at IS NOT NULL"
        case .stopped: "clock.status = 'stopped'"
        case .running: "clock.status <> 'stopped' AND clock.status = 'running'"
        case .paused: "clock.status <> 'stopped' AND clock.status = 'paused'"
        }
    }

    package func occurrences(of run: RunID, in scope: TenantScope) async throws -> [Occurrence] {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT occurrence.name, occurrence.occasion, occurrence.occurred_at, occurrence.due_at
                FROM millwright.sla_occurrence AS occurrence
                WHERE \(fragment: plant.owns("occurrence")) AND occurrence.run_id = \(run)
                ORDER BY occurrence.occurred_at, occurrence.name, occurrence.occasion
                """
            ])[0]
        return try rows.map {
            Occurrence(
                clock: try $0.decode("name"), occasion: try $0.decode("occasion"),
                occurredAt: try $0.decode("occurred_at"), dueAt: try $0.decode("due_at", as: Timestamp?.self))
        }
    }
}

extension ServiceLevelDirectory.Entry {
    fileprivate init(row: Row) throws {
        self.init(
            runID: try row.decode("run_id"), workflowID: try row.decode("workflow_id"),
            workflowName: try row.decode("workflow_name"), clocks: [try .init(row: row)])
    }
}

extension ServiceLevelDirectory.Clock {
    fileprivate init(row: Row) throws {
        self.init(
            name: try row.decode("name"), status: try row.decode("status"), startedAt: try row.decode("started_at"),
            targetSeconds: try row.decode("target_seconds"), dueAt: try row.decode("due_at", as: Timestamp?.self),
            stoppedAt: try row.decode("stopped_at", as: Timestamp?.self),
            breachedAt: try row.decode("breached_at", as: Timestamp?.self),
            warningsGiven: try row.decode("warnings_given"))
    }
}
