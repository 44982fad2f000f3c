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
    ///   - moved: the runs that are among them; what others are said to have emitted is left out.
    func publish(
        _ emitted: [(run: RunID, event: JSONValue)], _ moved: [RunID: CommitBatch.Moved],
        in transaction: TenantTransaction
    ) async throws -> Emission {
        guard !emitted.isEmpty else { return Emission() }
        let triggers = try await currentTriggers(in: transaction)
        var events: [EventRecord] = []
        var quarantined: [QuarantinedEvent] = []
        for emitted in emitted {
            guard let run = moved[emitted.run] else { continue }
            switch read(emitted.event, of: run, triggers) {
            case .success(let event): events.append(event)
            case .failure(let refused): quarantined.append(refused)
            }
        }
        for refused in quarantined { try await transaction.execute(refused.insertion(in: plant)) }
        guard !events.isEmpty else { return Emission() }
        func initiators(_ event: EventRecord) -> (principal: PrincipalID?, requestedBy: String?) {
            let run = event.emittedBy.flatMap { moved[$0] }
            return (run?.initiator, run?.requestedBy)
        }
        let admission = EventAdmission(
            plant, ingestID: nil, events: events, triggers: triggers, recordedAt: now, duplicates: duplicates,
            initiators: initiators)
        for statement in admission.opening { try await transaction.execute(statement) }
        let stored = try EventAdmission.stored(try await transaction.query(admission.statement))
        let delivered = try await EventDelivery(plant: plant, filters: filters, now: now)
            .deliver(events.filter { stored.contains($0.id) }, in: transaction)
        let gathered = try await EventSets(plant: plant, ids: ids, now: now)
            .gather(events.filter { stored.contains($0.id) }, triggers, in: transaction, initiators: initiators)
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
            .failure(
                QuarantinedEvent(
                    id: ids.next(at: now), receivedAt: now, channel: .emitted, reason: reason, items: items,
                    body: emitted.serializedBytes()))
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
