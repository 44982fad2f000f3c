import Database
import JSON
import Primitives
import RunnerProtocol
import Workflow

/// Ends runs without their runner: cancelled by somebody, or faulted because what the runner committed cannot be stored.
/// What such a run waited for is forgotten, the run that waits for it is answered, and the runs that it started and
/// waits for are cancelled with it.
struct RunEnding: Sendable {
    let plant: PlantKey
    let runs: [RunID]
    /// Only when the run still stands there; `nil` for wherever it stands.
    var expectedSequence: Int64?
    let end: End
    let now: Timestamp

    enum End: Sendable {
        case cancelled(reason: String)
        case faulted(WorkflowError)
    }

    struct Ended {
        var runs: [RunID] = []
        var answeredParents = false
        /// A run among them counted against the limit of its workflow.
        var freedSlots = false
    }

    static let refusedCommit = WorkflowError(
        type: "https://serverlessworkflow.io/spec/1.0.0/errors/runtime", status: 422,
        title: "What the run did cannot be recorded",
        detail:
            "A value of the run breaks a rule of the database, such as a text that is too long. The log has the rule.")

    static let maximumReasonCharacters = 1_000

    /// What the run's reader is told of a commit that its runner could not send.
    static func refusal(because reason: String) -> WorkflowError {
        var told = refusedCommit
        told.detail = String(reason.prefix(maximumReasonCharacters).filter { $0 != "\0" })
        return told
    }

    /// What the run's reader is told of a commit that the database refused.
    static func refusal(of commit: RunCommit, because error: DatabaseError) -> WorkflowError {
        var told = refusedCommit
        guard error.violates(constraint: "run_values_are_bounded") else { return told }
        let limit = SyncLimits.maximumPayloadBytes
        for (name, value) in [("state", commit.state), ("output", commit.output), ("error", commit.error)] {
            let bytes = value?.serializedBytes().count ?? 0
            guard bytes > limit else { continue }
            told.detail =
                "The run's \(name) has \(bytes) bytes; \(limit) are kept at the most. Pass less data from task to task."
        }
        return told
    }

    /// Ends the runs that are still open, then the open runs that those had started and waited for, level by level.
    func perform(in transaction: TenantTransaction) async throws -> Ended {
        var ended = Ended()
        var level = self
        try await transaction.execute(holdingParents)
        while !level.runs.isEmpty {
            try await transaction.execute(level.checkpoint)
            let rows = try await transaction.query(level.statement)
            let runs = try rows.map { try $0.decode("run_id", as: RunID.self) }
            for row in rows where try row.decode("has_parent") { ended.answeredParents = true }
            for row in rows where try row.decode("has_slot") { ended.freedSlots = true }
            ended.runs += runs
            guard !runs.isEmpty else { break }
            let children = try await transaction.query(openChildren(of: runs))
            level = RunEnding(
                plant: plant, runs: try children.map { try $0.decode("run_id") },
                end: .cancelled(reason: "The run that started it has ended."), now: now)
        }
        if !ended.runs.isEmpty { try await transaction.execute(forgetting(answersTo: ended.runs)) }
        return ended
    }

    /// Whoever waits for one of them takes its answer, or has ended, and stays so until the answer is stored.
    private var holdingParents: Statement {
        """
        SELECT
        FROM millwright.run AS run
        WHERE \(fragment: plant.owns("run"))
          AND run.run_id = ANY (ARRAY(
            SELECT child.parent_run_id
            FROM millwright.run AS child
            WHERE \(fragment: plant.owns("child")) AND child.run_id = ANY (\(runs)) AND child.parent_wait_id IS NOT NULL))
        ORDER BY run.run_id
        FOR NO KEY UPDATE
        """
    }

    /// The runs that are ended with the one that waits for them answer it, and so do those that ended meanwhile: nobody takes
    /// these answers any more.
    private func forgetting(answersTo runs: [RunID]) -> Statement {
        """
        DELETE FROM millwright.run_input AS input
        WHERE \(fragment: plant.owns("input")) AND input.run_id = ANY (\(runs))
        """
    }

    private func openChildren(of runs: [RunID]) -> Statement {
        """
        SELECT run.run_id
        FROM millwright.run AS run
        WHERE \(fragment: plant.owns("run"))
          AND run.parent_run_id = ANY (\(runs)) AND run.parent_wait_id IS NOT NULL
          AND run.status IN ('pending', 'running', 'waiting', 'suspended')
        ORDER BY run.run_id
        """
    }

    private var error: WorkflowError? { if case .faulted(let error) = end { error } else { nil } }

    private var detail: JSONValue? {
        if case .cancelled(let reason) = end { ["reason": .string(reason)] } else { nil }
    }

    /// Where the runs stand, with the answers that they have not taken: an operator may let them go on.
    private var checkpoint: Statement {
        """
        INSERT INTO millwright.run_checkpoint (partner_id, client_id, plant_id, run_id, state, inputs, stored_at)
        SELECT
          \(fragment: plant.values), run.run_id, run.state,
          (
            SELECT json_agg(
              json_build_object(
                'wait', input.wait_id, 'at', (extract(epoch FROM input.arrived_at) * 1000000)::bigint,
                'result', input.result, 'error', input.error, 'by', input.answered_by)
              ORDER BY input.number)
            FROM millwright.run_input AS input
            WHERE \(fragment: plant.owns("input")) AND input.run_id = run.run_id
          ), \(now)
        FROM (
          SELECT run.run_id, run.state
          FROM millwright.run AS run
          WHERE \(fragment: plant.owns("run"))
            AND run.run_id = ANY (\(runs)) AND run.sequence = coalesce(\(expectedSequence as Int64?), run.sequence)
            AND run.status IN ('running', 'waiting', 'suspended') AND run.state IS NOT NULL
          ORDER BY run.run_id
          FOR UPDATE
        ) AS run
        ON CONFLICT ON CONSTRAINT run_checkpoint_pkey DO UPDATE
        SET state = excluded.state, inputs = excluded.inputs, stored_at = excluded.stored_at
        """
    }

    private var statement: Statement {
        let status: RunStatus = error == nil ? .cancelled : .faulted
        let kind: JournalEntry.Kind = error == nil ? .runCancelled : .runFaulted
        let told = error ?? ChildRun.cancelledError
        return """
            WITH ended AS (
              UPDATE millwright.run AS run
              SET status = \(status.rawValue), suspended_status = NULL, sequence = run.sequence + 1, epoch = 0,
                journal_length = run.journal_length + 1, ended_at = \(now), wake_at = NULL, timers = NULL, state = NULL,
                error = \(ExactJSON(error?.json) as ExactJSON?)
              WHERE \(fragment: plant.owns("run"))
                AND run.run_id = ANY (\(runs)) AND run.sequence = coalesce(\(expectedSequence as Int64?), run.sequence)
                AND run.status IN ('pending', 'running', 'waiting', 'suspended')
              RETURNING run.run_id, run.sequence, run.journal_length, run.parent_run_id, run.parent_wait_id,
                run.reopened, run.admitted_at
            ), journaled AS (
              INSERT INTO millwright.journal_entry (
                partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, attempt, started_at, ended_at, error,
                detail)
              SELECT
                \(fragment: plant.values), ended.run_id, ended.journal_length, ended.sequence, \(kind.rawValue), 1,
                \(now), \(now), \(ExactJSON(error?.json) as ExactJSON?), \(ExactJSON(detail) as ExactJSON?)
              FROM ended
            ), metered AS (
              INSERT INTO millwright.usage_record (
                partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
              SELECT \(fragment: plant.values), \(Meter.runs), ended.run_id, ended.sequence, 1, \(now), now()
              FROM ended
              WHERE ended.reopened = 0
            ), answered AS (
              INSERT INTO millwright.run_input (
                partner_id, client_id, plant_id, run_id, wait_id, arrived_at, error, answered_by)
              SELECT
                \(fragment: plant.values), ended.parent_run_id, ended.parent_wait_id, \(now), \(ExactJSON(told.json)),
                json_build_object('run', ended.run_id)
              FROM ended
              WHERE ended.parent_wait_id IS NOT NULL
                AND (
                  SELECT parent.status
                  FROM millwright.run AS parent
                  WHERE \(fragment: plant.owns("parent")) AND parent.run_id = ended.parent_run_id
                ) IN ('pending', 'running', 'waiting', 'suspended')
            ), unlistened AS (
              DELETE FROM millwright.run_listener AS listener
              WHERE \(fragment: plant.owns("listener")) AND listener.run_id = ANY (\(runs))
                AND listener.run_id IN (SELECT ended.run_id FROM ended)
            ), emptied AS (
              DELETE FROM millwright.run_input AS input
              WHERE \(fragment: plant.owns("input")) AND input.run_id = ANY (\(runs))
                AND input.run_id IN (SELECT ended.run_id FROM ended)
            ), withdrawn AS (
              UPDATE millwright.human_task AS task
              SET status = 'cancelled', assignee_principal_id = NULL, assignee_name = NULL, next_action_at = NULL,
                closed_at = \(now)
              WHERE \(fragment: plant.owns("task")) AND task.run_id = ANY (\(runs))
                AND task.run_id IN (SELECT ended.run_id FROM ended) AND task.status IN ('open', 'claimed')
            ), clocks_stopped AS (
              \(fragment: ServiceLevelRow.stopping("= ANY (\(runs))", in: plant, at: now))
                AND clock.run_id IN (SELECT ended.run_id FROM ended)
            )
            SELECT run_id, parent_wait_id IS NOT NULL AS has_parent, admitted_at IS NOT NULL AS has_slot FROM ended
            """
    }
}
