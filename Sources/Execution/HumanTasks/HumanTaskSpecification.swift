package import Primitives
import Tenancy
package import Workflow

/// What a workflow asks of people at one moment: the arguments of `human-task:1.0.0@default` with their moments set.
package struct HumanTaskSpecification: Sendable {
    package typealias Outcome = HumanTaskArguments.Outcome
    package typealias OnDue = HumanTaskArguments.OnDue

    /// The task of the definition, by which others of the run name it in `separateFrom`.
    package var taskName: String
    package var arguments: HumanTaskArguments
    package var openedAt: Timestamp
    package var dueAt: Timestamp?
    package var followUpAt: Timestamp?
    /// In order, each after the opening.
    package var reminders: [Timestamp]

    /// - Throws: a validation error that names every wrong argument; the workflow may catch it.
    init(_ request: HumanTaskRequest, taskReference: String, openedAt: Timestamp) throws(WorkflowError) {
        let read = HumanTaskArguments.read(request.arguments, objectionToRole: Self.objection)
        guard read.mistakes.isEmpty else { throw Self.error(read.mistakes) }
        let name = taskReference.split(separator: "/").last.map(String.init) ?? taskReference
        taskName = name.replacing("~1", with: "/").replacing("~0", with: "~")
        arguments = read.arguments
        self.openedAt = openedAt
        dueAt = read.arguments.due.map { $0.timestamp(from: openedAt) }
        followUpAt = read.arguments.followUp.map { $0.timestamp(from: openedAt) }
        reminders = Self.reminders(read.arguments, openedAt: openedAt, dueAt: dueAt)
    }

    private static func objection(to role: String) -> String? {
        Role(rawValue: role) == nil ? "is not a known role" : nil
    }

    private static func error(_ mistakes: [HumanTaskArguments.Mistake]) -> WorkflowError {
        WorkflowError(
            type: "https://serverlessworkflow.io/spec/1.0.0/errors/validation", status: 400,
            title: "The human task cannot be opened",
            detail: mistakes.map { "\($0.path) \($0.message)" }.joined(separator: "; "))
    }

    /// A reminder whose moment lies before the opening has nobody to remind.
    private static func reminders(
        _ arguments: HumanTaskArguments, openedAt: Timestamp, dueAt: Timestamp?
    ) -> [Timestamp] {
        let moments = arguments.reminders.compactMap { reminder -> Timestamp? in
            switch reminder {
            case .afterOpening(let seconds): openedAt.adding(seconds: seconds)
            case .beforeDue(let seconds): dueAt?.adding(seconds: -seconds)
            }
        }
        return Set(moments).filter { $0 > openedAt }.sorted()
    }

    /// The earliest of the deadline, the first escalation and the first reminder.
    package var nextActionAt: Timestamp? {
        TaskClock(
            openedAt: openedAt, dueAt: dueAt, onDue: arguments.onDue,
            escalations: arguments.escalation.map(\.afterSeconds), escalationLevel: 0, reminders: reminders,
            remindersSent: 0
        ).nextActionAt
    }
}

extension HumanTaskArguments.Moment {
    fileprivate func timestamp(from openedAt: Timestamp) -> Timestamp {
        switch self {
        case .afterOpening(let seconds): openedAt.adding(seconds: seconds)
        case .at(let moment): moment
        }
    }
}
