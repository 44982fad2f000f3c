import Primitives
import Workflow

/// When something is to be done about a task that waits, and what. Pure: the deadlines service performs it.
struct TaskClock: Sendable, Hashable {
    var openedAt: Timestamp
    var dueAt: Timestamp?
    var onDue: HumanTaskArguments.OnDue
    /// Seconds after the opening, in order.
    var escalations: [Double]
    var escalationLevel: Int
    var reminders: [Timestamp]
    var remindersSent: Int

    /// What is asked for at a moment. Expiry comes before anything else.
    enum Action: Hashable {
        case none
        case expire
        /// The step to take, from 0.
        case escalate(step: Int)
        /// How many reminders have been sent then: those that came together are one.
        case remind(sent: Int)
    }

    func action(at now: Timestamp) -> Action {
        if onDue == .expire, let dueAt, dueAt <= now { return .expire }
        if let next = nextEscalationAt, next <= now { return .escalate(step: escalationLevel) }
        let sent = reminders.prefix { $0 <= now }.count
        return sent > remindersSent ? .remind(sent: sent) : .none
    }

    /// The next moment at which `action` says something; `nil` for never.
    var nextActionAt: Timestamp? {
        let reminder = remindersSent < reminders.count ? reminders[remindersSent] : nil
        return [onDue == .expire ? dueAt : nil, nextEscalationAt, reminder].compactMap { $0 }.min()
    }

    /// A deadline that escalates takes the first step that it finds untaken; the later ones have their own time.
    private var nextEscalationAt: Timestamp? {
        guard escalationLevel < escalations.count else { return nil }
        let moments = escalations.map { openedAt.adding(seconds: $0) }
        guard onDue == .escalate, let dueAt, moments.firstIndex(where: { $0 > dueAt }) == escalationLevel else {
            return moments[escalationLevel]
        }
        return dueAt
    }
}
