import Database
package import JSON
package import Primitives
import Tenancy
package import Workflow

/// A run as a list shows it.
package struct RunSummary: Sendable, Hashable {
    package var id: RunID
    package var scope: TenantScope
    package var workflowID: WorkflowID
    package var workflowName: String
    package var definitionDigest: String
    package var status: RunStatus
    package var businessKey: String?
    package var priority: Int
    package var acceptedAt: Timestamp
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// When its earliest timer is due.
    package var wakeAt: Timestamp?
    /// The event that started it.
    package var eventID: EventRecordID?
    package var parentRunID: RunID?
    /// The schedule that started it, and the moment that it was started for.
    package var scheduleKind: TimedRule.Kind?
    package var scheduledAt: Timestamp?
    package var initiator: PrincipalID?
    package var requestedBy: String?
    /// The run whose input it has.
    package var restartedFrom: RunID?
    /// How often it went on after its end.
    package var reopened: Int
    /// Since when it waits for a slot of its workflow.
    package var queuedAt: Timestamp?
    /// RFC 7807, of a faulted run.
    package var error: JSONValue?
}

/// One run with its data.
package struct RunDetail: Sendable, Hashable {
    package var summary: RunSummary
    /// Counts the run's transitions.
    package var sequence: Int64
    /// `nil` when the event that it was has aged out.
    package var input: JSONValue?
    package var output: JSONValue?
    /// What the engine keeps of an open run.
    package var state: JSONValue?
    /// The month of its journal was dropped.
    package var hasAgedOut = false
}

extension RunSummary {
    /// The error of a list is bounded: `shortError`. One run alone shows it whole: `run.error`.
    static let columns: StaticString = """
        run.partner_id, run.client_id, run.plant_id, run.run_id, run.workflow_id, workflow.name AS workflow_name,
        run.definition_digest, run.status, run.business_key, run.priority, run.accepted_at, run.started_at, run.ended_at,
        run.wake_at, run.event_id, run.parent_run_id, run.schedule_kind, run.scheduled_at, run.initiator_principal_id,
        run.requested_by, run.restarted_from_run_id, run.reopened, run.queued_at
        """

    /// A run may fault with megabytes; what a reader of a list needs of it are its first words.
    static let shortError: StaticString = """
        CASE WHEN octet_length(run.error::text) <= 4000 THEN run.error
          ELSE json_build_object(
            'type', left(run.error ->> 'type', 500), 'status', run.error -> 'status',
            'title', left(run.error ->> 'title', 500), 'detail', left(run.error ->> 'detail', 1000),
            'isCutOff', true) END AS error
        """

    init(row: Row) throws {
        self.init(
            id: try row.decode("run_id"), scope: try row.scope(), workflowID: try row.decode("workflow_id"),
            workflowName: try row.decode("workflow_name"), definitionDigest: try row.decode("definition_digest"),
            status: try row.decode("status"), businessKey: try row.decode("business_key", as: String?.self),
            priority: try row.decode("priority"), acceptedAt: try row.decode("accepted_at"),
            startedAt: try row.decode("started_at", as: Timestamp?.self),
            endedAt: try row.decode("ended_at", as: Timestamp?.self),
            wakeAt: try row.decode("wake_at", as: Timestamp?.self),
            eventID: try row.decode("event_id", as: EventRecordID?.self),
            parentRunID: try row.decode("parent_run_id", as: RunID?.self),
            scheduleKind: try row.decode("schedule_kind", as: String?.self).flatMap { TimedRule.Kind(rawValue: $0) },
            scheduledAt: try row.decode("scheduled_at", as: Timestamp?.self),
            initiator: try row.decode("initiator_principal_id", as: PrincipalID?.self),
            requestedBy: try row.decode("requested_by", as: String?.self),
            restartedFrom: try row.decode("restarted_from_run_id", as: RunID?.self),
            reopened: try row.decode("reopened"), queuedAt: try row.decode("queued_at", as: Timestamp?.self),
            error: try row.decode("error", as: JSONValue?.self))
    }
}
