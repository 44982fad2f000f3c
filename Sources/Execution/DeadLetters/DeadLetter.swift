import Database
package import JSON
package import Primitives
import Tenancy
import Workflow

/// Something that could not go on and that nobody has seen to.
package struct DeadLetter: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A run ended in an error that nothing caught.
        case faultedRun = "faulted-run"
        /// What a run did could not be recorded.
        case refusedCommit = "refused-commit"
        /// Nobody knows whether a call of the run did what it should.
        case unknownOutcome = "unknown-outcome"
        /// An event that could not be accepted and whose sender could not be answered.
        case quarantinedEvent = "quarantined-event"
        /// An event that a run emitted and that the plant could not accept.
        case undeliveredEvent = "undelivered-event"
    }

    /// The run's or the quarantined event's own.
    package var id: UUIDv7
    package var kind: Kind
    package var reason: String
    package var at: Timestamp
    package var runID: RunID?
    /// RFC 7807 of a run; what was wrong with an event.
    package var detail: JSONValue?
}

extension DeadLetter {
    init(run row: Row) throws {
        let error: JSONValue = try row.decode("error")
        let title = error["title"]?.stringValue
        let detail = error["detail"]?.stringValue
        let kind: Kind
        if title == RunEnding.refusedCommit.title {
            kind = .refusedCommit
        } else if detail?.contains("outcome unknown") == true
            || error["type"]?.stringValue?.hasSuffix("/outcome-unknown") == true
        {
            kind = .unknownOutcome
        } else {
            kind = .faultedRun
        }
        let id: RunID = try row.decode("run_id")
        self.init(
            id: id.raw, kind: kind, reason: detail ?? title ?? "The run ended in an error.",
            at: try row.decode("ended_at"), runID: id, detail: error)
    }

    init(quarantined row: Row) throws {
        let isEmitted = try row.decode("channel", as: String.self) == "emitted"
        self.init(
            id: try row.decode("quarantine_id"), kind: isEmitted ? .undeliveredEvent : .quarantinedEvent,
            reason: try row.decode("reason"), at: try row.decode("received_at"), runID: nil,
            detail: try row.decode("items"))
    }
}
