package import JSON
package import Primitives

/// What one call of the engine decided. Nothing has happened yet: the shell commits it, then performs the new waits.
package struct Advance: Sendable {
    package var state: RunState
    package var status: RunStatus
    /// Set when `status` is `completed`.
    package var output: JSONValue?
    /// Set when `status` is `faulted`.
    package var error: WorkflowError?
    /// Waits that this advance opened, in order. `state.waits` has all that are open.
    package var opened: [Wait]
    /// Waits that this advance gave up (a timeout, a cancelled branch): their answers are no longer wanted.
    package var closed: [String]
    /// CloudEvents to publish in the plant, in order, with `type`, `source`, `data` and a deterministic `id`.
    package var emitted: [JSONValue]
    package var journal: [JournalEntry]
    /// The specification's lifecycle CloudEvents, in order; empty unless the engine was made to tell them.
    package var lifecycle: [JSONValue]
    /// Set when `status` is `faulted`: where the run stood when it failed, from which `EngineInput.Kind.reopen` goes on.
    package var checkpoint: RunState?
}

/// One recorded transition. The database gives the rows of a run consecutive numbers, which `ordinal` predicts.
package struct JournalEntry: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case runStarted = "run-started"
        case taskCompleted = "task-completed"
        case taskFaulted = "task-faulted"
        case taskRetried = "task-retried"
        case taskSkipped = "task-skipped"
        case waitOpened = "wait-opened"
        case eventEmitted = "event-emitted"
        case runCompleted = "run-completed"
        case runFaulted = "run-faulted"
        case runCancelled = "run-cancelled"
        /// Written by the shell, which tells the engine its number: an operator let an ended or stopped run go on.
        case runReopened = "run-reopened"
    }

    /// 1 for the first entry of a run, without gaps.
    package var ordinal: Int
    package var kind: Kind
    /// JSON pointer of the task; `nil` for entries of the run as a whole.
    package var taskReference: String?
    /// What the task does: `set`, `call`, `human-task`, `switch`, …; `nil` for entries of the run as a whole.
    package var taskType: String?
    /// For a call: the function called. Metering counts `task-completed` and `task-faulted` entries by it.
    package var function: String?
    package var attempt: Int
    package var startedAt: Timestamp
    package var endedAt: Timestamp
    package var input: JSONValue?
    package var output: JSONValue?
    package var error: WorkflowError?
    /// Who decided or answered, where somebody did; which case of a switch was taken; the wait's id.
    package var detail: JSONValue?

    package init(
        ordinal: Int, kind: Kind, taskReference: String? = nil, taskType: String? = nil, function: String? = nil,
        attempt: Int = 1, startedAt: Timestamp, endedAt: Timestamp, input: JSONValue? = nil, output: JSONValue? = nil,
        error: WorkflowError? = nil, detail: JSONValue? = nil
    ) {
        self.ordinal = ordinal
        self.kind = kind
        self.taskReference = taskReference
        self.taskType = taskType
        self.function = function
        self.attempt = attempt
        self.startedAt = startedAt
        // The moments may come from two machines, or from one whose clock was set back: nothing ends before it began.
        self.endedAt = max(startedAt, endedAt)
        self.input = input
        self.output = output
        self.error = error
        self.detail = detail
    }
}
