package import JSON
package import Primitives

/// The moments of a human task, from its arguments and the moment at which it opens.
package struct HumanTaskMoments: Sendable, Hashable {
    package var dueAt: Timestamp?
    package var followUpAt: Timestamp?
    /// In order, each after the opening: one that lies before it has nobody to remind.
    package var reminders: [Timestamp]
    /// Of each step of the escalation: elapsed seconds after the opening, whatever the durations count.
    package var escalationSeconds: [Double]

    /// - Parameter time: what durations count; every second, unless the arguments ask for the plant's calendar.
    /// - Throws: a validation error when the calendar has no such time in the years to come.
    package init(_ arguments: HumanTaskArguments, openedAt: Timestamp, _ time: ServiceLevelClock.Time)
        throws(WorkflowError)
    {
        let counting = Counting(
            openedAt: openedAt, time: arguments.calendar == .plant ? time : ServiceLevelClock.Time(.always, in: .utc))
        dueAt = try counting.moment(arguments.due, "due")
        followUpAt = try counting.moment(arguments.followUp, "followUp")
        var reminders: Set<Timestamp> = []
        for reminder in arguments.reminders {
            switch reminder {
            case .afterOpening(let seconds): reminders.insert(try counting.moment(after: seconds, "reminders"))
            case .beforeDue(let seconds):
                // Longer ago than a calendar reaches is before the opening, too.
                if let dueAt, let moment = counting.moment(seconds, before: dueAt) { reminders.insert(moment) }
            }
        }
        self.reminders = reminders.filter { $0 > openedAt }.sorted()
        var steps: [Double] = []
        for step in arguments.escalation {
            let moment = try counting.moment(after: step.afterSeconds, "escalation")
            steps.append(moment.unixSeconds - openedAt.unixSeconds)
        }
        escalationSeconds = steps
    }

    /// When a task with these arguments expires if nobody decides it; `nil` for never, and for arguments that make no task.
    package static func expiry(of arguments: JSONValue, openedAt: Timestamp, _ time: ServiceLevelClock.Time)
        -> Timestamp?
    {
        let read = HumanTaskArguments.read(arguments) { _ in nil }
        guard read.mistakes.isEmpty, read.arguments.onDue == .expire else { return nil }
        return try? HumanTaskMoments(read.arguments, openedAt: openedAt, time).dueAt
    }
}

private struct Counting {
    let openedAt: Timestamp
    let time: ServiceLevelClock.Time

    func moment(_ moment: HumanTaskArguments.Moment?, _ argument: String) throws(WorkflowError) -> Timestamp? {
        switch moment {
        case .at(let moment): moment
        case .afterOpening(let seconds): try self.moment(after: seconds, argument)
        case nil: nil
        }
    }

    func moment(after seconds: Double, _ argument: String) throws(WorkflowError) -> Timestamp {
        guard let moment = time.calendar.moment(after: seconds, from: openedAt, in: time.zone) else {
            throw WorkflowError(
                .validation,
                detail: "/\(argument) lies beyond the plant's business calendar: it has not so much working time in "
                    + "the next \(BusinessCalendar.maximumDays) days.")
        }
        return moment
    }

    func moment(_ seconds: Double, before due: Timestamp) -> Timestamp? {
        time.calendar.moment(before: seconds, from: due, in: time.zone)
    }
}
