import JSON
import Primitives

/// A task that was entered and has not ended: it waits, or tasks inside it run. Frames form a tree; `parent` leads to
/// the task around it, up to the root, which is the workflow itself.
struct Frame: Sendable {
    /// Unique in the run, counted up.
    var id: Int
    /// `Frame.noParent` for the root.
    var parent: Int
    /// Index in the program; `Frame.workflow` for the root. Resolved from `reference` when a stored state is taken up.
    var task: Int
    /// JSON pointer of the task; empty for the root.
    var reference: String
    /// Which branch of the fork around it this is; 0 elsewhere.
    var branch: Int
    /// How many times the task was entered in this run, this time included.
    var entry: Int
    /// Which try of the nearest `try` around it this belongs to, from 1.
    var attempt: Int
    var startedAt: Timestamp
    /// The transformed input.
    var input: Datum
    /// The input before `input.from`, kept only where an expression of the task can still ask for it.
    var rawInput: Datum?
    /// When the task times out; its timer is opened when the run blocks.
    var deadline: Timestamp?
    /// When the running attempt of a `try` times out.
    var attemptDeadline: Timestamp?
    var phase: Phase

    static let noParent = 0
    static let workflow = -1
    static let unresolved = -2

    enum Phase: Sendable {
        /// Tasks inside run (`do`, functions, the workflow itself); nothing more to remember.
        case body
        /// A call, a person, a timer or another run is awaited.
        case waiting
        /// `for`: the iteration that runs.
        case iterating(index: Int, items: Datum)
        /// `try`: the tasks of `try` run for the `attempt`th time, after `firstFailedAt` when it is not the first.
        case trying(attempt: Int, firstFailedAt: Timestamp?)
        /// `try`: the pause before the next attempt.
        case pausing(attempt: Int, firstFailedAt: Timestamp)
        /// `try`: the tasks of `catch` run.
        case catching(error: WorkflowError)
        /// `fork`: the outputs of the branches that ended, and how many were lost in a competition.
        case forking(outputs: [Datum?], lost: Int)
        case listening(Listening)
        /// Extensions apply to the task: which part runs.
        case extending(ExtensionStage)
    }

    /// The task's extensions run one after the other: all that come before, the task, all that come after.
    enum ExtensionStage: Sendable {
        case before(Int)
        /// The task itself, in a frame of its own when it needs one.
        case task
        /// After the task, which gave this output and goes on there.
        case after(Int, output: Datum, target: FlowTarget)
    }

    struct Listening: Sendable {
        /// What was consumed, as read, in order: the output, unless `foreach` transforms it.
        var consumed: [Datum] = []
        /// `source` and `id` of what was consumed: an event that matches two filters counts once.
        var seen: [String] = []
        /// For `all`: the filters that were satisfied.
        var satisfied: [Int] = []
        /// For `until` with several filters of an `all`: those that were satisfied.
        var untilSatisfied: [Int] = []
        /// Correlation values fixed by the first event.
        var correlations: JSONObject = [:]
        /// With `foreach`: the item whose tasks run now; `nil` when none does.
        var current: Int?
        /// With `foreach`: outputs of the items done.
        var outputs: [Datum] = []
        /// Nothing more is consumed; only `foreach` has items left.
        var isClosed = false
    }
}
