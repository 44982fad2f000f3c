import Execution
import JSON
import Primitives
import Workflow

/// What a list of runs can be asked for, in its query and in the filter of an operation on many runs.
enum RunFilterQuery {
    static let parameters: [QueryParameter] = [
        .init("status", "Only runs in these states, with commas between them."),
        .init("workflow", "Only runs of this workflow.", schema: Schema.uuid),
        .init("event", "Only runs that this event started.", schema: Schema.uuid),
        .init("businessKey", "Only runs with this business key."),
        .init("businessKeyPrefix", "Only runs whose business key begins so."),
        .init("from", "Not accepted before.", schema: Schema.timestamp),
        .init("to", "Accepted before.", schema: Schema.timestamp),
        .init("endedFrom", "Not ended before.", schema: Schema.timestamp),
        .init("endedTo", "Ended before.", schema: Schema.timestamp),
        .init("priorityFrom", "Of this priority or a higher one.", schema: Schema.integer),
        .init("priorityTo", "Of this priority or a lower one.", schema: Schema.integer),
        .init("errorType", "Only runs that faulted with an error of this type (a URI)."),
    ]

    static func filter(_ call: Call) throws(Problem) -> RunFilter {
        var statuses: Set<RunStatus> = []
        for word in call.queryValues["status"]?.split(separator: ",", omittingEmptySubsequences: false) ?? [] {
            guard let status = RunStatus(rawValue: String(word)) else {
                let known = RunStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw call.badQuery("status", "Must be some of \(known), with commas between them.")
            }
            statuses.insert(status)
        }
        for name in ["businessKey", "businessKeyPrefix", "errorType"] {
            if call.queryValues[name]?.unicodeScalars.contains("\0") == true {
                throw call.badQuery(name, "Must not hold the character NUL.")
            }
        }
        return RunFilter(
            statuses: statuses, workflowID: try call.identifier("workflow", WorkflowID.self),
            eventID: try call.identifier("event", EventRecordID.self), businessKey: call.queryValues["businessKey"],
            businessKeyPrefix: call.queryValues["businessKeyPrefix"], acceptedFrom: try call.timestamp("from"),
            acceptedTo: try call.timestamp("to"), endedFrom: try call.timestamp("endedFrom"),
            endedTo: try call.timestamp("endedTo"), priorityFrom: try call.integer("priorityFrom"),
            priorityTo: try call.integer("priorityTo"), errorType: call.queryValues["errorType"])
    }

    static let schema = Schema.object(
        [
            "statuses": Schema.array(Schema.oneOf(RunStatus.self)), "workflow": Schema.uuid, "event": Schema.uuid,
            "businessKey": Schema.text, "businessKeyPrefix": Schema.text, "acceptedFrom": Schema.timestamp,
            "acceptedTo": Schema.timestamp, "endedFrom": Schema.timestamp, "endedTo": Schema.timestamp,
            "priorityFrom": Schema.integer, "priorityTo": Schema.integer, "errorType": Schema.text,
        ])
}
