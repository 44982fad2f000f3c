import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// One action on one run, inside a transaction that the caller opened: the change, its journal entry and its audit are
/// committed together, or nothing is.
struct RunChange: Sendable {
    let plant: PlantKey
    let reason: String
    let actor: Actor
    let ids: OrderedIdentifiers
    var now: Timestamp
    /// How data may name the actor: by identifier, mail address or name.
    let names: [String]

    /// What is to be told once the transaction is committed.
    struct Aftermath: Sendable {
        var needs: Need = []
        /// Somebody who waits for a slot may get one.
        var freesSlots = false
        var restarted: RunID?

        mutating func add(_ other: Aftermath) {
            needs.formUnion(other.needs)
            freesSlots = freesSlots || other.freesSlots
        }
    }

    /// The run as it is while its row is locked.
    struct Standing: Sendable {
        var id: RunID
        /// The run that its parents began with.
        var family: RunID
        var status: RunStatus
        var workflowID: WorkflowID
        var digest: String
        var journalLength: Int
        var parent: (run: RunID, wait: String)?
        var businessKey: String?
        var priority: Int
        var state: JSONValue?
        var causes: RunCauses
    }

    /// - Parameter definitions: what was read before the transaction began; what is missing there is refused.
    /// - Throws: `Problem.notFound`, `.wrongState` when the run stands where the action means nothing, `.invalidRequest`
    ///   for a task or an input that does not fit, `.segregationOfDuties` where it would lead round a decision.
    func perform(
        _ action: RunAction, on id: RunID, _ definitions: RepairDefinitions, in transaction: TenantTransaction
    ) async throws -> Aftermath {
        let run = try await standing(of: id, holdingFamily: action.choosesTheWay, in: transaction)
        switch action {
        case .cancel: return try await cancel(run, in: transaction)
        case .suspend: return try await suspend(run, in: transaction)
        case .resume: return try await resume(run, in: transaction)
        case .retry(let input): return try await reopen(run, at: nil, input, definitions, in: transaction)
        case .rerun(let task, let input):
            return try await reopen(run, at: task, input, definitions, in: transaction)
        case .restart(let version, let input):
            return try await restart(run, version, input, definitions, in: transaction)
        case .migrate(let version, let mapping):
            return try await migrate(run, version, mapping, definitions, in: transaction)
        }
    }

    /// - Parameter holdingFamily: against decisions of its human tasks, until the transaction ends. Whoever decides holds the
    ///   family first, so it is held before the run.
    private func standing(
        of id: RunID, holdingFamily: Bool, in transaction: TenantTransaction
    ) async throws -> Standing {
        if holdingFamily { try await transaction.execute(RunFamily.lock(ofRun: id, plant)) }
        let row = try await transaction.one(
            """
            SELECT coalesce(run.root_run_id, run.run_id) AS family, run.status, run.workflow_id, run.definition_digest, run.journal_length, run.parent_run_id,
              run.parent_wait_id, run.business_key, run.priority, run.state, run.initiator_principal_id,
              run.requested_by, run.further_initiators, run.further_requesters
            FROM millwright.run AS run
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)
            FOR UPDATE
            """)
        guard let row else { throw Problem.notFound("run") }
        var parent: (RunID, String)?
        if let run = try row.decode("parent_run_id", as: RunID?.self),
            let wait = try row.decode("parent_wait_id", as: String?.self)
        {
            parent = (run, wait)
        }
        return Standing(
            id: id, family: try row.decode("family"), status: try row.decode("status"),
            workflowID: try row.decode("workflow_id"),
            digest: try row.decode("definition_digest"), journalLength: try row.decode("journal_length"),
            parent: parent, businessKey: try row.decode("business_key", as: String?.self),
            priority: try row.decode("priority"), state: try row.decode("state", as: JSONValue?.self),
            causes: try RunCauses(row: row))
    }

    /// Where a business key may be open once, whoever makes or reopens a run takes its turn with those who start one.
    /// - Throws: `.wrongState` while another run with the key is open.
    func refuseSecondOpen(_ run: Standing, in transaction: TenantTransaction) async throws {
        guard let key = run.businessKey else { return }
        let row = try await transaction.one(
            """
            SELECT policy.deduplicate, revision.document #> '{document,metadata,run}' AS run_metadata
            FROM millwright.workflow AS workflow
            LEFT JOIN millwright.workflow_policy AS policy
              ON \(fragment: plant.owns("policy")) AND policy.workflow_id = workflow.workflow_id
            LEFT JOIN millwright.workflow_revision AS revision
              ON \(fragment: plant.owns("revision")) AND revision.digest = workflow.digest
            WHERE \(fragment: plant.owns("workflow")) AND workflow.workflow_id = \(run.workflowID)
            """)
        let template = try row?.decode("run_metadata", as: JSONValue?.self).map(RunMetadata.init(json:))
        guard try row?.decode("deduplicate", as: String?.self) != nil || template?.deduplicate != nil else { return }
        let same = SameStart(plant: plant, workflow: run.workflowID, businessKey: key, until: .open)
        guard let other = try await same.existing(in: transaction), other != run.id else { return }
        throw Problem(
            .wrongState,
            "The run \(other) has the same business key and is open, and the workflow has one at a time. Let it end first."
        )
    }

    func audit(
        _ action: String, of run: RunID, old: JSONValue? = nil, new: JSONValue? = nil,
        in transaction: TenantTransaction
    ) async throws {
        try await transaction.record(
            AuditEntry(
                action, objectType: "run", objectID: run.description, old: old, new: new, reason: reason, by: actor))
    }
}
