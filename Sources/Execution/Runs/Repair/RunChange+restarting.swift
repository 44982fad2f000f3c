import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// Restart: a new run with the same input. The old one stays as it is.
extension RunChange {
    func restart(
        _ run: Standing, _ version: RunVersion, _ input: JSONValue?, _ definitions: RepairDefinitions,
        in transaction: TenantTransaction
    ) async throws -> Aftermath {
        guard run.status.isFinal else {
            throw Problem(
                .wrongState, "The run is \(run.status.rawValue). Cancel it first, or both would do the same work.")
        }
        if let input { try RunInput.check(input) }
        try await refuseSecondOpen(run, in: transaction)
        let digest = try await digest(of: version, for: run, in: transaction)
        if digest != run.digest {
            try await refuseInvolved(in: run, [run.digest, digest], definitions, in: transaction)
        }
        let given: JSONValue
        if let input { given = input } else { given = try await self.input(of: run.id, in: transaction) }
        // Whoever was behind the old one is behind this one, too: neither may decide its four-eyes tasks.
        var causes = run.causes
        causes.add(RunCauses(initiator: actor.principalID))
        let new = NewRun(
            id: RunID(ids.next(at: now)), workflowID: run.workflowID, definitionDigest: digest, acceptedAt: now,
            origin: .input(given), priority: run.priority, businessKey: run.businessKey,
            causes: causes, restartedFrom: run.id)
        try await transaction.execute(new.insertion(in: plant))
        try await transaction.execute(
            """
            UPDATE millwright.run AS run
            SET handled_at = \(now)
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(run.id) AND run.status = 'faulted'
              AND run.handled_at IS NULL
            """)
        try await audit(
            "run.restarted", of: run.id, old: ["digest": .string(run.digest)],
            new: ["run": .string(new.id.description), "digest": .string(digest)], in: transaction)
        var aftermath = Aftermath(needs: .pending, freesSlots: true)
        aftermath.restarted = new.id
        return aftermath
    }

    /// - Throws: `.wrongState` for a workflow that is disabled, or that never had the version.
    func digest(of version: RunVersion, for run: Standing, in transaction: TenantTransaction) async throws -> String {
        let rows = try await transaction.batch([
            "SELECT millwright.assert_active(\(fragment: plant.values))",
            """
            SELECT workflow.digest, workflow.is_enabled
            FROM millwright.workflow AS workflow
            WHERE \(fragment: plant.owns("workflow")) AND workflow.workflow_id = \(run.workflowID)
            """,
        ])
        guard let row = rows[1].first else { throw Problem.notFound("workflow") }
        guard try row.decode("is_enabled") else {
            throw Problem(.wrongState, "The workflow is disabled. Enable it first.")
        }
        switch version {
        case .same: return run.digest
        case .current: return try row.decode("digest")
        case .digest(let digest):
            let known = try await transaction.query(
                """
                SELECT FROM millwright.workflow_revision AS revision
                WHERE \(fragment: plant.owns("revision")) AND revision.workflow_id = \(run.workflowID)
                  AND revision.digest = \(digest)
                LIMIT 1
                """)
            guard known.count == 1 else {
                throw Problem(
                    .wrongState, "The workflow has no such version.",
                    items: [.init(path: "/version", message: "Must be same, current, or a digest of the workflow.")])
            }
            return digest
        }
    }

    private func input(of run: RunID, in transaction: TenantTransaction) async throws -> JSONValue {
        let row = try await transaction.one(
            """
            SELECT run.input, event.event_id, event.source, event.source_event_id, event.type, event.subject,
              event.occurred_at, event.received_at, event.attributes, event.data,
              event.chain_depth AS event_chain_depth
            FROM millwright.run AS run
            LEFT JOIN millwright.event AS event
              ON \(fragment: plant.owns("event")) AND event.event_id = run.event_id
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(run)
            """)
        guard let row else { throw Problem.notFound("run") }
        guard let input = try row.keptRunInput() else {
            throw Problem(
                .wrongState, "The event that started the run has aged out. Give the input.",
                items: [.init(path: "/input", message: "Is needed.")])
        }
        return input
    }
}
