import JSON

/// A definition compiled for the engine: tasks by index, flow resolved, expressions compiled.
final class Program: Sendable {
    let tasks: [TaskNode]
    /// The first task of the workflow's `do`; `nil` when there is none.
    let first: Int?
    let input: DataTransform
    let output: DataTransform
    let timeout: DurationTemplate?
    let taskByReference: [String: Int]
    /// Some expression asks for `$workflow`, so that a run must keep its raw input.
    let usesWorkflowArgument: Bool

    init(
        tasks: [TaskNode], first: Int?, input: DataTransform, output: DataTransform, timeout: DurationTemplate?,
        usesWorkflowArgument: Bool
    ) {
        self.tasks = tasks
        self.first = first
        self.input = input
        self.output = output
        self.timeout = timeout
        self.usesWorkflowArgument = usesWorkflowArgument
        taskByReference = Dictionary(uniqueKeysWithValues: tasks.map { ($0.reference, $0.index) })
    }
}

/// `input`, `output` or `export`: a schema and a transformation, each optional.
struct DataTransform: Sendable {
    var schema: JSONSchema?
    var transform: ValueTemplate?

    static let identity = DataTransform()

    var isIdentity: Bool { schema == nil && transform == nil }
}
