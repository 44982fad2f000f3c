import Database
import JSON
import Primitives
import RunnerProtocol

/// A run to be stored as pending.
package struct NewRun: Sendable {
    package static let defaultPriority = 50
    /// Events and runs that may follow from one another before the chain is cut: a workflow that starts itself ends.
    package static let maximumChainDepth = 64
    package static let maximumBusinessKeyBytes = 512

    var id: RunID
    var workflowID: WorkflowID
    var definitionDigest: String
    var acceptedAt: Timestamp
    var origin: Origin
    var priority = Self.defaultPriority
    var chainDepth = 0
    var businessKey: String?
    /// The principal behind the run, who may not decide its four-eyes tasks.
    var initiator: PrincipalID?
    var requestedBy: String?

    enum Origin: Sendable {
        /// Its input is the array of this one event.
        case event(EventRecord)
        case input(JSONValue)
        /// `waitID` is `nil` when the parent does not wait for it.
        case parent(RunID, waitID: String?, input: JSONValue)
    }

    var input: JSONValue {
        switch origin {
        case .event(let event): .array([event.envelope])
        case .input(let input), .parent(_, _, let input): input
        }
    }

    var event: EventRecord? {
        if case .event(let event) = origin { event } else { nil }
    }

    /// The run as its plant's runner gets it, without reading it back.
    var workItem: WorkItem {
        WorkItem(
            runID: id, workflowID: workflowID, definitionDigest: definitionDigest, sequence: 0, state: nil,
            input: input, acceptedAt: acceptedAt)
    }
}
