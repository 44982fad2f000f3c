import Database
import JSON
import Primitives
import Workflow

/// A row of `sla_clock`.
struct ServiceLevelRow: Sendable {
    var runID: RunID
    var name: String
    var workflowID: WorkflowID
    var calendar: TimeKind
    var onWarning: ServiceLevelRequest.Response
    var onBreach: ServiceLevelRequest.Response
    var clock: ServiceLevelClock

    func response(to occasion: ServiceLevelClock.Occasion) -> ServiceLevelRequest.Response {
        occasion == .breach ? onBreach : onWarning
    }

    static let columns: StaticString = """
        clock.run_id, clock.name, clock.workflow_id, clock.status, clock.calendar, clock.target_seconds,
        to_json(clock.warnings) AS warnings, clock.on_warning, clock.on_breach, clock.started_at, clock.elapsed_seconds,
        clock.running_since, clock.stopped_at, clock.warnings_given, clock.breached_at, clock.due_at
        """

    /// Writes the row as it is now.
    func storing(in plant: PlantKey, _ time: ServiceLevelClock.Time) -> Statement {
        """
        INSERT INTO millwright.sla_clock AS clock (
          partner_id, client_id, plant_id, run_id, name, workflow_id, status, calendar, target_seconds, warnings,
          on_warning, on_breach, started_at, elapsed_seconds, running_since, stopped_at, warnings_given, breached_at,
          due_at, next_action_at)
        VALUES (
          \(fragment: plant.values), \(runID), \(name), \(workflowID), \(clock.status.rawValue), \(calendar.rawValue),
          \(clock.targetSeconds), \(clock.warnings), \(ExactJSON(onWarning.json)), \(ExactJSON(onBreach.json)),
          \(clock.startedAt), \(clock.elapsedSeconds), \(clock.runningSince as Timestamp?),
          \(clock.stoppedAt as Timestamp?), \(Int32(clock.warningsGiven)), \(clock.breachedAt as Timestamp?),
          \(clock.dueAt(time) as Timestamp?), \(clock.next(time)?.at as Timestamp?))
        ON CONFLICT ON CONSTRAINT sla_clock_pkey DO UPDATE
        SET status = excluded.status, calendar = excluded.calendar, target_seconds = excluded.target_seconds,
          warnings = excluded.warnings, on_warning = excluded.on_warning, on_breach = excluded.on_breach,
          started_at = excluded.started_at, elapsed_seconds = excluded.elapsed_seconds,
          running_since = excluded.running_since, stopped_at = excluded.stopped_at,
          warnings_given = excluded.warnings_given, breached_at = excluded.breached_at, due_at = excluded.due_at,
          next_action_at = excluded.next_action_at
        """
    }

    /// Runs that have ended: their clocks stop with them. A moment that has passed is still told.
    static func stopping(_ runs: Statement, in plant: PlantKey, at now: Timestamp) -> Statement {
        """
        UPDATE millwright.sla_clock AS clock
        SET status = 'stopped', stopped_at = \(now),
          next_action_at = CASE WHEN clock.next_action_at <= \(now) THEN clock.next_action_at END
        WHERE \(fragment: plant.owns("clock")) AND clock.status <> 'stopped' AND clock.run_id \(fragment: runs)
        """
    }
}

extension ServiceLevelRow {
    init(row: Row) throws {
        let calendar = try row.decode("calendar", as: String.self)
        let warnings = try row.decode("warnings", as: JSONValue.self).arrayValue ?? []
        self.init(
            runID: try row.decode("run_id"), name: try row.decode("name"), workflowID: try row.decode("workflow_id"),
            calendar: .init(rawValue: calendar) ?? .elapsed,
            onWarning: .init(json: try row.decode("on_warning", as: ExactJSON.self).value),
            onBreach: .init(json: try row.decode("on_breach", as: ExactJSON.self).value),
            clock: ServiceLevelClock(
                status: .init(rawValue: try row.decode("status", as: String.self)) ?? .stopped,
                startedAt: try row.decode("started_at"), targetSeconds: try row.decode("target_seconds"),
                warnings: warnings.compactMap(\.doubleValue), warningsGiven: try row.decode("warnings_given"),
                breachedAt: try row.decode("breached_at", as: Timestamp?.self),
                elapsedSeconds: try row.decode("elapsed_seconds"),
                runningSince: try row.decode("running_since", as: Timestamp?.self),
                stoppedAt: try row.decode("stopped_at", as: Timestamp?.self)))
    }
}
