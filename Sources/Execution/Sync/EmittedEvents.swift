import Database
import JSON
import Primitives
import RunnerProtocol

/// Events that runs emit, or that tell of them: stored, matched and delivered in the transaction that commits the runs.
struct EmittedEvents: Sendable {
    let plant: PlantKey
    let ids: OrderedIdentifiers
    let filters: FilterCache
    let triggers: TriggerCache
    let now: Timestamp
    var duplicates = DuplicateWindow()

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
        let triggers = try await currentTriggers(in: transaction)
        var events: [EventRecord] = []
        var quarantined: [QuarantinedEvent] = []
        for (id, event) in emitted {
            guard let run = runs[id] else { continue }
            switch read(event, of: run, triggers) {
            case .success(let event): events.append(event)
            case .failure(let refused): quarantined.append(refused)
            }
        }
        for refused in quarantined { try await transaction.execute(refused.insertion(in: plant)) }
        guard !events.isEmpty else { return Emission() }
        let admission = EventAdmission(
            plant, ingestID: nil, events: events, triggers: triggers, recordedAt: now, duplicates: duplicates,
            causes: { $0.emittedBy.flatMap { runs[$0] }?.causes ?? RunCauses() })
        for statement in admission.opening { try await transaction.execute(statement) }
        if let lock = admission.lock { try await transaction.execute(lock) }
        let stored = try EventAdmission.stored(try await transaction.query(admission.statement))
        let delivered = try await EventDelivery(plant: plant, filters: filters, now: now)
            .deliver(events.filter { stored.contains($0.id) }, in: transaction)
        let gathered = try await EventSets(plant: plant, ids: ids, now: now)
            .gather(events.filter { stored.contains($0.id) }, triggers, in: transaction)
        return Emission(
            startedRuns: !gathered.isEmpty || !admission.startedRuns(stored).isEmpty, answeredRuns: delivered)
    }

    /// The plant's workflows as they are in this transaction.
    private func currentTriggers(in transaction: TenantTransaction) async throws -> PlantTriggers {
        let row = try await transaction.one(
            "SELECT millwright.trigger_revision(\(fragment: plant.values)) AS revision")
        let known = try await triggers.triggers(of: plant)
        return try row?.decode("revision", as: Int64.self) == known.revision ? known : await triggers.reload(plant)
    }

    private enum Reading {
        case success(EventRecord)
        case failure(QuarantinedEvent)
    }

    /// Nobody can be answered when an emitted event is wrong: it is kept in quarantine, and the run goes on.
    private func read(_ emitted: JSONValue, of run: CommitBatch.Moved, _ triggers: PlantTriggers) -> Reading {
        func refused(_ reason: String, _ items: [Problem.Item]) -> Reading {
            var event = QuarantinedEvent(
                id: ids.next(at: now), receivedAt: now, channel: .emitted, reason: reason, items: items,
                body: emitted.serializedBytes())
            event.emitter = EventEmitter(run: run.runID, chainDepth: run.chainDepth + 1)
            return .failure(event)
        }
        guard run.chainDepth < NewRun.maximumChainDepth else {
            return refused("The chain of runs and events is longer than \(NewRun.maximumChainDepth).", [])
        }
        do throws(Problem) {
            let event = try IncomingEvent(json: emitted)
            let contract = EventContract(schemas: triggers.schemas(for: event.type), now: now)
            switch contract.check(event) {
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
