package import JSON
package import Primitives

/// A change of state of a run or of one of its tasks, as the specification's lifecycle CloudEvents tell it
/// (Open Workflow Specification 1.0.3, Lifecycle Events). Data only: whoever wants to publishes it.
package struct LifecycleEvent: Sendable, Hashable {
    /// The part of the event's type between `io.serverlessworkflow.` and `.v1`.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case workflowStarted = "workflow.started"
        /// Suspending and resuming are decisions of the shell: the engine never makes these two by itself.
        case workflowSuspended = "workflow.suspended"
        case workflowResumed = "workflow.resumed"
        case workflowCorrelationStarted = "workflow.correlation-started"
        case workflowCorrelationCompleted = "workflow.correlation-completed"
        case workflowCancelled = "workflow.cancelled"
        case workflowFaulted = "workflow.faulted"
        case workflowCompleted = "workflow.completed"
        case workflowStatusChanged = "workflow.status-changed"
        case taskCreated = "task.created"
        case taskStarted = "task.started"
        case taskSuspended = "task.suspended"
        case taskResumed = "task.resumed"
        case taskRetried = "task.retried"
        case taskCancelled = "task.cancelled"
        case taskFaulted = "task.faulted"
        case taskCompleted = "task.completed"

        package var type: String { "io.serverlessworkflow.\(rawValue).v1" }

        /// The member of the data that holds the moment: `startedAt`, `completedAt`, …
        fileprivate var momentKey: String {
            switch self {
            case .workflowStarted, .taskStarted, .workflowCorrelationStarted: "startedAt"
            case .workflowSuspended, .taskSuspended: "suspendedAt"
            case .workflowResumed, .taskResumed: "resumedAt"
            case .workflowCorrelationCompleted, .workflowCompleted, .taskCompleted: "completedAt"
            case .workflowCancelled, .taskCancelled: "cancelledAt"
            case .workflowFaulted, .taskFaulted: "faultedAt"
            case .workflowStatusChanged: "updatedAt"
            case .taskCreated: "createdAt"
            case .taskRetried: "retriedAt"
            }
        }
    }

    package var kind: Kind
    /// JSON pointer of the task; `nil` for the run as a whole.
    package var taskReference: String?
    package var at: Timestamp
    /// What the kind adds to the data: `definition`, `output`, `error`, `correlationKeys` or `status`.
    package var details: JSONObject

    package init(_ kind: Kind, of taskReference: String? = nil, at moment: Timestamp, details: JSONObject = [:]) {
        self.kind = kind
        self.taskReference = taskReference
        self.at = moment
        self.details = details
    }

    /// The CloudEvent. `number` counts the events of the run, so that its `id` is the same whenever it is made again.
    package func cloudEvent(of runID: RunID, _ header: DocumentHeader, number: Int) -> JSONValue {
        let run = JSONValue.string("\(header.name)-\(runID).\(header.namespace)")
        var data: JSONObject = [:]
        if let taskReference {
            data["workflow"] = run
            data["task"] = .string(taskReference)
        } else {
            data["name"] = run
        }
        data[kind.momentKey] = .string(at.description)
        for (key, value) in details { data[key] = value }
        return [
            "specversion": "1.0", "id": .string("\(runID)-lifecycle-\(number)"),
            "source": .string("/workflows/\(header.namespace)/\(header.name)"), "type": .string(kind.type),
            "time": .string(at.description), "subject": .string(runID.description),
            "datacontenttype": "application/json", "data": .object(data),
        ]
    }
}
