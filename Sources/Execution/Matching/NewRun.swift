import Database
import JSON
import Primitives
import RunnerProtocol
import Workflow

/// A run to be stored as pending.
package struct NewRun: Sendable {
    package static let defaultPriority = 50
    /// Events and runs that may follow from one another before the chain is cut: a workflow that starts itself ends.
    package static let maximumChainDepth = 64
    package static let maximumBusinessKeyBytes = 512

    /// Why a text cannot be a business key; `nil` when it can. PostgreSQL keeps no NUL in a text.
    static func problem(ofBusinessKey key: String) -> String? {
        guard (1...maximumBusinessKeyBytes).contains(key.utf8.count) else {
            return "Must have 1 to \(maximumBusinessKeyBytes) bytes."
        }
        return key.unicodeScalars.contains("\0") ? "Must not hold the character NUL." : nil
    }

    var id: RunID
    var workflowID: WorkflowID
    var definitionDigest: String
    var acceptedAt: Timestamp
    var origin: Origin
    var priority = Self.defaultPriority
    var chainDepth = 0
    var businessKey: String?
    /// Who is behind the run and may not decide its four-eyes tasks.
    var causes = RunCauses()
    /// The run whose input this one has.
    var restartedFrom: RunID?
    /// It waits for a slot of its workflow.
    var isQueued = false
    /// It is not stored when there is such a run with its business key.
    var deduplicate: Deduplication?

    enum Origin: Sendable {
        /// Its input is the array of this one event.
        case event(EventRecord)
        /// Its input is the array of these, in the order of the definition's filters.
        case events([EventRecord])
        case input(JSONValue)
        /// The moment is the run's idempotency key: `a_moment_starts_one_run`.
        case schedule(TimedRule.Kind, at: Timestamp)
        /// `waitID` is `nil` when the parent does not wait for it.
        case parent(RunID, waitID: String?, input: JSONValue)
    }

    var input: JSONValue {
        switch origin {
        case .event(let event): .array([event.envelope])
        case .events(let events): .array(events.map(\.envelope))
        case .schedule(_, let moment): TimedRule.input(scheduledAt: moment)
        case .input(let input), .parent(_, _, let input): input
        }
    }

    private var schedule: (kind: TimedRule.Kind, at: Timestamp)? {
        if case .schedule(let kind, let moment) = origin { (kind, moment) } else { nil }
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

    /// The row of a run that has an input of its own, which is one that no single event started. Answers the run, and
    /// whether it waits for a slot of its workflow, unless its moment has started one before.
    func insertion(in plant: PlantKey) -> Statement {
        """
        INSERT INTO millwright.run (
          partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, status, sequence, epoch, priority,
          chain_depth, journal_length, accepted_at, input, business_key, initiator_principal_id, requested_by,
          further_initiators, further_requesters, schedule_kind, scheduled_at, restarted_from_run_id, queued_at)
        VALUES (
          \(fragment: plant.values), \(id), \(workflowID), \(definitionDigest), 'pending', 0, 0, \(Int32(priority)),
          \(Int32(chainDepth)), 0, \(acceptedAt), \(ExactJSON(input)), \(businessKey as String?),
          \(causes.initiator as PrincipalID?), \(causes.requestedBy as String?),
          \(causes.furtherInitiators as [PrincipalID]?), \(causes.furtherRequesters as [String]?),
          \(schedule?.kind.rawValue as String?), \(schedule?.at as Timestamp?), \(restartedFrom as RunID?),
          millwright.queued_since(\(fragment: plant.values), \(workflowID), \(acceptedAt)))
        ON CONFLICT (partner_id, client_id, plant_id, workflow_id, schedule_kind, scheduled_at)
          WHERE scheduled_at IS NOT NULL DO NOTHING
        RETURNING run_id, queued_at IS NOT NULL AS is_queued
        """
    }
}
