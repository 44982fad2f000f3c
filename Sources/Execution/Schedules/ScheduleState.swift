import Primitives
import Workflow

/// Where one schedule of a workflow stands; a row of `workflow_schedule` without its keys and its rule.
struct ScheduleState: Sendable, Hashable {
    var status = ScheduleStatus.new
    /// Why it is broken.
    var detail: String?
    /// The zone that the next moment was found in.
    var timeZone: String?
    var isPlantZone = false
    var anchorAt: Timestamp?
    var nextMoment: Timestamp?
    /// Later than the moment by the jitter.
    var nextDueAt: Timestamp?
    /// None that is not later than this is started again, whatever the machine's clock says.
    var lastMoment: Timestamp?
    var lastStartedAt: Timestamp?
    var lastRunID: RunID?
    var queuedMoment: Timestamp?
    var awaitsRunID: RunID?
    var skipped: Int64 = 0
    var skippedAt: Timestamp?
    var skipReason: ScheduleSkipReason?

    /// Has nothing to wait for any more, and keeps what happened.
    mutating func stop(as status: ScheduleStatus) {
        self.status = status
        detail = nil
        (nextMoment, nextDueAt) = (nil, nil)
        (queuedMoment, awaitsRunID) = (nil, nil)
    }

    /// It keeps its moment and the run that it waits for, and goes on with them as its policy says.
    mutating func setBroken(
        _ detail: String, at now: Timestamp, retrySeconds: Double = ScheduleTurn.retrySeconds
    ) {
        status = .broken
        self.detail = detail
        nextDueAt = now.adding(seconds: retrySeconds)
    }

    mutating func skip(_ count: Int64, _ reason: ScheduleSkipReason, at now: Timestamp) {
        guard count > 0 else { return }
        skipped += count
        skippedAt = now
        skipReason = reason
    }
}

package enum ScheduleStatus: String, Sendable, Hashable, CaseIterable {
    /// To be planned.
    case new
    /// Waits for a moment, or for a run to end.
    case planned
    /// The workflow is disabled; left when it is enabled.
    case off
    /// The plant is not active; left when it is.
    case parked
    /// It cannot be planned or looked after; tried again when it is due.
    case broken
}

/// Why moments passed without a run.
package enum ScheduleSkipReason: String, Sendable, Hashable, CaseIterable {
    /// The run before had not ended.
    case overlap
    /// Nobody could start it in time, and it is not caught up with.
    case missed
}
