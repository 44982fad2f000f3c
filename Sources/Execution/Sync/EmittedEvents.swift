import Database
import JSON
import Primitives
import RunnerProtocol
import Workflow

/// Events that runs emit, or that tell of them: stored, matched and delivered in the transaction that commits the runs.
struct EmittedEvents: Sendable {
    let plant: PlantKey
    let ids: OrderedIdentifiers
    let filters: FilterCache
    let triggers: TriggerCache
    let now: Timestamp
    var duplicates = DuplicateWindow()
    var budgets = EventBudgets()

    struct Emission {
        var startedRuns = false
        var answeredRuns = false
    }

    /// - Parameters:
    ///   - emitted: by whom, and the CloudEvent; in their order.
    ///   - runs: those whose events they are; an event of any other is left out.
    func publish(
        _ emitted: [(run: RunID, event: JSONValue)], of runs: [RunID: CommitBatch.Moved],
        in transaction: TenantTransaction
    ) async throws -> Emission {
        guard !emitted.isEmpty else { return Emission() }
        let triggers = try await triggers.triggers(of: plant, in: transaction)
        var events: [EventRecord] = []
        var quarantined: [QuarantinedEvent] = []
        var allowance = budgets.allowance(forEvents: emitted.count)
        var found = FoundRuns(of: triggers)
        for (id, event) in emitted {
            guard let run = runs[id] else { continue }
            switch read(event, of: run, triggers, &allowance) {
            case .success(let record):
                if found.find(record, triggers, causes: run.causes, &allowance) {
                    events.append(record)
                } else {
                    quarantined.append(refused(event, Self.limit, [EventBudgets.tooMuchToCheck], by: run.emitter))
                }
            case .failure(let refused): quarantined.append(refused)
            }
            if allowance.wantsRest { await allowance.rest() }
        }
        for refused in quarantined { try await transaction.execute(refused.insertion(in: plant)) }
        guard !events.isEmpty else { return Emission() }
        let admission = EventAdmission(
            plant, ingestID: nil, events: events, triggers: triggers, recordedAt: now, duplicates: duplicates,
            found: found.runs, causes: { $0.emittedBy.flatMap { runs[$0] }?.causes ?? RunCauses() })
        for statement in admission.opening { try await transaction.execute(statement) }
        if let lock = admission.lock { try await transaction.execute(lock) }
        let stored = try EventAdmission.stored(try await transaction.query(admission.statement))
        var deliveryAllowance = EvaluationAllowance(steps: budgets.deliverySteps)
        let delivered = try await EventDelivery(plant: plant, filters: filters, now: now)
            .deliver(events.filter { stored.contains($0.id) }, &deliveryAllowance, in: transaction)
        let gathered = try await EventSets(plant: plant, ids: ids, now: now)
            .gather(events.filter { stored.contains($0.id) }, triggers, &deliveryAllowance, in: transaction)
        if deliveryAllowance.isSpent {
            // The run that emitted them goes on, and they stay accepted: what they did not reach is kept for an operator.
            for event in events where stored.contains(event.id) {
                let kept = refused(
                    event.envelope, Self.unfinished, [EventBudgets.tooMuchToDeliver],
                    by: event.emittedBy.flatMap { runs[$0] }?.emitter)
                try await transaction.execute(kept.insertion(in: plant))
            }
        }
        return Emission(
            startedRuns: !gathered.isEmpty || !admission.startedRuns(stored).isEmpty, answeredRuns: delivered)
    }

    private static let limit = "The events that came together need too many steps to be checked."
    private static let unfinished = "The event was accepted, but not every run that listens could be asked for it."

    private func refused(
        _ emitted: JSONValue, _ reason: String, _ items: [Problem.Item], by emitter: EventEmitter?
    ) -> QuarantinedEvent {
        var event = QuarantinedEvent(
            id: ids.next(at: now), receivedAt: now, channel: .emitted, reason: reason, items: items,
            body: emitted.serializedBytes())
        event.emitter = emitter
        return event
    }

    private enum Reading {
        case success(EventRecord)
        case failure(QuarantinedEvent)
    }

    /// Nobody can be answered when an emitted event is wrong: it is kept in quarantine, and the run goes on.
    private func read(
        _ emitted: JSONValue, of run: CommitBatch.Moved, _ triggers: PlantTriggers,
        _ allowance: inout EvaluationAllowance
    ) -> Reading {
        func refused(_ reason: String, _ items: [Problem.Item]) -> Reading {
            .failure(self.refused(emitted, reason, items, by: run.emitter))
        }
        guard run.chainDepth < NewRun.maximumChainDepth else {
            return refused("The chain of runs and events is longer than \(NewRun.maximumChainDepth).", [])
        }
        do throws(Problem) {
            let event = try IncomingEvent(json: emitted)
            let contract = EventContract(schemas: triggers.schemas(for: event.type), now: now)
            switch contract.check(event, &allowance) {
            case .failure(let refusal):
                return refused("The event does not satisfy the plant's contract for its type.", refusal.items)
            case .success(let data):
                let id = EventRecordID(ids.next(at: now))
                var record = EventRecord(event, id: id, receivedAt: now, sender: nil, dataBytes: data)
                record.emittedBy = run.runID
                record.chainDepth = run.chainDepth + 1
                return .success(record)
            }
        } catch {
            return refused(error.detail, error.items)
        }
    }
}

extension CommitBatch.Moved {
    /// Of the events that the run emits.
    fileprivate var emitter: EventEmitter { EventEmitter(run: runID, chainDepth: chainDepth + 1) }
}
