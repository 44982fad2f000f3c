import JSON

/// What a task does.
enum TaskBody: Sendable {
    case set(ValueTemplate)
    case select(cases: [SwitchCase])
    /// `do`: the first task of the list, if it has any.
    case sequence(first: Int?)
    case loop(Loop)
    case attempt(Attempt)
    case raise(ErrorTemplate)
    case wait(DurationTemplate)
    case emit([EventAttribute])
    case listen(ListenPlan)
    /// A call that a connector or a driver performs.
    case call(function: String, arguments: ValueTemplate)
    case humanTask(arguments: ValueTemplate)
    /// `sla`: sets a clock of the run.
    case serviceLevel(arguments: ValueTemplate)
    /// `decision-table`: decided at once.
    ///
    /// - Parameter table: when it is written out in the definition.
    case decide(arguments: ValueTemplate, table: DecisionTable?)
    /// A function of the document or of a catalog: its task, with the arguments as input.
    case invoke(task: Int, arguments: ValueTemplate)
    case runWorkflow(ChildPlan)
    case fork(branches: [Int], competes: Bool)

    var kind: TaskKind {
        switch self {
        case .set: .set
        case .select: .switch
        case .sequence, .invoke: .do
        case .loop: .for
        case .attempt: .try
        case .raise: .raise
        case .wait: .wait
        case .emit: .emit
        case .listen: .listen
        case .call: .call
        case .humanTask: .humanTask
        case .serviceLevel: .serviceLevel
        case .decide: .decisionTable
        case .runWorkflow: .run
        case .fork: .fork
        }
    }

    /// An expression of the body that is evaluated after the task was entered asks for `$task`.
    var asksForTaskLater: Bool {
        switch self {
        case .loop(let loop): loop.condition?.uses(.task) ?? false
        case .attempt(let attempt): attempt.asksForTask
        case .listen(let plan): plan.asksForTask
        default: false
        }
    }
}

struct SwitchCase: Sendable {
    var name: String
    /// `nil` for the default case.
    var condition: RuntimeExpression?
    var then: FlowTarget
}

/// `for`.
struct Loop: Sendable {
    var item: String
    var position: String
    var items: ValueTemplate
    /// `while`.
    var condition: RuntimeExpression?
    var first: Int?
}

/// `run: workflow`.
struct ChildPlan: Sendable {
    var reference: WorkflowReference
    /// Absent: the task's transformed input.
    var input: ValueTemplate?
    var isAwaited: Bool
    /// `return: none`: the child's output is dropped.
    var dropsOutput: Bool
}

struct EventAttribute: Sendable {
    var name: String
    var value: ValueTemplate
}

/// An error of `raise` or `use.errors`.
struct ErrorTemplate: Sendable {
    var type: ValueTemplate
    var status: ValueTemplate
    var title: ValueTemplate?
    var detail: ValueTemplate?
    var instance: ValueTemplate?
}
