import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// Retry and rerun: the same run goes on.
extension RunChange {
    /// - Parameter task: `nil` for the task that failed.
    func reopen(
        _ run: Standing, at task: String?, _ input: JSONValue?, _ definitions: RepairDefinitions,
        in transaction: TenantTransaction
    ) async throws -> Aftermath {
        try checkState(of: run, at: task)
        if let input { try RunInput.check(input) }
        if let task {
            let definition = try definitions.known(run.digest)
            guard definition.canBegin(at: task) else { throw noPlace(task, definition) }
        }
        if task != nil || input != nil { try await refuseInvolved(in: run, [run.digest], definitions, in: transaction) }
        if let task, input != nil { try await refusePassing(to: task, of: run, definitions, in: transaction) }
        if run.status.isFinal {
            try await refuseSecondOpen(run, in: transaction)
            try await takeBackAnswer(of: run, in: transaction)
        }
        let (state, inputs) = try await lastState(of: run, in: transaction)
        var given = input
        var isTransformed = false
        if let task, input == nil {
            given = try await lastInput(of: run, at: task, in: transaction)
            isTransformed = true
        }
        let waits = task == nil ? try openWaits(of: state) : []
        if task == nil, waits.isEmpty, state["failure"] == nil {
            throw Problem(
                .wrongState, "The run failed as a whole and not in a task. Rerun it from a task, or restart it.")
        }
        let length = run.journalLength + 1
        let reopened = ReopenedRun(
            plant: plant, run: run.id,
            reopening: Reopening(
                journalLength: length, taskReference: task, input: given, isTransformed: isTransformed),
            waits: waits, inputs: task == nil ? inputs : [],
            by: by, now: now)
        var statements = reopened.statements
        if task != nil || input != nil, let actor = actor.principalID {
            statements += RunFamily(plant: plant, root: run.family).adding(actor)
        }
        let kind: JSONValue = task.map { ["from": .string($0)] } ?? ["from": "the task that failed"]
        _ = try await transaction.batch(
            [update(run, state), journal(run, length, kind)] + statements + [
                "DELETE FROM millwright.run_checkpoint AS kept WHERE \(fragment: plant.owns("kept")) AND kept.run_id = \(run.id)"
            ])
        var new: JSONObject = ["status": "waiting"]
        if let task { new["task"] = .string(task) }
        if input != nil { new["hasChangedInput"] = .bool(true) }
        try await audit(
            task == nil ? "run.retried" : "run.rerun", of: run.id, old: ["status": .string(run.status.rawValue)],
            new: .object(new), in: transaction)
        return Aftermath(needs: .work)
    }

    private var by: JSONValue {
        var by: JSONObject = ["name": .string(actor.displayName)]
        if let id = actor.principalID { by["principal"] = .string(id.description) }
        return .object(by)
    }

    private func checkState(of run: Standing, at task: String?) throws(Problem) {
        switch (run.status, task) {
        case (.faulted, _), (.cancelled, .some), (.suspended, .some): return
        case (.completed, _):
            throw Problem(
                .wrongState, "The run is completed. Restart it: a new run with the same input begins at the beginning.")
        case (_, nil):
            throw Problem(.wrongState, "The run is \(run.status.rawValue): only a faulted run is tried again.")
        case (_, .some):
            throw Problem(
                .wrongState, "The run is \(run.status.rawValue). Suspend it first: what it is at must stand still.")
        }
    }

    private func noPlace(_ task: String, _ definition: Definition) -> Problem {
        let places = definition.placesToBegin
        return Problem(
            .wrongState,
            "The run cannot begin again at \(task). A task of a list (do) that stands in no loop, branch or handler can be "
                + "begun.",
            items: places.prefix(50).map { .init(path: $0, message: "Can be begun.") })
    }

    /// The run that started this one was told of its end. Only where it has not heard it yet can that be taken back.
    private func takeBackAnswer(of run: Standing, in transaction: TenantTransaction) async throws {
        guard let parent = run.parent else { return }
        let status = try await transaction.one(
            """
            SELECT run.status
            FROM millwright.run AS run
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(parent.run)
            FOR UPDATE
            """)?.decode("status", as: RunStatus.self)
        // A suspended run has been taken from its runner: nobody is about to record that it took the answer.
        let taken =
            status == .suspended
            ? try await transaction.execute(
                """
                DELETE FROM millwright.run_input AS input
                WHERE \(fragment: plant.owns("input"))
                  AND input.run_id = \(parent.run) AND input.wait_id = \(parent.wait)
                """) : 0
        guard taken == 1 else {
            throw Problem(
                .wrongState,
                "The run \(parent.run) that started this one was told of its end"
                    + (status?.isFinal == true ? " and has ended." : " and has gone on.")
                    + " Retry that one, or restart this one by itself.")
        }
    }

    /// What the run goes on from, with the answers that it had not taken.
    private func lastState(of run: Standing, in transaction: TenantTransaction) async throws -> (
        JSONValue, [JSONValue]
    ) {
        if run.status == .suspended {
            guard let state = run.state else {
                throw Problem(.wrongState, "The run has not begun. Resume it: it begins at the beginning.")
            }
            return (state, [])
        }
        let row = try await transaction.one(
            """
            SELECT kept.state, kept.inputs
            FROM millwright.run_checkpoint AS kept
            WHERE \(fragment: plant.owns("kept")) AND kept.run_id = \(run.id)
            """)
        guard let row else {
            throw Problem(
                .wrongState,
                "Nothing is kept of where the run stood: it ended before its first task, or too long ago. Restart it.")
        }
        let inputs = try row.decode("inputs", as: JSONValue?.self)?.arrayValue ?? []
        return (try row.decode("state"), inputs)
    }

    private func openWaits(of state: JSONValue) throws -> [Wait] {
        do {
            return try RunState(json: state).waits
        } catch {
            throw Problem(.wrongState, "Where the run stood cannot be read any more. Restart it.")
        }
    }

    /// What the task saw when it was last entered.
    private func lastInput(of run: Standing, at task: String, in transaction: TenantTransaction) async throws
        -> JSONValue
    {
        let row = try await transaction.one(
            """
            SELECT entry.input
            FROM millwright.journal AS entry
            WHERE \(fragment: plant.owns("entry")) AND entry.run_id = \(run.id)
              AND entry.task_reference = \(task) AND entry.kind IN ('task-completed', 'task-faulted')
              AND entry.input IS NOT NULL
            ORDER BY entry.ordinal DESC
            LIMIT 1
            """)
        guard let input = try row?.decode("input", as: JSONValue.self) else {
            throw Problem(
                .invalidRequest, "The journal has no input of this task. Give one.",
                items: [
                    .init(path: "/input", message: "Is needed: the task has not ended before, or only holds others.")
                ])
        }
        return input
    }

    private func update(_ run: Standing, _ state: JSONValue) -> Statement {
        """
        UPDATE millwright.run AS run
        SET status = 'waiting', suspended_status = NULL, sequence = run.sequence + 1, epoch = 0,
          reopened = run.reopened + \(Int32(run.status.isFinal ? 1 : 0)), journal_length = run.journal_length + 1,
          ended_at = NULL, handled_at = NULL, error = NULL, wake_at = NULL, timers = NULL, state = \(ExactJSON(state))
        WHERE \(fragment: plant.owns("run")) AND run.run_id = \(run.id)
        """
    }

    private func journal(_ run: Standing, _ ordinal: Int, _ detail: JSONValue) -> Statement {
        var detail = detail.objectValue ?? [:]
        detail["by"] = by
        detail["reason"] = .string(reason)
        return """
            INSERT INTO millwright.journal_entry (
              partner_id, client_id, plant_id, run_id, ordinal, sequence, kind, attempt, started_at, ended_at, detail)
            SELECT
              \(fragment: plant.values), run.run_id, \(Int32(clamping: ordinal)), run.sequence, 'run-reopened', 1, \(now), \(now),
              \(ExactJSON(.object(detail)))
            FROM millwright.run AS run
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(run.id)
            """
    }
}
