import JSON
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

    /// - Parameter time: the plant's working time, for the tasks that count it.
    /// - Throws: a validation error that names every wrong argument; the workflow may catch it.
    init(_ request: HumanTaskRequest, taskReference: String, openedAt: Timestamp, _ time: CommitEffects.WorkingTime)
        throws(WorkflowError)
    {
        let read = HumanTaskArguments.read(request.arguments, objectionToRole: Self.objection)
        guard read.mistakes.isEmpty else { throw Self.error(read.mistakes) }
        let name = taskReference.split(separator: "/").last.map(String.init) ?? taskReference
        taskName = name.replacing("~1", with: "/").replacing("~0", with: "~")
        arguments = read.arguments
        self.openedAt = openedAt
        let counted = read.arguments.calendar == .plant ? try time.get() : ServiceLevelClock.Time(.always, in: .utc)
        let moments = try HumanTaskMoments(read.arguments, openedAt: openedAt, counted)
        dueAt = moments.dueAt
        followUpAt = moments.followUpAt
        reminders = moments.reminders
        for (index, seconds) in moments.escalationSeconds.enumerated() {
            arguments.escalation[index].afterSeconds = seconds
        }
    }

    /// Whether the moments of a request follow from the plant's calendar, which must be read then.
    static func countsWorkingTime(_ request: HumanTaskRequest) -> Bool {
        request.arguments["calendar"]?.stringValue == TimeKind.plant.rawValue
    }

    private static func objection(to role: String) -> String? {
        Role(rawValue: role) == nil ? "is not a known role" : nil
    }

    private static func error(_ mistakes: [ArgumentMistake]) -> WorkflowError {
        WorkflowError(
            type: "https://serverlessworkflow.io/spec/1.0.0/errors/validation", status: 400,
            title: "The human task cannot be opened",
            detail: mistakes.map { "\($0.path) \($0.message)" }.joined(separator: "; "))
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
