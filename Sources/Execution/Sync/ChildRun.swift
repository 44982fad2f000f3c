import Workflow

/// What the parent of a run is told when the child did not complete.
enum ChildRun {
    static let cancelledError = WorkflowError(
        type: "https://serverlessworkflow.io/spec/1.0.0/errors/runtime", status: 500,
        title: "The child run was cancelled")

    static let notFoundError = WorkflowError(
        type: "https://serverlessworkflow.io/spec/1.0.0/errors/configuration", status: 404,
        title: "No such workflow",
        detail: "The plant has no enabled workflow of this namespace, name and version. Clone and enable it first.")

    static let tooDeepError = WorkflowError(
        type: "https://serverlessworkflow.io/spec/1.0.0/errors/runtime", status: 508,
        title: "Too many runs start one another",
        detail: "A chain of runs and events may be \(NewRun.maximumChainDepth) long.")
}
