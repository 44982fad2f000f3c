import Database
package import JSON
package import Primitives
import Tenancy
import Workflow

extension RunDirectory {
    package static let maximumInputBytes = RunInput.maximumBytes

    /// What starting by hand asks for.
    package struct Start: Sendable {
        package var workflow: WorkflowID
        package var input: JSONValue
        package var businessKey: String?
        package var priority: Int
        /// A name that the data gives for whoever wants the run, who may not decide its four-eyes tasks.
        package var requestedBy: String?
        /// A run of the workflow with the same business key is answered instead of starting another.
        package var deduplicate: Deduplication?

        package init(
            _ workflow: WorkflowID, input: JSONValue, businessKey: String? = nil,
            priority: Int = NewRun.defaultPriority, requestedBy: String? = nil, deduplicate: Deduplication? = nil
        ) {
            self.workflow = workflow
            self.input = input
            self.businessKey = businessKey
            self.priority = priority
            self.requestedBy = requestedBy
            self.deduplicate = deduplicate
        }
    }

    /// The run that is there now, and whether it was there before.
    package struct Started: Sendable, Hashable {
        package var id: RunID
        package var isExisting: Bool
    }

    /// Starts a run by hand.
    /// - Throws: `Problem.notFound` for a workflow that the plant does not have, `.wrongState` for a disabled one,
    ///   `.tenantSuspended` for a plant that is not active.
    package func start(_ start: Start, in scope: TenantScope, by actor: Actor) async throws -> Started {
        let plant = try PlantKey(scope)
        try checkStart(start)
        let now = clock.now()
        let id = RunID(ids.next(at: now))
        let notification = board.notification(for: plant)
        let isMonthKnown = months.isRecorded(plant.plantID, at: now)
        do {
            let stored = try await database.transaction(scope) { transaction in
                try await store(
                    start, as: id, plant, by: actor, at: now,
                    beside: (isMonthKnown ? [] : [UsageRecord.activePlant(plant, at: now)])
                        + [notification].compactMap { $0 }, in: transaction)
            }
            guard let run = stored.run else { return Started(id: stored.id, isExisting: true) }
            months.setRecorded(plant.plantID, at: now)
            board.announce([run], of: plant.plantID)
            return Started(id: id, isExisting: false)
        } catch  where error.isDatabaseError(ShellSQLState.inactivePlant) {
            throw Problem.inactivePlant
        }
    }

    package func start(
        _ workflow: WorkflowID, in scope: TenantScope, input: JSONValue, businessKey: String? = nil,
        priority: Int = NewRun.defaultPriority, requestedBy: String? = nil, by actor: Actor
    ) async throws -> RunID {
        try await start(
            Start(
                workflow, input: input, businessKey: businessKey, priority: priority, requestedBy: requestedBy),
            in: scope, by: actor
        ).id
    }

    /// What a start came to: `run` is `nil` when there was such a run already.
    private struct StoredStart: Sendable {
        var id: RunID
        var run: NewRun?
    }

    private func store(
        _ start: Start, as id: RunID, _ plant: PlantKey, by actor: Actor, at now: Timestamp,
        beside statements: [Statement], in transaction: TenantTransaction
    ) async throws -> StoredStart {
        var run = NewRun(
            id: id, workflowID: start.workflow,
            definitionDigest: try await enabledDigest(of: start.workflow, plant, in: transaction), acceptedAt: now,
            origin: .input(start.input), priority: start.priority, businessKey: start.businessKey,
            causes: RunCauses(initiator: actor.principalID, requestedBy: start.requestedBy))
        if let key = start.businessKey, let deduplicate = start.deduplicate {
            let same = SameStart(plant: plant, workflow: start.workflow, businessKey: key, until: deduplicate)
            if let existing = try await same.existing(in: transaction) { return StoredStart(id: existing) }
        }
        run.isQueued = try await transaction.one(run.insertion(in: plant))?.decode("is_queued") ?? false
        try await transaction.commit(with: [run.audit(by: actor).insertion(in: plant.scope)] + statements)
        return StoredStart(id: id, run: run)
    }

    private func enabledDigest(of workflow: WorkflowID, _ plant: PlantKey, in transaction: TenantTransaction)
        async throws -> String
    {
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
        return try row.decode("digest")
    }

    private func checkStart(_ start: Start) throws(Problem) {
        var items = RunInput.problems(start.input)
        if let key = start.businessKey, let problem = NewRun.problem(ofBusinessKey: key) {
            items.append(.init(path: "/businessKey", message: problem))
        }
        if start.deduplicate != nil, start.businessKey == nil {
            items.append(.init(path: "/businessKey", message: "Is needed to find a run that is the same."))
        }
        if !(0...100).contains(start.priority) {
            items.append(.init(path: "/priority", message: "Must be from 0 to 100."))
        }
        guard items.isEmpty else { throw Problem(.invalidRequest, "The run cannot be started.", items: items) }
    }

    /// Does one thing with one run.
    /// - Returns: the new run of a restart; otherwise `nil`.
    /// - Throws: `Problem.notFound`, `.wrongState` where the action means nothing, `.invalidRequest`.
    @discardableResult
    package func perform(
        _ action: RunAction, on id: RunID, in scope: TenantScope, reason: String, by actor: Actor
    ) async throws -> RunID? {
        let plant = try PlantKey(scope)
        let definitions = try await definitions(for: action, of: [id], plant)
        let change = try await change(action, in: plant, reason: reason, by: actor)
        let notification = board.notification(for: plant)
        let aftermath = try await database.transaction(scope) { transaction in
            let aftermath = try await change.perform(action, on: id, definitions, in: transaction)
            if let notification, !aftermath.needs.isEmpty || action == .suspend {
                try await transaction.execute(notification)
            }
            return aftermath
        }
        settle(aftermath, of: plant)
        return aftermath.restarted
    }

    /// After the commit.
    func settle(_ aftermath: RunChange.Aftermath, of plant: PlantKey) {
        if !aftermath.needs.isEmpty { board.wake(aftermath.needs, plant.plantID) }
        if aftermath.freesSlots { board.slots.ring() }
    }

    package func cancel(_ id: RunID, in scope: TenantScope, reason: String, by actor: Actor) async throws {
        try await perform(.cancel, on: id, in: scope, reason: reason, by: actor)
    }

    package func suspend(_ id: RunID, in scope: TenantScope, reason: String, by actor: Actor) async throws {
        try await perform(.suspend, on: id, in: scope, reason: reason, by: actor)
    }

    package func resume(_ id: RunID, in scope: TenantScope, reason: String, by actor: Actor) async throws {
        try await perform(.resume, on: id, in: scope, reason: reason, by: actor)
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
