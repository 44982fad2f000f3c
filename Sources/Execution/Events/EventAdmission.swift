import Database
import JSON
import Primitives
import RunnerProtocol

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
    init(
        _ plant: PlantKey, ingestID: UUIDv7?, events: [EventRecord], triggers: PlantTriggers, recordedAt: Timestamp,
        duplicates: DuplicateWindow,
        initiators: (EventRecord) -> (principal: PrincipalID?, requestedBy: String?) = { ($0.sender, nil) }
    ) {
        self.plant = plant
        self.ingestID = ingestID
        self.events = events.sorted { ($0.source, $0.sourceEventID) < ($1.source, $1.sourceEventID) }
        self.recordedAt = recordedAt
        search = duplicates.search(for: events.map(\.id.raw))
        runs = events.flatMap { event in
            let initiator = initiators(event)
            return triggers.runs(startedBy: event, initiator: initiator.principal, requestedBy: initiator.requestedBy)
        }
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
            received_at, \(ingestID as UUIDv7?), emitted_by_run_id, sender_principal_id, chain_depth, attributes, data
          FROM incoming
          ON CONFLICT DO NOTHING
          RETURNING event_id, received_at
        )\(fragment: startedRuns)\(fragment: metering)
        SELECT event_id FROM stored
        """
    }

    private var startedRuns: Statement {
        guard !runs.isEmpty else { return "" }
        return """
            , started AS (
              INSERT INTO millwright.run (
                partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, status, sequence, epoch,
                priority, chain_depth, journal_length, accepted_at, event_id, business_key, initiator_principal_id,
                requested_by)
              SELECT
                \(fragment: plant.values), run.run_id, run.workflow_id, run.definition_digest, 'pending', 0, 0,
                run.priority, run.chain_depth, 0, stored.received_at, stored.event_id, run.business_key,
                run.initiator_principal_id, run.requested_by
              FROM unnest(
                \(runs.map(\.id)), \(runs.map(\.workflowID)), \(runs.map(\.definitionDigest)),
                \(runs.map { Int32($0.priority) }), \(runs.map { Int32($0.chainDepth) }), \(runs.map { $0.event?.id }),
                \(runs.map(\.businessKey)), \(runs.map(\.initiator)), \(runs.map(\.requestedBy))
              ) AS run (
                run_id, workflow_id, definition_digest, priority, chain_depth, event_id, business_key,
                initiator_principal_id, requested_by)
              JOIN stored ON stored.event_id = run.event_id
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
