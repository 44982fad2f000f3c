import Database
import JSON
import Primitives
import Workflow

/// One schedule of a workflow, as it is stored.
struct ScheduleRow: Sendable {
    enum LastRun: Sendable, Hashable {
        /// There is none, or it is not known any more.
        case none
        case open
        case ended(Timestamp)

        var endedAt: Timestamp? {
            if case .ended(let moment) = self { moment } else { nil }
        }
    }

    let rule: TimedRule
    var state: ScheduleState
    var lastRun: LastRun

    /// Later ones started later.
    var startOrder: Timestamp { state.lastStartedAt ?? Timestamp(unixMicroseconds: .min) }

    func needsLook(at now: Timestamp) -> Bool {
        let isDue = state.nextDueAt.map { $0 <= now } ?? false
        switch state.status {
        case .off, .parked: return false
        // It also keeps the run that it waits for, and is not tried before its time for that.
        case .broken: return isDue
        case .new, .planned: return isDue || state.awaitsRunID != nil
        }
    }

    func update(of key: ScheduleService.WorkflowKey) -> Statement {
        """
        UPDATE millwright.workflow_schedule AS schedule
        SET status = \(state.status.rawValue), detail = \(state.detail as String?),
          time_zone = \(state.timeZone as String?), is_plant_zone = \(state.isPlantZone),
          anchor_at = \(state.anchorAt as Timestamp?), next_moment = \(state.nextMoment as Timestamp?),
          next_due_at = \(state.nextDueAt as Timestamp?), last_moment = \(state.lastMoment as Timestamp?),
          last_started_at = \(state.lastStartedAt as Timestamp?), last_run_id = \(state.lastRunID as RunID?),
          queued_moment = \(state.queuedMoment as Timestamp?), awaits_run_id = \(state.awaitsRunID as RunID?),
          skipped = \(state.skipped), skipped_at = \(state.skippedAt as Timestamp?),
          skip_reason = \(state.skipReason?.rawValue as String?)
        WHERE \(fragment: key.plant.owns("schedule")) AND schedule.workflow_id = \(key.workflowID)
          AND schedule.kind = \(rule.kind.rawValue)
        """
    }
}

extension ScheduleRow {
    /// With the end of its last run. One that is gone counts as ended when it was started.
    static func selection(of key: ScheduleService.WorkflowKey) -> Statement {
        """
        SELECT \(raw: ScheduleState.columns), schedule.rule, run.run_id, run.ended_at
        FROM millwright.workflow_schedule AS schedule
        LEFT JOIN LATERAL (
          SELECT run.run_id, run.ended_at
          FROM millwright.run AS run
          WHERE \(fragment: key.plant.owns("run")) AND run.run_id = schedule.last_run_id
          LIMIT 1
        ) AS run ON true
        WHERE \(fragment: key.plant.owns("schedule")) AND schedule.workflow_id = \(key.workflowID)
        ORDER BY schedule.kind
        """
    }

    init(row: Row) throws {
        let state = try ScheduleState(row: row)
        let lastRun: LastRun
        if try row.decode("run_id", as: RunID?.self) == nil {
            lastRun = state.lastStartedAt.map { .ended($0) } ?? .none
        } else {
            lastRun = try row.decode("ended_at", as: Timestamp?.self).map { .ended($0) } ?? .open
        }
        self.init(rule: try TimedRule(json: try row.decode("rule")), state: state, lastRun: lastRun)
    }
}

extension ScheduleState {
    static let columns: StaticString = """
        schedule.status, schedule.detail, schedule.time_zone, schedule.is_plant_zone, schedule.anchor_at,
        schedule.next_moment, schedule.next_due_at, schedule.last_moment, schedule.last_started_at,
        schedule.last_run_id, schedule.queued_moment, schedule.awaits_run_id, schedule.skipped, schedule.skipped_at,
        schedule.skip_reason
        """

    init(row: Row) throws {
        self.init(
            status: try row.decode("status"), detail: try row.decode("detail", as: String?.self),
            timeZone: try row.decode("time_zone", as: String?.self), isPlantZone: try row.decode("is_plant_zone"),
            anchorAt: try row.decode("anchor_at", as: Timestamp?.self),
            nextMoment: try row.decode("next_moment", as: Timestamp?.self),
            nextDueAt: try row.decode("next_due_at", as: Timestamp?.self),
            lastMoment: try row.decode("last_moment", as: Timestamp?.self),
            lastStartedAt: try row.decode("last_started_at", as: Timestamp?.self),
            lastRunID: try row.decode("last_run_id", as: RunID?.self),
            queuedMoment: try row.decode("queued_moment", as: Timestamp?.self),
            awaitsRunID: try row.decode("awaits_run_id", as: RunID?.self), skipped: try row.decode("skipped"),
            skippedAt: try row.decode("skipped_at", as: Timestamp?.self),
            skipReason: try row.decode("skip_reason", as: String?.self).flatMap { ScheduleSkipReason(rawValue: $0) })
    }
}
