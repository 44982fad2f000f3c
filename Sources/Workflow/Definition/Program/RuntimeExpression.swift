import JQ
import JSON

/// A jq program of a definition, compiled once, with what its variables mean.
struct RuntimeExpression: Sendable {
    let source: String
    let program: JQProgram
    /// The variables that the program really uses, in the order of its parameters.
    let variables: [ExpressionVariable]
    /// Loose mode: what the expression gives when it cannot be evaluated.
    var textOnFailure: String?

    func uses(_ argument: ExpressionVariable) -> Bool { variables.contains(argument) }
}

/// A variable that an expression can use.
enum ExpressionVariable: Sendable, Hashable {
    case context, input, output, secrets, authorization, task, workflow, runtime
    /// Bound by a `for`, a `catch` or a `foreach` around the task.
    case local(String)

    /// The name without `$`.
    var name: String {
        switch self {
        case .context: "context"
        case .input: "input"
        case .output: "output"
        case .secrets: "secrets"
        case .authorization: "authorization"
        case .task: "task"
        case .workflow: "workflow"
        case .runtime: "runtime"
        case .local(let name): name
        }
    }

    static let arguments: [ExpressionVariable] = [
        .context, .input, .output, .secrets, .authorization, .task, .workflow, .runtime,
    ]
}
