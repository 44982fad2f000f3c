package import Database
package import Primitives
import Tenancy

/// The policies of a plant's workflows, and who waits for a slot.
package struct WorkflowPolicyDirectory: Sendable {
    let database: Database
    let board: DispatchBoard
    let clock: any WallClock

    package init(database: Database, board: DispatchBoard, clock: any WallClock = SystemWallClock()) {
        self.database = database
        self.board = board
        self.clock = clock
    }

    /// - Throws: `Problem.notFound` for a workflow that the plant does not have.
    package func policy(of workflow: WorkflowID, in scope: TenantScope) async throws -> WorkflowPolicy {
        let plant = try PlantKey(scope)
        return try await database.read(scope) { try await Self.current(workflow, plant, $0) }
    }

    /// A limit holds for runs that come from now on, and counts those that are open. Without limits whoever waited goes on.
    package func set(
        _ policy: WorkflowPolicy, of workflow: WorkflowID, in scope: TenantScope, reason: String? = nil,
        by actor: Actor
    ) async throws {
        try policy.check()
        let plant = try PlantKey(scope)
        let now = clock.now()
        let notification = board.notification(for: plant)
        try await database.transaction(scope) { transaction in
            let locked = try await transaction.execute(
                """
                UPDATE millwright.workflow AS workflow
                SET row_version = workflow.row_version + 1, updated_at = \(now)
                WHERE \(fragment: plant.owns("workflow")) AND workflow.workflow_id = \(workflow)
                """)
            guard locked == 1 else { throw Problem.notFound("workflow") }
            let old = try await Self.current(workflow, plant, transaction)
            try await transaction.execute(storing(policy, workflow, plant, now))
            try await transaction.execute(
                policy.isLimited ? counting(workflow, plant, now) : releasing(workflow, plant))
            try await transaction.record(
                AuditEntry(
                    "workflow-policy.set", objectType: "workflow", objectID: workflow.description, old: old.json,
                    new: policy.json, reason: reason, by: actor))
            if let notification { try await transaction.execute(notification) }
        }
        board.slots.ring()
        board.wake(.pending, plant.plantID)
    }

    private static func current(_ workflow: WorkflowID, _ plant: PlantKey, _ transaction: TenantTransaction)
        async throws -> WorkflowPolicy
    {
        let row = try await transaction.one(
            """
            SELECT policy.max_concurrent, policy.max_starts_per_minute, policy.burst, policy.business_key,
              policy.priority, policy.deduplicate
            FROM millwright.workflow AS workflow
            LEFT JOIN millwright.workflow_policy AS policy
              ON \(fragment: plant.owns("policy")) AND policy.workflow_id = workflow.workflow_id
            WHERE \(fragment: plant.owns("workflow")) AND workflow.workflow_id = \(workflow)
            """)
        guard let row else { throw Problem.notFound("workflow") }
        return try WorkflowPolicy(row: row)
    }

    private func storing(_ policy: WorkflowPolicy, _ workflow: WorkflowID, _ plant: PlantKey, _ now: Timestamp)
        -> Statement
    {
        """
        INSERT INTO millwright.workflow_policy AS policy (
          partner_id, client_id, plant_id, workflow_id, max_concurrent, max_starts_per_minute, burst, business_key,
          priority, deduplicate, updated_at)
        VALUES (
          \(fragment: plant.values), \(workflow), \(policy.maxConcurrent.map(Int32.init(clamping:)) as Int32?),
          \(policy.maxStartsPerMinute.map(Int32.init(clamping:)) as Int32?),
          \(policy.burst.map(Int32.init(clamping:)) as Int32?), \(policy.businessKey as String?),
          \(policy.priority as String?), \(policy.deduplicate?.rawValue as String?), \(now))
        ON CONFLICT ON CONSTRAINT workflow_policy_pkey DO UPDATE
        SET max_concurrent = excluded.max_concurrent, max_starts_per_minute = excluded.max_starts_per_minute,
          burst = excluded.burst, business_key = excluded.business_key, priority = excluded.priority,
          deduplicate = excluded.deduplicate, updated_at = excluded.updated_at
        """
    }

    /// Runs that are open already have a slot each.
    private func counting(_ workflow: WorkflowID, _ plant: PlantKey, _ now: Timestamp) -> Statement {
        """
        UPDATE millwright.run AS run
        SET admitted_at = \(now)
        WHERE \(fragment: plant.owns("run")) AND run.workflow_id = \(workflow)
          AND run.admitted_at IS NULL AND run.queued_at IS NULL
          AND run.status IN ('pending', 'running', 'waiting', 'suspended')
        """
    }

    private func releasing(_ workflow: WorkflowID, _ plant: PlantKey) -> Statement {
        """
        UPDATE millwright.run AS run
        SET queued_at = NULL
        WHERE \(fragment: plant.owns("run")) AND run.workflow_id = \(workflow)
          AND run.status IN ('pending', 'suspended') AND run.queued_at IS NOT NULL
        """
    }
}
