import JSON
import Primitives

/// A task that is being run right now. It becomes a `Frame` only if it cannot end at once.
struct Activation {
    var node: TaskNode
    /// The frame of the task around it.
    var parent: Int
    var branch: Int
    var entry: Int
    var attempt: Int
    var startedAt: Timestamp
    var rawInput: Datum
    var input: Datum
}

/// What an expression can see.
struct EvaluationScope {
    /// The innermost frame whose variables are visible.
    var frame: Int
    /// The task, for `$task`; `nil` for expressions of the workflow itself.
    var activation: Activation?
    var input: JSONValue?
    /// The transformed output.
    var output: JSONValue?
    /// The output before `output.as`, in `$task`.
    var rawOutput: JSONValue?
    /// A variable that no frame holds yet: the error, while a `catch` decides about it.
    var bound: (name: String, value: JSONValue)?
    /// The expression belongs to an extension: `$task` also has the members of the task's definition.
    var isExtending = false
}

/// What is to be done next. Work is a stack of moves, so that deep nesting is not deep recursion.
enum Move {
    case enter(task: Int, parent: Int, branch: Int, input: Datum)
    /// The extensions in the frame have done their part before its task: now the task itself.
    case enterExtended(frame: Int, input: Datum)
    /// A list of tasks inside the frame is done.
    case leave(frame: Int, branch: Int, output: Datum, departure: Departure)
    /// A task inside the frame ended in an error.
    case fault(WorkflowError, frame: Int, branch: Int)

    /// The frame without which the move means nothing.
    var frame: Int {
        switch self {
        case .enter(_, let parent, _, _): parent
        case .enterExtended(let frame, _): frame
        case .leave(let frame, _, _, _), .fault(_, let frame, _): frame
        }
    }
}

/// How a list of tasks was left.
enum Departure: Sendable {
    /// Its last task is done.
    case done
    /// A task said `exit`.
    case exit
    /// A task said `end`: everything around is left too.
    case end
    /// The task that extensions were put around is done, and goes on there.
    case extended(FlowTarget)

    var isEnding: Bool {
        if case .end = self { true } else { false }
    }
}
