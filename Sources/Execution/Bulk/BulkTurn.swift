import Database
import JSON
import Primitives
import Tenancy

/// One batch of one operation.
struct BulkTurn: Sendable {
    let runs: RunDirectory
    let plant: PlantKey
    let id: BulkOperationID

    private struct Step: Sendable {
        var operation: BulkOperation
        var actor: Actor
        var before: RunID
    }

    func perform() async throws {
        let step = try await runs.database.read(plant.scope) { try await current(lock: "", $0) }
        guard let step else { return }
        if let objection = try await objection(to: step.actor) {
            return try await end(as: .cancelled, because: objection, by: .system)
        }
        let found = try await matching(step)
        guard !found.isEmpty else {
            return try await end(as: .completed, because: step.operation.reason, by: step.actor)
        }
        let definitions = try await runs.definitions(for: step.operation.action, of: found, plant)
        let change = try await runs.change(
            step.operation.action, in: plant, reason: step.operation.reason, by: step.actor)
        for run in found {
            try Task.checkCancellation()
            guard try await perform(change, on: run, definitions) else { return }
        }
    }

    /// - Returns: whether the operation still runs.
    private func perform(_ change: RunChange, on run: RunID, _ definitions: RepairDefinitions) async throws -> Bool {
        do {
            let aftermath = try await runs.database.retrying {
                try await runs.database.transaction(plant.scope) { transaction in
                    try await perform(change, on: run, definitions, in: transaction)
                }
            }
            guard let aftermath else { return false }
            runs.settle(aftermath, of: plant)
        } catch let problem as Problem {
            return try await fail(run, problem)
        } catch let error as DatabaseError where error.isOfTheRun {
            return try await fail(run, Problem(.internalError, "The change breaks a rule of the database."))
        }
        return true
    }

    private func perform(
        _ change: RunChange, on run: RunID, _ definitions: RepairDefinitions, in transaction: TenantTransaction
    ) async throws -> RunChange.Aftermath? {
        guard let step = try await current(lock: "FOR UPDATE", transaction), run < step.before else {
            // Another process took the run meanwhile.
            return try await current(lock: "", transaction) == nil ? nil : RunChange.Aftermath()
        }
        // Since it was looked up somebody may have changed it, so that it is not one of those that were meant.
        guard try await isMeant(run, step, in: transaction) else {
            try await transaction.execute(moveOn(after: run))
            return RunChange.Aftermath()
        }
        var change = change
        change.now = runs.clock.now()
        let aftermath = try await change.perform(step.operation.action, on: run, definitions, in: transaction)
        try await transaction.execute(moveOn(after: run, succeeded: 1))
        if !aftermath.needs.isEmpty, let notification = runs.board.notification(for: plant) {
            try await transaction.execute(notification)
        }
        return aftermath
    }

    private func isMeant(_ run: RunID, _ step: Step, in transaction: TenantTransaction) async throws -> Bool {
        // In this order whoever decides takes them, too.
        if step.operation.action.choosesTheWay { try await transaction.execute(RunFamily.lock(ofRun: run, plant)) }
        return try await !transaction.query(
            """
            SELECT
            FROM millwright.run AS run
            WHERE \(fragment: plant.owns("run"))\(fragment: step.operation.filter.conditions) AND run.run_id = \(run)
            FOR UPDATE
            """
        ).isEmpty
    }

    private func fail(_ run: RunID, _ problem: Problem) async throws -> Bool {
        let failure = BulkOperation.Failure(of: run, problem)
        return try await runs.database.retrying {
            try await runs.database.transaction(plant.scope) { transaction in
                guard let step = try await current(lock: "FOR UPDATE", transaction) else { return false }
                guard run < step.before else { return true }
                _ = try await transaction.batch([
                    """
                    INSERT INTO millwright.bulk_failure (
                      partner_id, client_id, plant_id, bulk_operation_id, run_id, code, reason)
                    VALUES (\(fragment: plant.values), \(id), \(run), \(failure.code), \(failure.reason))
                    ON CONFLICT DO NOTHING
                    """,
                    moveOn(after: run, failed: 1),
                ])
                return true
            }
        }
    }

    private func moveOn(after run: RunID, succeeded: Int64 = 0, failed: Int64 = 0) -> Statement {
        """
        UPDATE millwright.bulk_operation AS operation
        SET before_run_id = \(run), succeeded = operation.succeeded + \(succeeded),
          failed = operation.failed + \(failed)
        WHERE \(fragment: plant.owns("operation")) AND operation.bulk_operation_id = \(id)
        """
    }

    /// `nil` when it has ended.
    private func current(lock: StaticString, _ transaction: TenantTransaction) async throws -> Step? {
        let row = try await transaction.one(
            """
            SELECT \(raw: BulkOperation.columns), operation.actor, operation.before_run_id
            FROM millwright.bulk_operation AS operation
            WHERE \(fragment: plant.owns("operation")) AND operation.bulk_operation_id = \(id)
              AND operation.status = 'running'
            \(raw: lock)
            """)
        guard let row else { return nil }
        return Step(
            operation: try BulkOperation(row: row), actor: Actor(stored: try row.decode("actor")),
            before: try row.decode("before_run_id"))
    }

    private func matching(_ step: Step) async throws -> [RunID] {
        let meant = step.operation.filter.newest(
            "run.run_id", plant.owns("run"), " AND run.run_id < \(step.before)", limit: BulkService.batch)
        return try await runs.database.readPipeline(
            plant.scope,
            [
                """
                SELECT run.run_id
                FROM \(fragment: meant)
                ORDER BY run.run_id DESC
                LIMIT \(BulkService.batch)
                """
            ])[0].map { try $0.decode("run_id") }
    }

    private func end(as status: BulkOperation.Status, because reason: String, by actor: Actor) async throws {
        let ending = BulkEnding(plant: plant, id: id, status: status, now: runs.clock.now())
        try await runs.database.transaction(plant.scope) { transaction in
            guard let step = try await current(lock: "FOR UPDATE", transaction) else { return }
            let counts: JSONObject = [
                "succeeded": .number(JSONNumber(step.operation.succeeded)),
                "failed": .number(JSONNumber(step.operation.failed)),
            ]
            try await ending.perform(counts: counts, reason: reason, by: actor, in: transaction)
        }
    }
}

extension DatabaseError {
    /// Another try of the same change fails the same way.
    fileprivate var isOfTheRun: Bool {
        isBrokenRule || kind == .decoding || kind == .answerTooLarge || (kind == .server && !isRetryable)
    }
}
