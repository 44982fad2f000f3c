package import JSON
import Primitives

/// How a run goes on that had ended in an error, or that an operator stopped.
package struct Reopening: Sendable, Hashable {
    /// Entries in the run's journal, the one that records the reopening included: the engine counts on from it.
    package var journalLength: Int
    /// JSON pointer of the task to begin with, after everything open is given up; `nil` for the task that failed, or, where
    /// none did, for going on with what is open.
    package var taskReference: String?
    /// What the task gets; `nil` for what the failed task had.
    package var input: JSONValue?
    /// `input` is what an earlier entry of the task saw, after its `input.from`: it is not transformed again.
    package var isTransformed: Bool

    package init(
        journalLength: Int, taskReference: String? = nil, input: JSONValue? = nil, isTransformed: Bool = false
    ) {
        self.journalLength = journalLength
        self.taskReference = taskReference
        self.input = input
        self.isTransformed = isTransformed
    }
}

/// The task that an uncaught error came from, in the checkpoint of its run.
struct FailedTask: Sendable {
    var reference: String
    /// The frame around it.
    var parent: Int
    var branch: Int
    var input: Datum
    /// When it failed: the time until the run goes on does not count against its timeouts.
    var failedAt: Timestamp
}
