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
        /// Runs for whose end another waits.
        private(set) var withParents: Set<RunID> = []
        private var bytes = 0
        private var rows = 0

        /// Of a row that was read, on average.
        var runBytes: Int { rows == 0 ? 0 : bytes / rows }

        /// A run that has both an answer and a due timer is one item.
        fileprivate mutating func add(_ item: WorkItem) {
            if let position = positions[item.runID] {
                items[position].inputs += item.inputs
            } else {
                positions[item.runID] = items.count
                items.append(item)
            }
        }

        /// - Returns: whether there may be rows beyond these: there were more than fitted, or as many as were looked at.
        fileprivate mutating func count(_ page: Rows, of limit: Int) throws -> Bool {
            rows += page.count
            for row in page {
                bytes += Int(try row.decode("bytes", as: Int64.self))
                if try row.decode("has_parent") { withParents.insert(try row.decode("run_id")) }
            }
            let candidates = try page.first?.decode("candidates", as: Int64.self) ?? 0
            return candidates > page.count || candidates >= limit
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

    var statements: [Statement] {
        parts.map { part in
            switch part {
            case .orphans: orphans
            case .inputs: .fitting(inputs, bytes: Self.mostBytes, order: "number")
            case .timers: .fitting(timers, bytes: Self.mostBytes, order: "wake_at, run_id")
            case .nextTimer: nextTimer
            case .pending: .fitting(pending, bytes: Self.mostBytes, order: "priority DESC, run_id")
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
                let isCut = try found.count(rows, of: plan.page)
                if isCut { found.more.insert(.orphans) }
                let isDone = plan.recovery == .done || !isCut
                found.recovery = isDone ? .done : .after(found.items.map(\.runID).max())
            case .inputs:
                for row in rows { try found.add(WorkItem(row: row, input: row.deliveredInput())) }
                if try found.count(rows, of: plan.answersPage) { found.more.insert(.inputs) }
            case .timers:
                for row in rows { try found.add(WorkItem(row: row, inputs: row.dueTimers(at: now))) }
                if try found.count(rows, of: plan.answersPage) { found.more.insert(.timers) }
            case .nextTimer: found.nextTimerAt = try rows.first?.decode("wake_at", as: Timestamp?.self)
            case .pending:
                for row in rows { try found.add(WorkItem(row: row)) }
                if try found.count(rows, of: plan.page) { found.more.insert(.pending) }
            }
        }
        return found
    }

    // MARK: Statements

    /// In order of priority, then of acceptance. The runs in hand are left out: they are pending until they are committed.
    private var pending: Statement {
        """
        SELECT \(raw: Self.columns), \(raw: Self.bytes) AS bytes
        FROM millwright.run AS run
        \(fragment: event)
        WHERE \(fragment: plant.owns("run"))
          AND run.status = 'pending' AND run.queued_at IS NULL AND run.run_id <> ALL (\(plan.heldPending))
        ORDER BY run.priority DESC, run.run_id
        LIMIT \(plan.page)
        """
    }

    private var inputs: Statement {
        """
        SELECT \(raw: Self.columns), input.number, input.wait_id, input.arrived_at, input.result,
          input.error AS input_error, input.answered_by,
          \(raw: Self.bytes) + coalesce(octet_length(input.result::text), 0) AS bytes
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
        LIMIT \(plan.answersPage)
        """
    }

    private var timers: Statement {
        """
        SELECT \(raw: Self.columns), run.timers, run.wake_at, \(raw: Self.bytes) AS bytes
        FROM millwright.run AS run
        \(fragment: event)
        WHERE \(fragment: plant.owns("run"))
          AND run.wake_at <= \(now) AND run.run_id <> ALL (\(plan.heldTimers))
          AND run.status IN ('running', 'waiting') AND (run.status = 'running' OR \(plan.capacity > 0))
        ORDER BY run.wake_at, run.run_id
        LIMIT \(plan.answersPage)
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
        WITH candidate AS (
          SELECT run.run_id, \(raw: Self.ownBytes) AS bytes
          FROM millwright.run AS run
          WHERE \(fragment: plant.owns("run")) AND run.status = 'running'\(fragment: notRecovered)
          ORDER BY run.run_id
          LIMIT \(plan.page)
        ), orphan AS (
          SELECT run.run_id
          FROM millwright.run AS run
          WHERE \(fragment: plant.owns("run")) AND run.status = 'running'\(fragment: notRecovered)
            AND run.run_id = ANY (ARRAY(
              SELECT sized.run_id
              FROM (
                SELECT candidate.run_id, candidate.bytes, sum(candidate.bytes) OVER (ORDER BY candidate.run_id) AS bytes_through
                FROM candidate
              ) AS sized
              WHERE sized.bytes_through - sized.bytes < \(Int64(SyncLimits.maximumWorkBytes))))
          ORDER BY run.run_id
          FOR UPDATE
        ), run AS (
          UPDATE millwright.run AS run
          SET epoch = \(epoch)
          WHERE \(fragment: plant.owns("run")) AND run.run_id = ANY (ARRAY(SELECT orphan.run_id FROM orphan))
          RETURNING run.*
        )
        SELECT \(raw: Self.columns), \(raw: Self.bytes) AS bytes,
          (SELECT count(*) FROM candidate) AS candidates
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

    private static let mostBytes = Int64(SyncLimits.maximumWorkBytes)
    private static let ownBytes: StaticString =
        "coalesce(octet_length(run.state::text), 0) + coalesce(octet_length(run.input::text), 0)"
    private static let bytes: StaticString = """
        coalesce(octet_length(run.state::text), 0)::bigint + coalesce(octet_length(run.input::text), 0) \
        + coalesce(octet_length(event.data::text), 0)
        """

    private static let columns: StaticString = """
        run.run_id, run.priority, run.workflow_id, run.definition_digest, run.sequence, run.state, run.input, run.accepted_at,
        run.parent_wait_id IS NOT NULL AS has_parent,
        event.event_id, event.source, event.source_event_id, event.type, event.subject, event.occurred_at,
        event.received_at, event.attributes, event.data, event.chain_depth AS event_chain_depth
        """
}
