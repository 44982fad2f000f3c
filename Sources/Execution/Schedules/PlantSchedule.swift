import Database
package import JSON
package import Primitives
package import Workflow

/// What time starts of one workflow.
package struct PlantSchedule: Sendable, Hashable {
    package struct Timing: Sendable, Hashable {
        package var rule: TimedRule
        package var status: ScheduleStatus
        /// Why it is broken.
        package var detail: String?
        package var timeZone: String?
        /// When the next run is to start, the jitter included.
        package var nextDueAt: Timestamp?
        package var lastMoment: Timestamp?
        package var lastStartedAt: Timestamp?
        package var lastRunID: RunID?
        package var lastRunStatus: RunStatus?
        package var queuedMoment: Timestamp?
        package var skipped: Int64
        package var skippedAt: Timestamp?
        package var skipReason: ScheduleSkipReason?
    }

    package var workflowID: WorkflowID
    package var workflowName: String
    package var timings: [Timing]
}

/// Events that wait for others to start a run with, or waited in vain.
package struct WaitingEventSet: Sendable, Hashable {
    package var id: UUIDv7
    package var workflowID: WorkflowID
    package var workflowName: String
    /// What the events have in common.
    package var correlation: JSONValue
    /// In the order of the definition's filters; `nil` where the event is missing.
    package var events: [EventRecordID?]
    package var openedAt: Timestamp
    package var closedAt: Timestamp?
    /// Why it was given up: `too-old`, `too-many`, `workflow-changed`, `too-large`.
    package var reason: String?
}

extension PlantSchedule {
    init(row: Row) throws {
        let state = try ScheduleState(row: row)
        // A moment that is only there to be planned is none.
        let isPlanned = state.status == .planned
        self.init(
            workflowID: try row.decode("workflow_id"), workflowName: try row.decode("name"),
            timings: [
                Timing(
                    rule: try TimedRule(json: try row.decode("rule")), status: state.status, detail: state.detail,
                    timeZone: state.timeZone, nextDueAt: isPlanned ? state.nextDueAt : nil,
                    lastMoment: state.lastMoment, lastStartedAt: state.lastStartedAt, lastRunID: state.lastRunID,
                    lastRunStatus: try row.decode("run_status", as: RunStatus?.self),
                    queuedMoment: state.queuedMoment, skipped: state.skipped, skippedAt: state.skippedAt,
                    skipReason: state.skipReason)
            ])
    }
}

extension WaitingEventSet {
    init(row: Row) throws {
        let set = try EventSet(row: row)
        self.init(
            id: set.id, workflowID: try row.decode("workflow_id"), workflowName: try row.decode("name"),
            correlation: .object(set.correlation), events: set.events, openedAt: set.openedAt,
            closedAt: try row.decode("closed_at", as: Timestamp?.self),
            reason: try row.decode("reason", as: String?.self))
    }
}
