import JSON

/// One run of the decoder over one document: collects tasks and findings. Lives only during `decode`.
final class DecodingPass {
    let document: JSONValue
    let functions: FunctionTable
    private(set) var diagnostics: [Diagnostic] = []

    /// By index; a place is reserved before its task is decoded, so that tasks can refer to later ones.
    var tasks: [TaskNode?] = []
    var isLoose = false
    var components = ReusableComponents()
    var usesWorkflowArgument = false
    /// Members of secrets that expressions ask for, `$secrets.name.member`.
    var secretMembers: [String: Set<String>] = [:]
    var calledFunctions: Set<String> = []
    var usedDrivers: Set<FunctionTable.Driver> = []
    var childWorkflows: [WorkflowReference] = []
    var resources: [ResourceUse] = []
    /// The document's own name, when it could be read.
    var header: DocumentHeader?
    var extensions: [ExtensionPlan] = []
    /// The tasks of an extension are being decoded.
    var isInExtension = false
    /// Functions of the document and of catalogs, by name: the task that each runs.
    var functionTasks: [String: Int] = [:]
    /// The function whose body is being decoded, and which functions call which: to find cycles.
    var currentFunction: String?
    var functionCalls: [String: Set<String>] = [:]

    /// A document with more tasks than this is refused.
    static let maximumTasks = 5_000
    /// Lists of tasks inside lists of tasks.
    static let maximumNesting = 64
    /// A document with more mistakes than this is not looked at further.
    static let maximumDiagnostics = 500

    init(document: JSONValue, functions: FunctionTable) {
        self.document = document
        self.functions = functions
    }

    func error(_ code: Diagnostic.Code, _ message: String, at path: JSONPointer) {
        report(.error, code, message, path)
    }

    func warn(_ code: Diagnostic.Code, _ message: String, at path: JSONPointer) {
        report(.warning, code, message, path)
    }

    private func report(
        _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, _ message: String, _ path: JSONPointer
    ) {
        guard diagnostics.count < Self.maximumDiagnostics else { return }
        let finding = Diagnostic(severity: severity, code: code, message: message, path: path)
        // A reusable part is compiled at each place that uses it: its mistakes are told once.
        if !diagnostics.contains(finding) { diagnostics.append(finding) }
    }

    func reserveTask() -> Int {
        tasks.append(nil)
        return tasks.count - 1
    }
}

/// What `use` declares, undecoded: each is decoded where it is used, in the variables of that place.
struct ReusableComponents {
    var authentications: [String: JSONValue] = [:]
    var errors: [String: JSONValue] = [:]
    var functions: [String: JSONValue] = [:]
    var retries: [String: JSONValue] = [:]
    var timeouts: [String: JSONValue] = [:]
    var catalogs: [String: JSONValue] = [:]
    var secrets: [String] = []
}

/// Where in the document an expression stands: decides which variables it can use.
struct ExpressionScope {
    var place: Place
    /// Variables of the `for`, `catch` and `foreach` around it.
    var locals: [String] = []

    enum Place {
        case workflowInput, condition, taskInput, definition, authentication, taskOutput, export, workflowOutput
        /// No run exists yet.
        case schedule
    }

    func at(_ place: Place) -> ExpressionScope { ExpressionScope(place: place, locals: locals) }

    func binding(_ names: String...) -> ExpressionScope { ExpressionScope(place: place, locals: locals + names) }

    /// The specification's table of arguments. `$secrets` is left to the two places from which it does not leak into the
    /// run's data unasked.
    var variables: [ExpressionVariable] {
        let arguments: [ExpressionVariable] =
            switch place {
            case .workflowInput: [.secrets, .workflow, .runtime]
            case .condition: [.context, .task, .workflow, .runtime]
            case .taskInput: [.context, .secrets, .task, .workflow, .runtime]
            case .definition: [.context, .input, .task, .workflow, .runtime, .authorization]
            case .authentication: [.context, .input, .secrets, .task, .workflow, .runtime]
            case .taskOutput: [.context, .input, .task, .workflow, .runtime, .authorization]
            case .export: [.context, .input, .output, .task, .workflow, .runtime, .authorization]
            case .workflowOutput: [.context, .workflow, .runtime]
            case .schedule: []
            }
        return arguments + locals.map { .local($0) }
    }
}
