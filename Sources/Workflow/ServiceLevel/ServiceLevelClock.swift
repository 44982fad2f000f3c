package import Primitives

/// A promised time over a stretch of a run: it runs in working time, may be paused, warns before it is over, and is breached once.
/// Pure; whoever keeps it says what time it is.
package struct ServiceLevelClock: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable { case running, paused, stopped }

    /// Something that the clock has to say at a moment.
    package enum Occasion: Sendable, Hashable {
        /// Which of `warnings`.
        case warning(Int)
        case breach
    }

    package var status: Status
    package var startedAt: Timestamp
    package var targetSeconds: Double
    /// Seconds of working time before the end at which to warn; descending, each less than the target.
    package var warnings: [Double]
    package var warningsGiven = 0
    package var breachedAt: Timestamp?
    /// Working time up to `runningSince`.
    package var elapsedSeconds: Double = 0
    /// `nil` while it is paused.
    package var runningSince: Timestamp?
    package var stoppedAt: Timestamp?

    package init(targetSeconds: Double, warnings: [Double], startedAt: Timestamp) {
        status = .running
        self.startedAt = startedAt
        self.targetSeconds = targetSeconds
        self.warnings = warnings
        runningSince = startedAt
    }

    /// Restores a clock that was kept.
    package init(
        status: Status, startedAt: Timestamp, targetSeconds: Double, warnings: [Double], warningsGiven: Int,
        breachedAt: Timestamp?, elapsedSeconds: Double, runningSince: Timestamp?, stoppedAt: Timestamp?
    ) {
        self.status = status
        self.startedAt = startedAt
        self.targetSeconds = targetSeconds
        self.warnings = warnings
        self.warningsGiven = warningsGiven
        self.breachedAt = breachedAt
        self.elapsedSeconds = elapsedSeconds
        self.runningSince = runningSince
        self.stoppedAt = stoppedAt
    }

    /// What counts as time for a clock.
    package struct Time: Sendable {
        package var calendar: BusinessCalendar
        package var zone: TimeZoneRules

        package init(_ calendar: BusinessCalendar, in zone: TimeZoneRules) {
            self.calendar = calendar
            self.zone = zone
        }
    }

    package func elapsed(at now: Timestamp, _ time: Time) -> Double {
        guard let runningSince else { return elapsedSeconds }
        return elapsedSeconds + time.calendar.seconds(from: runningSince, to: stoppedAt ?? now, in: time.zone)
    }

    /// When the promise ends, if the clock runs on; `nil` while it is paused.
    package func dueAt(_ time: Time) -> Timestamp? { moment(atElapsed: targetSeconds, time) }

    /// The next thing that the clock says, and when: also when that has passed. Nothing after it was stopped before.
    package func next(_ time: Time) -> (occasion: Occasion, at: Timestamp)? {
        guard breachedAt == nil, let due = dueAt(time) else { return nil }
        var next: (Occasion, Timestamp) = (.breach, due)
        if warningsGiven < warnings.count, let at = moment(atElapsed: targetSeconds - warnings[warningsGiven], time) {
            next = (.warning(warningsGiven), at)
        }
        if let stoppedAt, next.1 > stoppedAt { return nil }
        return next
    }

    private func moment(atElapsed seconds: Double, _ time: Time) -> Timestamp? {
        guard let runningSince else { return nil }
        return time.calendar.moment(after: seconds - elapsedSeconds, from: runningSince, in: time.zone)
    }

    // MARK: Changes; each answers whether anything changed

    package mutating func pause(at now: Timestamp, _ time: Time) -> Bool {
        guard status == .running else { return false }
        elapsedSeconds = elapsed(at: now, time)
        runningSince = nil
        status = .paused
        return true
    }

    package mutating func resume(at now: Timestamp) -> Bool {
        guard status == .paused else { return false }
        runningSince = now
        status = .running
        return true
    }

    package mutating func stop(at now: Timestamp) -> Bool {
        guard status != .stopped else { return false }
        if runningSince != nil { stoppedAt = now } else { stoppedAt = stoppedAt ?? now }
        status = .stopped
        return true
    }

    package mutating func say(_ occasion: Occasion, at moment: Timestamp) {
        switch occasion {
        case .warning(let index): warningsGiven = index + 1
        case .breach:
            breachedAt = moment
            warningsGiven = warnings.count
        }
    }
}
