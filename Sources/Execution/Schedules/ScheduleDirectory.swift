package import Database
import JSON
package import Primitives
package import Tenancy
import Workflow

/// What time and several events start in a plant, to be looked at.
package struct ScheduleDirectory: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// In the order of the workflows; `PageRequest.after` is a workflow's identifier.
    package func list(in scope: TenantScope, page: PageRequest) async throws -> Page<PlantSchedule> {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT schedule.workflow_id, workflow.name, schedule.kind, schedule.rule, run.run_id,
                  run.status AS run_status, \(raw: ScheduleState.columns)
                FROM millwright.workflow_schedule AS schedule
                JOIN millwright.workflow AS workflow
                  ON \(fragment: plant.owns("workflow")) AND workflow.workflow_id = schedule.workflow_id
                LEFT JOIN LATERAL (
                  SELECT run.run_id, run.status
                  FROM millwright.run AS run
                  WHERE \(fragment: plant.owns("run")) AND run.run_id = schedule.last_run_id
                  LIMIT 1
                ) AS run ON true
                WHERE \(fragment: plant.owns("schedule")) AND schedule.workflow_id = ANY (ARRAY(
                  SELECT DISTINCT listed.workflow_id
                  FROM millwright.workflow_schedule AS listed
                  WHERE \(fragment: plant.owns("listed"))
                    AND (\(page.after as UUIDv7?)::uuid IS NULL OR listed.workflow_id > \(page.after as UUIDv7?))
                  ORDER BY listed.workflow_id
                  LIMIT \(page.limit + 1)))
                ORDER BY schedule.workflow_id, schedule.kind
                """
            ])[0]
        var schedules: [PlantSchedule] = []
        for row in rows {
            let schedule = try PlantSchedule(row: row)
            if schedules.last?.workflowID == schedule.workflowID {
                schedules[schedules.count - 1].timings += schedule.timings
            } else {
                schedules.append(schedule)
            }
        }
        return page.page(of: schedules) { $0.workflowID.raw }
    }

    /// The sets of events that wait for others, and those that were given up, newest first.
    package func eventSets(in scope: TenantScope, page: PageRequest) async throws -> Page<WaitingEventSet> {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT event_set.event_set_id, event_set.workflow_id, workflow.name, event_set.correlation,
                  to_json(event_set.event_ids) AS event_ids, event_set.opened_at, event_set.closed_at, event_set.reason
                FROM millwright.event_set AS event_set
                JOIN millwright.workflow AS workflow
                  ON \(fragment: plant.owns("workflow")) AND workflow.workflow_id = event_set.workflow_id
                WHERE \(fragment: plant.owns("event_set"))
                  AND (\(page.after as UUIDv7?)::uuid IS NULL OR event_set.event_set_id < \(page.after as UUIDv7?))
                ORDER BY event_set.event_set_id DESC
                LIMIT \(page.limit + 1)
                """
            ])[0]
        return page.page(of: try rows.map(WaitingEventSet.init(row:)), key: \.id)
    }
}

extension RunDirectory {
    /// What starts runs besides single events and people.
    package var schedules: ScheduleDirectory { ScheduleDirectory(database: database) }
    /// The clocks of the runs.
    package var serviceLevels: ServiceLevelDirectory { ServiceLevelDirectory(database: database) }
}
