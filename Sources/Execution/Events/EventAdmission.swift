import Database
import JSON
import Primitives
import RunnerProtocol
import Workflow

/// Events and the runs that they start, stored by one statement: a run is stored only with its event, and an event that
/// was accepted before stores nothing.
struct EventAdmission: Sendable {
    let plant: PlantKey
    /// The accepted batch; `nil` for events that runs of the plant emitted.
    let ingestID: UUIDv7?
    let events: [EventRecord]
    let runs: [NewRun]
    let recordedAt: Timestamp
    private let search: DuplicateWindow.Search

    /// - Parameter events: in any order; they are stored in the order of their keys, so that two transactions that store
    ///   the same events wait for one another instead of dead-locking.
    /// - Parameter found: what events start of which that had to be computed (`PlantTriggers.computes`).
    init(
        _ plant: PlantKey, ingestID: UUIDv7?, events: [EventRecord], triggers: PlantTriggers, recordedAt: Timestamp,
        duplicates: DuplicateWindow, found: [EventRecordID: [NewRun]],
        causes: (EventRecord) -> RunCauses = EventAdmission.causes
    ) {
        self.plant = plant
        self.ingestID = ingestID
        self.events = events.sorted { ($0.source, $0.sourceEventID) < ($1.source, $1.sourceEventID) }
        self.recordedAt = recordedAt
        search = duplicates.search(for: events.map(\.id.raw))
        var allowance = EvaluationAllowance.unbounded
        runs = events.flatMap { event in
            (found.isEmpty ? nil : found[event.id])
                ?? triggers.runs(startedBy: event, causes: causes(event), &allowance)
        }
    }

    /// Whoever sent the event, after those behind the run that emitted it when it is sent again.
    static func causes(of event: EventRecord) -> RunCauses {
        var causes = event.emitterCauses
        causes.add(RunCauses(initiator: event.sender))
        return causes
    }

    /// Stands before `statement` where it is not empty.
    var opening: [Statement] { search.isNearBoundary ? [DuplicateWindow.turn(of: plant)] : [] }

    /// Answers the `event_id` of each event that is new: one that is neither in the month's partition, whose key says so, nor
    /// in another month of the duplicate window.
    var statement: Statement {
        """
        WITH incoming AS (
          SELECT *
          FROM unnest(
            \(events.map(\.id)), \(events.map(\.source)), \(events.map(\.sourceEventID)), \(events.map(\.type)),
            \(events.map(\.subject)), \(events.map(\.occurredAt)), \(events.map(\.receivedAt)),
            \(events.map(\.emittedBy)), \(events.map(\.sender)), \(events.map { Int32($0.chainDepth) }),
            \(events.map { $0.attributes.map(JSONBytes.init) }), \(events.map { $0.dataBytes ?? $0.data.map(JSONBytes.init) })
          ) AS event (
            event_id, source, source_event_id, type, subject, occurred_at, received_at, emitted_by_run_id,
            sender_principal_id, chain_depth, attributes, data)
          LEFT JOIN LATERAL (
            SELECT true AS is_known
            FROM millwright.event AS earlier
            WHERE \(fragment: plant.owns("earlier"))
              AND earlier.source = event.source AND earlier.source_event_id = event.source_event_id
              AND earlier.event_id >= \(search.from) AND earlier.event_id < \(search.to)
            LIMIT 1
          ) AS earlier ON true
          WHERE earlier.is_known IS NULL
        ), stored AS (
          INSERT INTO millwright.event (
            partner_id, client_id, plant_id, event_id, source, source_event_id, type, subject, occurred_at,
            received_at, ingest_id, emitted_by_run_id, sender_principal_id, chain_depth, attributes, data)
          SELECT
            \(fragment: plant.values), event_id, source, source_event_id, type, subject, occurred_at,
            received_at, CASE WHEN emitted_by_run_id IS NULL THEN \(ingestID as UUIDv7?) END, emitted_by_run_id, sender_principal_id, chain_depth, attributes, data
          FROM incoming
          ON CONFLICT DO NOTHING
          RETURNING event_id, received_at, emitted_by_run_id
        )\(fragment: startedRuns)\(fragment: metering)
        SELECT event_id FROM stored
        """
    }

    /// Who asks for the same run meanwhile waits: to be executed before `statement`; `nil` when no run asks for it.
    var lock: Statement? {
        let keys = Set(runs.lazy.filter { $0.deduplicate != nil }.map { "\($0.workflowID)/\($0.businessKey ?? "")" })
        guard !keys.isEmpty else { return nil }
        return """
            SELECT pg_advisory_xact_lock(hashtextextended(\("\(plant.plantID)/") || key, 20261121))
            FROM unnest(\(keys.sorted())) AS key
            """
    }

    private var startedRuns: Statement {
        guard !runs.isEmpty else { return "" }
        let isLimited = runs.contains(where: \.isQueued)
        return """
            , started AS (
              INSERT INTO millwright.run (
                partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, status, sequence, epoch,
                priority, chain_depth, journal_length, accepted_at, event_id, business_key, initiator_principal_id,
                requested_by\(fragment: furtherCauses.columns)\(raw: isLimited ? ", queued_at" : ""))
              SELECT
                \(fragment: plant.values), run.run_id, run.workflow_id, run.definition_digest, 'pending', 0, 0,
                run.priority, run.chain_depth, 0, stored.received_at, stored.event_id, run.business_key,
                run.initiator_principal_id, run.requested_by\(fragment: furtherCauses.values)\(fragment: queuedSince(isLimited))
              FROM unnest(
                \(runs.map(\.id)), \(runs.map(\.workflowID)), \(runs.map(\.definitionDigest)),
                \(runs.map { Int32($0.priority) }), \(runs.map { Int32($0.chainDepth) }), \(runs.map { $0.event?.id }),
                \(runs.map(\.businessKey)), \(runs.map(\.causes.initiator)), \(runs.map(\.causes.requestedBy))\(fragment: furtherCauses.arrays)
              ) AS run (
                run_id, workflow_id, definition_digest, priority, chain_depth, event_id, business_key,
                initiator_principal_id, requested_by\(fragment: furtherCauses.names))
              JOIN stored ON stored.event_id = run.event_id\(fragment: unlessThere)
            )
            """
    }

    /// Only events that runs emit have more than one initiator behind them: others pay nothing for it.
    private var furtherCauses: (columns: Statement, values: Statement, arrays: Statement, names: Statement) {
        guard runs.contains(where: \.causes.hasFurther) else { return ("", "", "", "") }
        return (
            ", further_initiators, further_requesters",
            """
            , ARRAY(SELECT json_array_elements_text(run.further -> 'initiators')::uuid),
                ARRAY(SELECT json_array_elements_text(run.further -> 'requesters'))
            """, ", \(runs.map { JSONBytes($0.causes.further) })", ", further"
        )
    }

    private func queuedSince(_ isLimited: Bool) -> Statement {
        guard isLimited else { return "" }
        let queued = runs.filter(\.isQueued).map(\.id)
        return ", CASE WHEN run.run_id = ANY (\(queued)) THEN stored.received_at END"
    }

    /// Runs that are not stored when one with their business key is there. Of several in the batch the first counts.
    private var unlessThere: Statement {
        let wanted = runs.filter { $0.deduplicate != nil }
        guard !wanted.isEmpty else { return "" }
        let ever = wanted.filter { $0.deduplicate == .ever }.map(\.workflowID)
        return """

              WHERE run.run_id <> ALL (\(wanted.map(\.id))) OR NOT EXISTS (
                SELECT
                FROM millwright.run AS same
                WHERE \(fragment: plant.owns("same"))
                  AND same.business_key = run.business_key AND same.workflow_id = run.workflow_id
                  AND (
                    same.status IN ('pending', 'running', 'waiting', 'suspended')
                    OR same.workflow_id = ANY (\(ever)))
              ) AND NOT EXISTS (
                SELECT
                FROM unnest(
                  \(wanted.map(\.id)), \(wanted.map(\.workflowID)), \(wanted.map(\.businessKey)),
                  \(wanted.map { $0.event?.id })
                ) AS earlier (run_id, workflow_id, business_key, event_id)
                JOIN stored AS earlier_event ON earlier_event.event_id = earlier.event_id
                WHERE earlier.workflow_id = run.workflow_id AND earlier.business_key = run.business_key
                  AND earlier.run_id < run.run_id
              )
            """
    }

    /// Events from outside are counted, once a batch; what a plant emits itself is free.
    private var metering: Statement {
        guard let ingestID else { return "" }
        return """
            , metered AS (
              INSERT INTO millwright.usage_record (
                partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
              SELECT \(fragment: plant.values), \(Meter.events), \(ingestID), 1, count(*), \(recordedAt), now()
              FROM stored
              -- What a run emitted and somebody sends again is the plant's own.
              WHERE stored.emitted_by_run_id IS NULL
              HAVING count(*) > 0
            )
            """
    }

    /// The runs of the events that turned out to be new.
    func startedRuns(_ stored: Set<EventRecordID>) -> [NewRun] {
        runs.filter { run in run.event.map { stored.contains($0.id) } ?? false }
    }
}

extension EventAdmission {
    static func stored(_ rows: Rows) throws -> Set<EventRecordID> {
        try Set(rows.map { try $0.decode("event_id", as: EventRecordID.self) })
    }

    /// The identifiers under which events with these keys were accepted; of several, the last. It looks into every month:
    /// what made an event a repeated one may be older than the window, in a partition of several months.
    static func accepted(_ events: [EventRecord], in plant: PlantKey) -> Statement {
        """
        SELECT asked.source, asked.source_event_id, event.event_id
        FROM unnest(\(events.map(\.source)), \(events.map(\.sourceEventID))) AS asked (source, source_event_id)
        CROSS JOIN LATERAL (
          SELECT event.event_id
          FROM millwright.event AS event
          WHERE \(fragment: plant.owns("event"))
            AND event.source = asked.source AND event.source_event_id = asked.source_event_id
          ORDER BY event.event_id DESC
          LIMIT 1
        ) AS event
        """
    }
}
