import Database
import JSON
import Primitives
import Workflow

/// Gathers new events for the workflows that several events start, inside the transaction that stores the events. It
/// comes last there: whoever has a workflow's gate waits for nobody any more.
struct EventSets: Sendable {
    let plant: PlantKey
    let ids: OrderedIdentifiers
    let now: Timestamp

    /// - Parameters:
    ///   - events: stored just now, in the order in which they came.
    ///   - allowance: when it is spent, not all workflows were asked.
    /// - Returns: the runs that were started, stored as pending.
    func gather(
        _ events: [EventRecord], _ triggers: PlantTriggers, _ allowance: inout EvaluationAllowance,
        in transaction: TenantTransaction
    ) async throws -> [NewRun] {
        var runs: [NewRun] = []
        for plan in triggers.sets.sorted(by: { $0.workflow.id < $1.workflow.id }) {
            var fits: [(event: EventRecordID, fits: [EventSetPlan.Fit])] = []
            for event in events {
                let found = plan.fits(event, &allowance)
                if !found.isEmpty { fits.append((event.id, found)) }
                if allowance.wantsRest { await allowance.rest() }
            }
            guard !fits.isEmpty else { continue }
            let keys = Set(fits.flatMap { $0.fits.map(\.key) })
            let rows = try await transaction.batch([gate(plan), openSets(plan, keys)])[1]
            var assembly = EventSetAssembly(
                open: try rows.map(EventSet.init(row:)), places: plan.places.count, now: now)
            for (event, fits) in fits { assembly.add(event, fits: fits, id: ids.next(at: now)) }
            try await transaction.batch(writing(assembly, plan))
            for (set, last) in assembly.completed {
                let members = try await members(of: set, events, in: transaction)
                let causes = try await causes(of: members, in: transaction)
                guard var run = run(of: set, members, last, plan, causes) else {
                    try await transaction.execute(keepingTooLarge(set, plan))
                    continue
                }
                run.isQueued = try await transaction.one(run.insertion(in: plant))?.decode("is_queued") ?? false
                runs.append(run)
            }
        }
        return runs
    }

    /// The run of a complete set. `nil` when its input is too large.
    private func run(
        of set: EventSet, _ members: [EventRecord], _ last: EventRecordID, _ plan: EventSetPlan, _ causes: RunCauses
    ) -> NewRun? {
        var run = NewRun(
            id: RunID(OrderedIdentifiers.identifier(high: last.raw.high)), workflowID: plan.workflow.id,
            definitionDigest: plan.workflow.digest, acceptedAt: now, origin: .events(members),
            chainDepth: members.map(\.chainDepth).max() ?? 0, businessKey: businessKey(set, members, last))
        run.causes = causes
        return run.input.serializedBytes().count <= EventSet.maximumInputBytes ? run : nil
    }

    /// Everybody who sent one of the events, or caused a run that did.
    private func causes(of members: [EventRecord], in transaction: TenantTransaction) async throws -> RunCauses {
        var causes = RunCauses()
        for member in members { causes.add(RunCauses(initiator: member.sender)) }
        let runs = Set(members.compactMap(\.emittedBy)).sorted()
        guard !runs.isEmpty else { return causes }
        let rows = try await transaction.query(EventEmitter.causes(of: runs, plant))
        for row in rows { causes.add(try RunCauses(row: row)) }
        return causes
    }

    /// What the events have in common, else the subject of the last.
    private func businessKey(_ set: EventSet, _ members: [EventRecord], _ last: EventRecordID) -> String? {
        let values = set.correlation.map { $0.value.stringValue ?? $0.value.serialized() }
        let text = values.isEmpty ? members.first { $0.id == last }?.subject : values.joined(separator: " ")
        let key = text?.prefix(utf8: NewRun.maximumBusinessKeyBytes)
        return key?.isEmpty == false ? key : nil
    }

    private func members(
        of set: EventSet, _ new: [EventRecord], in transaction: TenantTransaction
    ) async throws -> [EventRecord] {
        let wanted = set.events.compactMap { $0 }
        var found = Dictionary(new.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let missing = wanted.filter { found[$0] == nil }
        if !missing.isEmpty {
            let rows = try await transaction.query(
                """
                SELECT \(raw: EventDirectory.columns)
                FROM millwright.event AS event
                WHERE \(fragment: plant.owns("event")) AND event.event_id = ANY (\(missing))
                """)
            for row in rows {
                let event = try EventRecord(row: row)
                found[event.id] = event
            }
        }
        return try wanted.map { id in
            guard let event = found[id] else { throw Problem(.internalError, "An event of a set is gone.") }
            return event
        }
    }
}
