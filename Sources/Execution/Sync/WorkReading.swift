import Database
import JSON
import Primitives
import RunnerProtocol
import Workflow

/// Asks the database for what one call takes, as planned by the plant's desk.
struct WorkReading: Sendable {
    let plant: PlantKey
    let epoch: Int64
    let plan: PlantDesk.Plan
    /// The call also brings commits. Then no orphan is taken up: one that a commit of this call names would look as if this
    /// runner had committed it.
    let hasCommits: Bool
    let now: Timestamp

    /// What was found, in the order in which it is handed out: what goes on comes before what is new.
    struct Found {
        private(set) var items: [WorkItem] = []
        private var positions: [RunID: Int] = [:]
        /// Kinds of which there may be more.
        var more: Need = []
        var nextTimerAt: Timestamp?
        /// How far the runs in hand were read; `nil` when they were not asked for.
        var recovery: PlantDesk.Recovery?

        /// A run that has both an answer and a due timer is one item.
        fileprivate mutating func add(_ item: WorkItem) {
            if let position = positions[item.runID] {
                items[position].inputs += item.inputs
            } else {
                positions[item.runID] = items.count
                items.append(item)
            }
        }

        /// Keeps what fits into one answer; what is cut off is still to be read.
        mutating func cut(to limit: Int) {
            guard items.count > limit else { return }
            items.removeLast(items.count - limit)
            more.formUnion(.work)
        }
    }

    private enum Part { case orphans, inputs, timers, nextTimer, pending }

    private var parts: [Part] {
        var parts: [Part] = []
        if plan.needs.contains(.orphans), plan.capacity > 0, !hasCommits { parts.append(.orphans) }
        if plan.needs.contains(.inputs) { parts.append(.inputs) }
        if plan.needs.contains(.timers) { parts += [.timers, .nextTimer] }
        if plan.needs.contains(.pending), plan.capacity > 0 { parts.append(.pending) }
        return parts
    }

    private var answersLimit: Int { max(plan.capacity, SyncLimits.minimumAnswers) }

    var statements: [Statement] {
        parts.map { part in
            switch part {
            case .orphans: orphans
            case .inputs: inputs
            case .timers: timers
            case .nextTimer: nextTimer
            case .pending: pending
            }
        }
    }

    /// - Parameter results: the answers to `statements`, in their order.
    func found(_ results: some Collection<Rows>) throws -> Found {
        var found = Found()
        if hasCommits { found.more.formUnion(plan.needs.intersection(.orphans)) }
        for (part, rows) in zip(parts, results) {
            switch part {
            case .orphans:
                for row in rows { try found.add(WorkItem(row: row, isRecovered: true)) }
                if rows.count == plan.capacity { found.more.insert(.orphans) }
                let isDone = plan.recovery == .done || rows.count < plan.capacity
                found.recovery = isDone ? .done : .after(found.items.map(\.runID).max())
            case .inputs:
                for row in rows { try found.add(WorkItem(row: row, input: row.deliveredInput())) }
                if rows.count == answersLimit { found.more.insert(.inputs) }
            case .timers:
                for row in rows { try found.add(WorkItem(row: row, inputs: row.dueTimers(at: now))) }
                if rows.count == answersLimit { found.more.insert(.timers) }
            case .nextTimer: found.nextTimerAt = try rows.first?.decode("wake_at", as: Timestamp?.self)
            case .pending:
                for row in rows { try found.add(WorkItem(row: row)) }
                if rows.count == plan.capacity { found.more.insert(.pending) }
            }
        }
        return found
    }

    // MARK: Statements

    /// In order of priority, then of acceptance. The runs in hand are left out: they are pending until they are committed.
    private var pending: Statement {
        """
        SELECT \(raw: Self.columns)
        FROM millwright.run AS run
        \(fragment: event)
        WHERE \(fragment: plant.owns("run"))
          AND run.status = 'pending' AND run.queued_at IS NULL AND run.run_id <> ALL (\(plan.heldPending))
        ORDER BY run.priority DESC, run.run_id
        LIMIT \(plan.capacity)
        """
    }

    private var inputs: Statement {
        """
        SELECT \(raw: Self.columns), input.number, input.wait_id, input.arrived_at, input.result,
          input.error AS input_error, input.answered_by
        FROM millwright.run_input AS input
        CROSS JOIN LATERAL (
          SELECT run.*
          FROM millwright.run AS run
          WHERE \(fragment: plant.owns("run")) AND run.run_id = input.run_id
          LIMIT 1
        ) AS run
        \(fragment: event)
        WHERE \(fragment: plant.owns("input"))
          AND input.number <> ALL (\(plan.heldInputs))
          AND (run.status = 'running' OR (run.status = 'waiting' AND \(plan.capacity > 0)))
        ORDER BY input.number
        LIMIT \(answersLimit)
        """
    }

    private var timers: Statement {
        """
        SELECT \(raw: Self.columns), run.timers
        FROM millwright.run AS run
        \(fragment: event)
        WHERE \(fragment: plant.owns("run"))
          AND run.wake_at <= \(now) AND run.run_id <> ALL (\(plan.heldTimers))
          AND run.status IN ('running', 'waiting') AND (run.status = 'running' OR \(plan.capacity > 0))
        ORDER BY run.wake_at
        LIMIT \(answersLimit)
        """
    }

    private var nextTimer: Statement {
        """
        SELECT min(run.wake_at) AS wake_at
        FROM millwright.run AS run
        WHERE \(fragment: plant.owns("run"))
          AND run.wake_at > \(now) AND run.status IN ('running', 'waiting')
        """
    }

    /// Runs that a runner of another epoch had in hand, or that were resumed while an effect was under way. They are
    /// marked in the same breath, so that they are recovered once.
    private var orphans: Statement {
        """
        WITH orphan AS (
          SELECT run.run_id
          FROM millwright.run AS run
          WHERE \(fragment: plant.owns("run")) AND run.status = 'running'\(fragment: notRecovered)
          ORDER BY run.run_id
          LIMIT \(plan.capacity)
          FOR UPDATE
        ), run AS (
          UPDATE millwright.run AS run
          SET epoch = \(epoch)
          WHERE \(fragment: plant.owns("run")) AND run.run_id = ANY (ARRAY(SELECT orphan.run_id FROM orphan))
          RETURNING run.*
        )
        SELECT \(raw: Self.columns)
        FROM run
        \(fragment: event)
        """
    }

    /// A call that starts anew takes all that count as in hand, one page after the other; later ones take those that no
    /// runner of this epoch was handed.
    private var notRecovered: Statement {
        switch plan.recovery {
        case .done: " AND run.epoch <> \(epoch)"
        case .after(nil): ""
        case .after(let last?): " AND run.run_id > \(last)"
        }
    }

    /// The event that started the run, if one did.
    private var event: Statement {
        """
        LEFT JOIN LATERAL (
          SELECT *
          FROM millwright.event AS event
          WHERE \(fragment: plant.owns("event")) AND event.event_id = run.event_id
          LIMIT 1
        ) AS event ON true
        """
    }

    private static let columns: StaticString = """
        run.run_id, run.workflow_id, run.definition_digest, run.sequence, run.state, run.input, run.accepted_at,
        event.event_id, event.source, event.source_event_id, event.type, event.subject, event.occurred_at,
        event.received_at, event.attributes, event.data, event.chain_depth AS event_chain_depth
        """
}

extension WorkItem {
    fileprivate init(row: Row, inputs: [DeliveredInput] = [], isRecovered: Bool = false) throws {
        self.init(
            runID: try row.decode("run_id"), workflowID: try row.decode("workflow_id"),
            definitionDigest: try row.decode("definition_digest"), sequence: try row.decode("sequence"),
            state: try row.decode("state", as: JSONValue?.self), input: try row.runInput(),
            acceptedAt: try row.decode("accepted_at"), inputs: inputs, isRecovered: isRecovered)
    }

    fileprivate init(row: Row, input: DeliveredInput) throws {
        try self.init(row: row, inputs: [input])
    }
}

extension Row {
    /// The run's own input, or the array of the event that started it.
    func runInput() throws -> JSONValue {
        if let input = try decode("input", as: JSONValue?.self) { return input }
        guard let id = try decode("event_id", as: EventRecordID?.self) else {
            throw Problem(.internalError, "A run has neither an input nor the event that started it.")
        }
        let event = EventRecord(
            id: id, source: try decode("source"), sourceEventID: try decode("source_event_id"),
            type: try decode("type"), subject: try decode("subject", as: String?.self),
            occurredAt: try decode("occurred_at"), receivedAt: try decode("received_at"),
            attributes: try decode("attributes", as: JSONValue?.self), data: try decode("data", as: JSONValue?.self),
            chainDepth: try decode("event_chain_depth"))
        return .array([event.envelope])
    }

    /// `nil` for a run whose event has aged out. The event of an open run does not (`RetentionHold`).
    func keptRunInput() throws -> JSONValue? {
        let isKept = try decode("input", as: JSONValue?.self) != nil || decode("source", as: String?.self) != nil
        return isKept ? try runInput() : nil
    }

    fileprivate func deliveredInput() throws -> DeliveredInput {
        let wait: String = try decode("wait_id")
        let kind: EngineInput.Kind
        if wait == ReopenedRun.waitID {
            kind = .reopen(try Reopening(json: try decode("result")))
        } else if let error = try decode("input_error", as: JSONValue?.self) {
            kind = .failed(waitID: wait, error: try WorkflowError(json: error))
        } else {
            kind = .succeeded(
                waitID: wait, result: try decode("result"), by: try decode("answered_by", as: JSONValue?.self))
        }
        return DeliveredInput(
            number: try decode("number"), input: EngineInput(at: try decode("arrived_at"), kind: kind))
    }

    /// The timers of the run that are due, in the order in which they fell due. Nobody stored the answers: their number
    /// is 0.
    fileprivate func dueTimers(at now: Timestamp) throws -> [DeliveredInput] {
        let timers = try decode("timers", as: JSONValue.self).objectValue ?? [:]
        let due = timers.compactMap { wait, moment in
            moment.intValue.map { (wait: wait, at: Timestamp(unixMicroseconds: Int64($0))) }
        }
        return due.filter { $0.at <= now }.sorted { ($0.at, $0.wait) < ($1.at, $1.wait) }.map { timer in
            DeliveredInput(
                number: 0, input: EngineInput(at: now, kind: .succeeded(waitID: timer.wait, result: .null, by: nil)))
        }
    }
}
