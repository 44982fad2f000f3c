import Primitives
import Workflow

/// What one schedule asks for now. Pure: the service reads, asks, and stores the answer.
struct ScheduleTurn: Sendable {
    /// A moment that is not longer ago than this is on time, and no policy is asked.
    static let onTimeSeconds: Double = 30
    /// The runs that catch up with the past at most; what lies further back is skipped.
    static let maximumCaughtUp = 100
    /// How far skipped moments are counted.
    static let maximumCounted = 10_000
    /// When something that is broken is tried again.
    static let retrySeconds: Double = 600
    /// When the rules of a zone are read again that were there before: so soon that its moment may still be on time.
    static let zoneRetrySeconds: Double = 10

    let rule: TimedRule
    let zone: TimeZoneRules
    /// The workflow's identifier: what the jitter depends on.
    let key: String
    let now: Timestamp
    /// The latest run of any of the workflow's schedules, as long as it has not ended.
    let openRun: RunID?
    /// When this schedule's own last run ended, if it did.
    let lastRunEndedAt: Timestamp?

    struct Outcome: Sendable, Hashable {
        var state: ScheduleState
        /// The moment to start a run for.
        var start: Timestamp?
        /// The run that makes room for it.
        var cancels: RunID?
    }

    func take(_ state: ScheduleState) -> Outcome {
        var state = state
        switch state.status {
        case .off, .parked: return Outcome(state: state)
        case .new: plan(&state)
        case .broken: goOn(&state)
        case .planned: break
        }
        guard state.status == .planned else { return Outcome(state: state) }
        if case .after(let seconds) = rule.timing { return afterEnd(state, seconds) }
        if state.queuedMoment != nil, openRun == nil { return startQueued(state) }
        if state.queuedMoment != nil { state.awaitsRunID = openRun }
        return atMoment(state)
    }

    private func plan(_ state: inout ScheduleState) {
        state.stop(as: .planned)
        state.anchorAt = now
        let from = max(now, state.lastMoment ?? now)
        guard case .after = rule.timing else { return setNext(&state, after: from) }
        if let last = state.lastRunID, lastRunEndedAt == nil {
            state.awaitsRunID = last
        } else {
            setNext(&state, moment: from.adding(.microseconds(from == state.lastMoment ? 1 : 0)))
        }
    }

    /// What broke leaves the schedule where it was; one that was never planned, or had no further moment, is planned.
    private func goOn(_ state: inout ScheduleState) {
        guard state.nextMoment != nil || state.awaitsRunID != nil else { return plan(&state) }
        state.status = .planned
        state.detail = nil
        state.nextDueAt = nil
        if let moment = state.nextMoment { setNext(&state, moment: moment) }
    }

    private func setNext(_ state: inout ScheduleState, after moment: Timestamp) {
        guard let next = rule.next(after: moment, anchor: state.anchorAt ?? now, in: zone) else {
            state.stop(as: .broken)
            state.setBroken("No further moment comes within forty years.", at: now)
            return
        }
        setNext(&state, moment: next)
    }

    private func setNext(_ state: inout ScheduleState, moment: Timestamp) {
        state.nextMoment = moment
        state.nextDueAt = moment.adding(seconds: rule.delaySeconds(at: moment, key: key))
    }

    // MARK: after

    private func afterEnd(_ given: ScheduleState, _ seconds: Double) -> Outcome {
        var state = given
        if state.awaitsRunID != nil, let end = lastRunEndedAt {
            state.awaitsRunID = nil
            setNext(
                &state, moment: max(end.adding(seconds: seconds), (state.lastMoment ?? end).adding(.microseconds(1))))
        }
        guard let moment = state.nextMoment, let due = state.nextDueAt, due <= now else { return Outcome(state: state) }
        state.lastMoment = moment
        (state.nextMoment, state.nextDueAt) = (nil, nil)
        return Outcome(state: state, start: moment)
    }

    // MARK: every and cron

    private func startQueued(_ given: ScheduleState) -> Outcome {
        var state = given
        let moment = state.queuedMoment
        (state.queuedMoment, state.awaitsRunID) = (nil, nil)
        return Outcome(state: state, start: moment)
    }

    private func atMoment(_ given: ScheduleState) -> Outcome {
        var state = given
        guard let first = state.nextMoment, let due = state.nextDueAt, due <= now else { return Outcome(state: state) }
        let last = max(first, now.adding(seconds: -rule.policy.jitterSeconds))
        let moment = moment(from: first, to: last, anchor: state.anchorAt ?? first)
        state.skip(
            count(from: first, before: moment ?? last.adding(.microseconds(1)), state.anchorAt ?? first), .missed,
            at: now)
        setNext(&state, after: moment ?? last)
        guard let moment else { return Outcome(state: state) }
        state.lastMoment = moment
        guard let openRun else { return Outcome(state: state, start: moment) }
        switch rule.policy.overlap {
        case .allow: return Outcome(state: state, start: moment)
        case .replace: return Outcome(state: state, start: moment, cancels: openRun)
        case .queue where state.queuedMoment == nil && state.status == .planned:
            state.queuedMoment = moment
            state.awaitsRunID = openRun
        case .queue, .skip: state.skip(1, .overlap, at: now)
        }
        return Outcome(state: state)
    }

    /// Which of the moments from `first` to `last` is the next to start a run for; `nil` when all of them have passed.
    private func moment(from first: Timestamp, to last: Timestamp, anchor: Timestamp) -> Timestamp? {
        let onTime = last.adding(seconds: -Self.onTimeSeconds)
        if first >= onTime { return first }
        let horizon = last.adding(seconds: -max(Self.onTimeSeconds, rule.policy.catchUpWithinSeconds))
        let before = first.adding(.microseconds(-1))
        func next(after moment: Timestamp) -> Timestamp? {
            rule.next(after: max(moment, before), anchor: anchor, in: zone).flatMap { $0 <= last ? $0 : nil }
        }
        switch rule.policy.catchUp {
        case .none: return next(after: onTime)
        case .latest: return rule.latest(after: max(before, horizon), upTo: last, anchor: anchor, in: zone)
        case .all:
            guard let oldest = next(after: horizon) else { return nil }
            return max(oldest, earliestCaughtUp(from: oldest, to: last, anchor))
        }
    }

    /// The first of the last `maximumCaughtUp` moments.
    private func earliestCaughtUp(from first: Timestamp, to last: Timestamp, _ anchor: Timestamp) -> Timestamp {
        let before = first.adding(.microseconds(-1))
        guard
            count(from: first, before: last.adding(.microseconds(1)), anchor, limit: Self.maximumCaughtUp + 1)
                > Self.maximumCaughtUp
        else { return first }
        var earliest = last.adding(.microseconds(1))
        for _ in 0..<Self.maximumCaughtUp {
            let upper = earliest.adding(.microseconds(-1))
            guard let moment = rule.latest(after: before, upTo: upper, anchor: anchor, in: zone) else { break }
            earliest = moment
        }
        return earliest
    }

    /// How many moments lie in `[first, end)`, up to a limit.
    private func count(
        from first: Timestamp, before end: Timestamp, _ anchor: Timestamp, limit: Int = Self.maximumCounted
    ) -> Int64 {
        var number: Int64 = 0
        var moment: Timestamp? = first
        while let next = moment, next < end, number < Int64(limit) {
            number += 1
            moment = rule.next(after: next, anchor: anchor, in: zone)
        }
        return number
    }
}
