package import Primitives

/// When runs of a workflow begin (`schedule` of the document). The four ways are independent of one another: a document
/// may give several, and each starts runs of its own.
package struct Schedule: Sendable, Hashable {
    /// A run each so many seconds, the first one interval after the workflow was enabled.
    package var everySeconds: Double?
    /// Runs at times of the wall clock of `policy.timeZone`.
    package var cron: CronExpression?
    /// A run when the workflow is enabled, and the next so many seconds after the one before it ended, however it ended.
    package var afterSeconds: Double?
    package var on: EventTrigger?
    /// Holds for what time starts, not for `on`.
    package var policy: SchedulePolicy

    /// The shortest `every` and `after`.
    package static let minimumSeconds: Double = 1

    package init(
        everySeconds: Double? = nil, cron: CronExpression? = nil, afterSeconds: Double? = nil,
        on: EventTrigger? = nil, policy: SchedulePolicy = SchedulePolicy()
    ) {
        self.everySeconds = everySeconds
        self.cron = cron
        self.afterSeconds = afterSeconds
        self.on = on
        self.policy = policy
    }

    /// What time starts, one rule for each way that the document gives.
    package var timedRules: [TimedRule] {
        var rules: [TimedRule] = []
        if let everySeconds { rules.append(TimedRule(.every(seconds: everySeconds), policy)) }
        if let cron { rules.append(TimedRule(.cron(cron), policy)) }
        if let afterSeconds { rules.append(TimedRule(.after(seconds: afterSeconds), policy)) }
        return rules
    }

    /// The next moments of `every` and `cron`, in order and each once. `after` has none that are known beforehand.
    /// - Parameter anchor: when the workflow was enabled, from which `every` counts; `moment` when it is not given.
    package func nextMoments(
        after moment: Timestamp, count: Int, in zone: TimeZoneRules, anchor: Timestamp? = nil
    ) -> [Timestamp] {
        var moments: [Timestamp] = []
        var last = moment
        let rules = timedRules
        while moments.count < count {
            let next = rules.compactMap { $0.next(after: last, anchor: anchor ?? moment, in: zone) }.min()
            guard let next else { break }
            moments.append(next)
            last = next
        }
        return moments
    }
}
