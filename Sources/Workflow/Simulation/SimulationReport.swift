package import JSON
package import Primitives

/// What happened in a simulated run.
package struct SimulationReport: Sendable {
    package var status: RunStatus
    package var output: JSONValue?
    package var error: WorkflowError?
    package var journal: [JournalEntry]
    /// Every call to another system, in order.
    package var calls: [PerformedCall]
    /// Every human task that was opened, in order: its arguments, and when.
    package var humanTasks: [PerformedCall]
    package var emitted: [JSONValue]
    /// Lifecycle events, when the engine tells them.
    package var lifecycle: [JSONValue] = []
    /// What the engine was given after the start, in order: advancing with it again gives the same run.
    package var inputs: [EngineInput]
    package var startedAt: Timestamp
    /// The virtual moment at which the run ended or nothing more could happen.
    package var endedAt: Timestamp
    /// What the run still waits for when it is not at its end: calls and tasks without an answer, events that never came.
    package var unanswered: [Wait]
    /// More happened than a simulation may take: the run goes round in circles.
    package var wasStopped = false

    package struct PerformedCall: Sendable, Hashable {
        package var taskReference: String
        package var function: String
        package var arguments: JSONValue
        package var attempt: Int
        package var at: Timestamp
    }

    /// References of the tasks that ended well or were stepped over, in order.
    package var completedTasks: [String] {
        journal.filter { $0.kind == .taskCompleted }.compactMap(\.taskReference)
    }
}
