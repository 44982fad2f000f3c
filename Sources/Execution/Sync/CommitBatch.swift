import Database
import JSON
import Primitives
import RunnerProtocol
import Workflow

/// The commits of one call as one set-based statement. A commit whose run has moved on is left out by the database, and
/// with it everything that hangs on it.
struct CommitBatch: Sendable {
    let plant: PlantKey
    let epoch: Int64
    let commits: [RunCommit]
    let effects: CommitEffects
    /// Those of the runs that end which may have to answer another.
    let answering: [RunID]
    let now: Timestamp

    /// In the order of their runs: every call holds runs in this order, so that two of them never wait for one another.
    private let inOrder: [RunCommit]

    init(
        plant: PlantKey, epoch: Int64, commits: [RunCommit], effects: CommitEffects, answering: [RunID], now: Timestamp
    ) {
        self.plant = plant
        self.epoch = epoch
        self.commits = commits
        self.effects = effects
        self.answering = answering
        self.now = now
        inOrder = commits.sorted { $0.runID < $1.runID }
    }

    /// To be executed one after the other in one transaction.
    var statements: [Statement] {
        (answering.isEmpty ? [] : [holding]) + [statement] + (effects.ended.isEmpty ? [] : [effects.emptying])
    }

    /// - Parameter rows: the answers to `statements`, and whatever follows.
    func moved(_ rows: ArraySlice<Rows>) throws -> [RunID: Moved] {
        try Self.moved(rows[rows.startIndex + (answering.isEmpty ? 0 : 1)])
    }

    /// What came of the statement.
    struct Moved {
        var runID: RunID
        var workflowID: WorkflowID
        var hasParent: Bool
        var chainDepth: Int
        var causes: RunCauses
        /// It counts against its workflow's limit.
        var hasSlot = false
    }

    /// Holds whoever waits for one of the runs that end and, where somebody does, all that move. Whether it is there to take the
    /// answer stays true then until the answer is stored: its own end comes after that, or has come.
    private var holding: Statement {
        """
        WITH parent AS (
          SELECT child.parent_run_id AS run_id
          FROM millwright.run AS child
          WHERE \(fragment: plant.owns("child")) AND child.run_id = ANY (\(answering))
            AND child.parent_wait_id IS NOT NULL
        )
        SELECT
        FROM millwright.run AS run
        WHERE \(fragment: plant.owns("run"))
          AND run.run_id = ANY (ARRAY(
            SELECT parent.run_id
            FROM parent
            UNION ALL
            SELECT moving.run_id
            FROM unnest(\(commits.map(\.runID))) AS moving (run_id)
            WHERE EXISTS (SELECT FROM parent)))
        ORDER BY run.run_id
        FOR NO KEY UPDATE OF run
        """
    }

    /// The columns that a commit does not change are given values that the checks let pass; they are never stored, since a
    /// row that is new is refused (`a_run_begins_with_its_acceptance`).
    private var statement: Statement {
        """
        WITH moved AS (
          INSERT INTO millwright.run AS run (
            partner_id, client_id, plant_id, run_id, workflow_id, definition_digest, priority, chain_depth, accepted_at,
            input, epoch, started_at, sequence, status, journal_length, ended_at, wake_at, timers, state, output, error)
          SELECT
            \(fragment: plant.values), incoming.run_id, incoming.run_id, '', 0, 0, \(now), 'null', \(epoch), \(now),
            incoming.sequence, incoming.status, incoming.entries, incoming.ended_at, incoming.wake_at,
            incoming.timers, incoming.state, incoming.output, incoming.error
          FROM unnest(
            \(inOrder.map(\.runID)), \(inOrder.map { $0.expectedSequence + 1 }), \(inOrder.map(\.status.rawValue)),
            \(inOrder.map { Int32($0.journal.count) }), \(inOrder.map { $0.status.isFinal ? now : nil }),
            \(inOrder.map { $0.timers.map(\.dueAt).min() }), \(inOrder.map(\.timersByWait)),
            \(inOrder.map { $0.state.map(JSONBytes.init) }), \(inOrder.map { $0.output.map(JSONBytes.init) }),
            \(inOrder.map { $0.error.map(JSONBytes.init) })
          ) AS incoming (
            run_id, sequence, status, entries, ended_at, wake_at, timers, state, output, error)
          ON CONFLICT ON CONSTRAINT run_pkey DO UPDATE
          SET status = excluded.status, sequence = excluded.sequence, epoch = excluded.epoch,
            journal_length = run.journal_length + excluded.journal_length,
            started_at = coalesce(run.started_at, excluded.started_at), ended_at = excluded.ended_at,
            wake_at = excluded.wake_at, timers = excluded.timers, state = excluded.state, output = excluded.output,
            error = excluded.error
          WHERE run.sequence = excluded.sequence - 1 AND run.status IN ('pending', 'running', 'waiting')
          RETURNING run.run_id, run.workflow_id, run.status, run.sequence, run.chain_depth, run.output, run.error,
            run.initiator_principal_id, run.requested_by, run.further_initiators, run.further_requesters, run.root_run_id,
            run.parent_run_id, run.parent_wait_id, run.reopened, run.admitted_at
        )\(fragment: journal)\(fragment: metering)\(fragment: answerToParents)\(fragment: effects.fragments)\
        \(fragment: checkpoints)
        SELECT run_id, workflow_id, parent_wait_id IS NOT NULL AS has_parent, chain_depth, initiator_principal_id,
          requested_by, further_initiators, further_requesters, admitted_at IS NOT NULL AS has_slot
        FROM moved
        """
    }

    private static func moved(_ rows: Rows) throws -> [RunID: Moved] {
        var moved: [RunID: Moved] = [:]
        moved.reserveCapacity(rows.count)
        for row in rows {
            let run: RunID = try row.decode("run_id")
            moved[run] = Moved(
                runID: run, workflowID: try row.decode("workflow_id"), hasParent: try row.decode("has_parent"),
                chainDepth: try row.decode("chain_depth"), causes: try RunCauses(row: row),
                hasSlot: try row.decode("has_slot"))
        }
        return moved
    }

    private var journal: Statement {
        let runs = commits.flatMap { commit in repeatElement(commit.runID, count: commit.journal.count) }
        let entries = commits.flatMap(\.journal)
        guard !entries.isEmpty else { return "" }
        let values = JournalValues(commits)
        return """
            \(fragment: values.keeping(in: plant)), journaled AS (
              INSERT INTO millwright.journal_entry (
                partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, task_reference, task_type, function,
                attempt, started_at, ended_at, input, input_digest, output, output_digest, error, detail)
              SELECT
                \(fragment: plant.values), entry.run_id, entry.ordinal, moved.sequence, entry.kind,
                entry.task_reference, entry.task_type, entry.function, entry.attempt, entry.started_at, entry.ended_at,
                entry.input, entry.input_digest, entry.output, entry.output_digest, entry.error, entry.detail
              FROM unnest(
                \(runs), \(entries.map { Int32(truncatingIfNeeded: $0.ordinal) }), \(entries.map(\.kind.rawValue)),
                \(entries.map(\.taskReference)), \(entries.map(\.taskType)), \(entries.map(\.function)),
                \(entries.map { Int32(truncatingIfNeeded: $0.attempt) }), \(entries.map(\.startedAt)),
                \(entries.map(\.endedAt)), \(values.inputs.map(\.value)), \(values.inputs.map(\.digest)),
                \(values.outputs.map(\.value)), \(values.outputs.map(\.digest)), \(entries.map { $0.error.map { JSONBytes($0.json) } }),
                \(entries.map { $0.detail.map(JSONBytes.init) })
              ) AS entry (
                run_id, ordinal, kind, task_reference, task_type, function, attempt, started_at, ended_at, input,
                input_digest, output, output_digest, error, detail)
              JOIN moved ON moved.run_id = entry.run_id
            )
            """
    }

    /// One record a run and meter for this transition: the run itself when it ended, its tasks, its calls.
    private var metering: Statement {
        let records = commits.flatMap { commit in commit.usage.map { (commit.runID, $0.meter, $0.quantity) } }
        guard !records.isEmpty else { return "" }
        return """
            , metered AS (
              INSERT INTO millwright.usage_record (
                partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
              SELECT
                \(fragment: plant.values), record.meter, record.run_id, moved.sequence, record.quantity, \(now), now()
              FROM unnest(\(records.map(\.0)), \(records.map(\.1.rawValue)), \(records.map(\.2)))
                AS record (run_id, meter, quantity)
              JOIN moved ON moved.run_id = record.run_id
              -- A run that went on after its end was counted then.
              WHERE record.meter <> \(Meter.runs) OR moved.reopened = 0
            )
            """
    }

    /// A run that ended answers the run that waits for it, unless that one has ended too, here or before: nobody takes the
    /// answer then. (`moved` is not to be seen in the table by the statement that moves it.)
    private var answerToParents: Statement {
        guard commits.contains(where: \.status.isFinal) else { return "" }
        return """
            , answered AS (
              INSERT INTO millwright.run_input (
                partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, error, answered_by)
              SELECT
                \(fragment: plant.values), moved.parent_run_id, moved.parent_wait_id, \(now), moved.output,
                CASE WHEN moved.status = 'completed' THEN NULL
                  ELSE coalesce(moved.error, \(ExactJSON(ChildRun.cancelledError.json))) END,
                json_build_object('run', moved.run_id)
              FROM moved
              WHERE moved.parent_wait_id IS NOT NULL AND moved.status IN ('completed', 'faulted', 'cancelled')
                AND moved.parent_run_id <> ALL (ARRAY(
                  SELECT ended.run_id FROM moved AS ended WHERE ended.status IN ('completed', 'faulted', 'cancelled')))
                AND (
                  SELECT parent.status
                  FROM millwright.run AS parent
                  WHERE \(fragment: plant.owns("parent")) AND parent.run_id = moved.parent_run_id
                ) IN ('pending', 'running', 'waiting', 'suspended')
            )
            """
    }
}

extension CommitBatch {
    /// Where runs stood that fault: few, so that the others pay nothing.
    private var checkpoints: Statement {
        let faulted = commits.compactMap { commit in commit.checkpoint.map { (commit.runID, JSONBytes($0)) } }
        guard !faulted.isEmpty else { return "" }
        return """
            , checkpointed AS (
              INSERT INTO millwright.run_checkpoint (partner_id, client_id, plant_id, run_id, state, stored_at)
              SELECT \(fragment: plant.values), given.run_id, given.state, \(now)
              FROM unnest(\(faulted.map(\.0)), \(faulted.map(\.1))) AS given (run_id, state)
              JOIN moved ON moved.run_id = given.run_id AND moved.status = 'faulted'
              ON CONFLICT ON CONSTRAINT run_checkpoint_pkey DO UPDATE
              SET state = excluded.state, inputs = NULL, stored_at = excluded.stored_at
            )
            """
    }
}

extension RunCommit {
    /// `{"<wait>": <microseconds>}`, as the column `run.timers` keeps it.
    fileprivate var timersByWait: JSONBytes? {
        guard !timers.isEmpty else { return nil }
        let members = timers.map { ($0.waitID, JSONValue($0.dueAt.unixMicroseconds)) }
        return JSONBytes(.object(JSONObject(uniqueKeysWithValues: members)))
    }

    /// What this transition adds to the meters. The same rules stand in SQL (`is_metered_task`, `is_connector_call`).
    var usage: [(meter: Meter, quantity: Int64)] {
        var records: [(meter: Meter, quantity: Int64)] = []
        let tasks = journal.count { JournalEntry.isMetered($0) }
        let calls = journal.count { $0.isConnectorCall }
        if tasks > 0 { records.append((.tasks, Int64(tasks))) }
        if calls > 0 { records.append((.connectorCalls, Int64(calls))) }
        if status.isFinal { records.append((.runs, 1)) }
        return records
    }
}

extension JournalEntry {
    /// `call: http` and the capabilities; a human task is no call to another system.
    var isConnectorCall: Bool {
        guard kind == .taskCompleted || kind == .taskFaulted, taskType == "call", let function else { return false }
        return !function.hasPrefix("human-task:")
    }
}
