import Database
package import JSON
package import Primitives
import Tenancy
import Workflow

extension RunDirectory {
    package static let maximumInputBytes = EventLimits.maximumDataBytes

    /// Starts a run by hand.
    /// - Parameter requestedBy: a name that the data gives for whoever wants it, who may not decide its four-eyes tasks.
    /// - Throws: `Problem.notFound` for a workflow that the plant does not have, `.wrongState` for a disabled one,
    ///   `.tenantSuspended` for a plant that is not active.
    package func start(
        _ workflow: WorkflowID, in scope: TenantScope, input: JSONValue, businessKey: String? = nil,
        priority: Int = NewRun.defaultPriority, requestedBy: String? = nil, by actor: Actor
    ) async throws -> RunID {
        let plant = try PlantKey(scope)
        try checkStart(input, businessKey, priority)
        let now = clock.now()
        let id = RunID(ids.next(at: now))
        let notification = board.notification(for: plant)
        let isMonthKnown = months.isRecorded(plant.plantID, at: now)
        do {
            let run = try await database.transaction(scope) { transaction in
                let row = try await transaction.batch([
                    "SELECT millwright.assert_active(\(fragment: plant.values))",
                    """
                    SELECT workflow.digest, workflow.is_enabled
                    FROM millwright.workflow AS workflow
                    WHERE \(fragment: plant.owns("workflow")) AND workflow.workflow_id = \(workflow)
                    """,
                ])[1].first
                guard let row else { throw Problem.notFound("workflow") }
                guard try row.decode("is_enabled") else {
                    throw Problem(.wrongState, "The workflow is disabled. Enable it first.")
                }
                let run = NewRun(
                    id: id, workflowID: workflow, definitionDigest: try row.decode("digest"), acceptedAt: now,
                    origin: .input(input), priority: priority, businessKey: businessKey,
                    causes: RunCauses(initiator: actor.principalID, requestedBy: requestedBy))
                var statements = [run.insertion(in: plant), run.audit(by: actor).insertion(in: scope)]
                if !isMonthKnown { statements.append(UsageRecord.activePlant(plant, at: now)) }
                if let notification { statements.append(notification) }
                try await transaction.commit(with: statements)
                return run
            }
            months.setRecorded(plant.plantID, at: now)
            board.announce([run], of: plant.plantID)
            return id
        } catch  where error.isDatabaseError(ShellSQLState.inactivePlant) {
            throw Problem.inactivePlant
        }
    }

    private func checkStart(_ input: JSONValue, _ businessKey: String?, _ priority: Int) throws(Problem) {
        var items: [Problem.Item] = []
        if input.depth(within: EventLimits.maximumDataDepth) == nil {
            items.append(
                .init(path: "/input", message: "Is nested more than \(EventLimits.maximumDataDepth) levels deep."))
        } else if input.serializedBytes().count > Self.maximumInputBytes {
            items.append(.init(path: "/input", message: "Has more than \(Self.maximumInputBytes) bytes."))
        }
        if let businessKey,
            !(1...NewRun.maximumBusinessKeyBytes).contains(businessKey.utf8.count)
                || businessKey.unicodeScalars.contains("\0")
        {
            items.append(
                .init(path: "/businessKey", message: "Must have 1 to \(NewRun.maximumBusinessKeyBytes) bytes."))
        }
        if !(0...100).contains(priority) { items.append(.init(path: "/priority", message: "Must be from 0 to 100.")) }
        guard items.isEmpty else { throw Problem(.invalidRequest, "The run cannot be started.", items: items) }
    }

    /// Ends an open run. Its runner drops what it holds of it; an effect that is under way is not undone.
    /// - Throws: `Problem.notFound`, or `.wrongState` for a run that has ended.
    package func cancel(_ id: RunID, in scope: TenantScope, reason: String, by actor: Actor) async throws {
        let plant = try PlantKey(scope)
        let now = clock.now()
        let notification = board.notification(for: plant)
        let ended = try await database.transaction(scope) { transaction in
            let old = try await Self.lockedStatus(of: id, plant, transaction)
            guard !old.isFinal else { throw Problem(.wrongState, "The run is \(old.rawValue) already.") }
            let ending = RunEnding(plant: plant, runs: [id], end: .cancelled(reason: reason), now: now)
            let ended = try await ending.perform(in: transaction)
            for run in ended.runs {
                let audit = AuditEntry(
                    "run.cancelled", objectType: "run", objectID: run.description,
                    old: run == id ? ["status": .string(old.rawValue)] : nil, new: ["status": "cancelled"],
                    reason: reason, by: actor)
                try await transaction.record(audit)
            }
            if ended.answeredParents, let notification { try await transaction.execute(notification) }
            return ended
        }
        if ended.answeredParents { board.wake(.inputs, plant.plantID) }
    }

    /// Stops an open run where it stands. Answers that come meanwhile are kept.
    package func suspend(_ id: RunID, in scope: TenantScope, reason: String, by actor: Actor) async throws {
        try await change(id, in: scope, reason: reason, by: actor, to: .suspended) { plant in
            """
            UPDATE millwright.run AS run
            SET status = 'suspended', suspended_status = run.status, sequence = run.sequence + 1, epoch = 0
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)
              AND run.status IN ('pending', 'running', 'waiting')
            """
        }
    }

    /// Lets a suspended run go on. One that was suspended while an effect was under way is recovered: its runner finds out
    /// what became of the effect.
    package func resume(_ id: RunID, in scope: TenantScope, reason: String, by actor: Actor) async throws {
        try await change(id, in: scope, reason: reason, by: actor, to: .running) { plant in
            """
            UPDATE millwright.run AS run
            SET status = run.suspended_status, suspended_status = NULL, sequence = run.sequence + 1, epoch = 0
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id) AND run.status = 'suspended'
            """
        }
        board.wake(.work, try PlantKey(scope).plantID)
    }

    private func change(
        _ id: RunID, in scope: TenantScope, reason: String, by actor: Actor, to state: RunStatus,
        _ update: @Sendable (PlantKey) -> Statement
    ) async throws {
        let plant = try PlantKey(scope)
        let notification = board.notification(for: plant)
        let update = update(plant)
        let action = state == .suspended ? "run.suspended" : "run.resumed"
        try await database.transaction(scope) { transaction in
            let old = try await Self.lockedStatus(of: id, plant, transaction)
            guard try await transaction.execute(update) == 1 else {
                throw Problem(
                    .wrongState,
                    "The run is \(old.rawValue): it cannot be \(state == .suspended ? "suspended" : "resumed").")
            }
            try await transaction.record(
                AuditEntry(
                    action, objectType: "run", objectID: id.description, old: ["status": .string(old.rawValue)],
                    reason: reason, by: actor))
            if let notification { try await transaction.execute(notification) }
        }
    }

    private static func lockedStatus(of id: RunID, _ plant: PlantKey, _ transaction: TenantTransaction) async throws
        -> RunStatus
    {
        let row = try await transaction.one(
            """
            SELECT run.status
            FROM millwright.run AS run
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)
            FOR UPDATE
            """)
        guard let row else { throw Problem.notFound("run") }
        return try row.decode("status")
    }
}

extension NewRun {
    fileprivate func audit(by actor: Actor) -> AuditEntry {
        AuditEntry(
            "run.started", objectType: "run", objectID: id.description,
            new: [
                "workflow": .string(workflowID.description), "businessKey": businessKey.map(JSONValue.string) ?? .null,
            ],
            by: actor)
    }
}
