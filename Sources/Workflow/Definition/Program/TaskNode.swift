import JSON

/// One task of a definition.
final class TaskNode: Sendable {
    let index: Int
    let name: String
    /// JSON pointer in the document, `/do/2/openTicket`.
    let reference: String
    let kind: TaskKind
    /// For a call: the function's name, as the journal shows it.
    let function: String?
    /// As written; `$task.definition`.
    let definition: JSONValue
    let condition: RuntimeExpression?
    let input: DataTransform
    let output: DataTransform
    let export: DataTransform
    let timeout: DurationTemplate?
    let then: FlowTarget
    /// The next task of the same list.
    let next: Int?
    let body: TaskBody
    /// `output.as` or `export.as` asks for `$task`, so that the raw input must be kept while the task waits.
    let keepsRawInput: Bool
    /// Extensions of `use.extensions` for tasks of this kind.
    let extensions: [ExtensionPlan]
    /// The task belongs to an extension: it is not extended itself, and its `$task` is the extended task.
    let isInExtension: Bool

    init(
        index: Int, name: String, reference: String, function: String?, definition: JSONValue, base: TaskBase,
        next: Int?, body: TaskBody, extensions: [ExtensionPlan], isInExtension: Bool
    ) {
        self.index = index
        self.name = name
        self.reference = reference
        self.kind = body.kind
        self.function = function
        self.definition = definition
        self.condition = base.condition
        self.input = base.input
        self.output = base.output
        self.export = base.export
        self.timeout = base.timeout
        self.then = base.then
        self.next = next
        self.body = body
        self.extensions = extensions
        self.isInExtension = isInExtension
        keepsRawInput =
            (base.output.transform?.uses(.task) ?? false) || (base.export.transform?.uses(.task) ?? false)
            || body.asksForTaskLater
    }
}

/// What every task can have.
struct TaskBase: Sendable {
    var condition: RuntimeExpression?
    var input = DataTransform.identity
    var output = DataTransform.identity
    var export = DataTransform.identity
    var timeout: DurationTemplate?
    var then = FlowTarget.next
}

/// Where a run goes after a task.
enum FlowTarget: Sendable, Hashable {
    /// `continue`, or nothing said.
    case next
    /// The list of tasks that the task stands in is done.
    case exit
    /// The workflow is done.
    case end
    /// A task of the same list.
    case task(Int)
}

/// A task's kind, as the journal names it.
enum TaskKind: String, Sendable, Hashable, CaseIterable {
    case set
    case `switch`
    case `do`
    case `for`
    case `try`
    case raise
    case wait
    case emit
    case listen
    case call
    case humanTask = "human-task"
    case serviceLevel = "sla"
    case decisionTable = "decision-table"
    case run
    case fork

    /// Tasks whose work is done by the tasks inside them; they are not metered.
    var isContainer: Bool {
        switch self {
        case .do, .for, .try, .fork: true
        default: false
        }
    }
}
