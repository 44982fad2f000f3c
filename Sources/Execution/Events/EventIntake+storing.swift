import Database
import Logging
import Primitives
import Workflow

extension EventIntake {
    /// Tries before the batch is given up: each was disturbed by a change of the plant's workflows or by the connection.
    private static let maximumAttempts = 5

    /// Stores a batch in one transaction. It may be repeated whatever happened before, because an event keeps the
    /// identifier that it was given: one that is there under it was stored by an earlier try.
    /// - Throws: `DeliveryOverBudget` when nothing was stored because more runs listen than may be asked at once.
    func store(
        _ events: [EventRecord], _ found: FoundRuns, _ plant: PlantKey, _ allowance: inout EvaluationAllowance
    ) async throws -> [EventOutcome] {
        // Of two events of the batch that are the same, the first counts.
        var first: [EventKey: EventRecordID] = [:]
        let distinct = events.filter { first.updateValueIfAbsent($0.id, for: EventKey($0)) }
        let stored = try await storeDistinct(distinct, found, plant, &allowance)
        let known = try await knownIdentifiers(of: distinct.filter { !stored.contains($0.id) }, plant)
        return try events.map { event in
            let key = EventKey(event)
            guard let id = first[key] else { throw Problem(.internalError, "An event was lost on its way.") }
            if stored.contains(id) { return id == event.id ? .accepted(id) : .duplicate(of: id) }
            guard let earlier = known[key] else { throw Problem(.internalError, "An event was lost on its way.") }
            return earlier == event.id ? .accepted(earlier) : .duplicate(of: earlier)
        }
    }

    private func storeDistinct(
        _ events: [EventRecord], _ found: FoundRuns, _ plant: PlantKey, _ allowance: inout EvaluationAllowance
    ) async throws -> Set<EventRecordID> {
        let ingestID = ids.next(at: clock.now())
        var triggers = try await triggers.triggers(of: plant)
        var isListenedTo = false
        for attempt in 1... {
            let admission = EventAdmission(
                plant, ingestID: ingestID, events: events, triggers: triggers, recordedAt: clock.now(),
                duplicates: duplicates, found: try await found.current(events, triggers, budgets).runs)
            do {
                let stored =
                    try await isListenedTo || triggers.gathers(events.map(\.type))
                    ? storeAndDeliver(admission, events, triggers, &allowance) : storeAtOnce(admission, triggers)
                turns.letPassInTurn()
                return stored
            } catch {
                guard attempt < Self.maximumAttempts else { throw error }
                switch (error as? DatabaseError)?.sqlState {
                case ShellSQLState.inactivePlant: throw Problem.inactivePlant
                case ShellSQLState.staleTriggers: triggers = try await self.triggers.reload(plant)
                case ShellSQLState.hasListeners: isListenedTo = true
                default:
                    guard let error = error as? DatabaseError, error.isRetryable || error.isOutcomeUnknown else {
                        throw error
                    }
                    turns.letEveryonePass()
                    logger.notice("events are stored again", metadata: ["reason": "\(error)"])
                    try await clock.sleep(for: .milliseconds(20 * attempt))
                }
            }
        }
        return []
    }

    /// The usual way: nobody listens for the events, so that all of it is one round trip.
    private func storeAtOnce(_ admission: EventAdmission, _ triggers: PlantTriggers) async throws -> Set<EventRecordID>
    {
        let types = Set(admission.events.map(\.type)).sorted()
        var statements = admission.opening + [guardStatement(admission.plant, triggers, types)]
        if let lock = admission.lock { statements.append(lock) }
        let place = statements.count
        statements.append(admission.statement)
        let isMonthKnown = addActivePlant(to: &statements, admission)
        if let notification = board.notification(for: admission.plant) { statements.append(notification) }
        let rows = try await database.pipeline(admission.plant.scope, statements)
        let stored = try EventAdmission.stored(rows[place])
        finish(admission, stored, isMonthKnown: isMonthKnown)
        return stored
    }

    /// The way when a run listens, or when several events start one together: whom the events reach is decided inside
    /// the transaction.
    /// - Parameter events: in the order in which they came.
    private func storeAndDeliver(
        _ admission: EventAdmission, _ events: [EventRecord], _ triggers: PlantTriggers,
        _ allowance: inout EvaluationAllowance
    ) async throws -> Set<EventRecordID> {
        var statements = admission.opening + [guardStatement(admission.plant, triggers, [])]
        if let lock = admission.lock { statements.append(lock) }
        let place = statements.count
        statements.append(admission.statement)
        let isMonthKnown = addActivePlant(to: &statements, admission)
        let notification = board.notification(for: admission.plant)
        // Also when it fails: it may have used all of it.
        defer { allowance.spend(self.budgets.deliverySteps) }
        let (stored, delivered, gathered, unused) = try await database.transaction(admission.plant.scope) {
            transaction in
            var allowance = EvaluationAllowance(steps: self.budgets.deliverySteps)
            let stored = try EventAdmission.stored(try await transaction.batch(statements)[place])
            let now = self.clock.now()
            let delivered = try await EventDelivery(plant: admission.plant, filters: self.filters, now: now)
                .deliver(admission.events.filter { stored.contains($0.id) }, &allowance, in: transaction)
            let gathered = try await EventSets(plant: admission.plant, ids: self.ids, now: now)
                .gather(events.filter { stored.contains($0.id) }, triggers, &allowance, in: transaction)
            guard !allowance.isSpent else { throw DeliveryOverBudget() }
            if let notification { try await transaction.execute(notification) }
            return (stored, delivered, gathered, allowance.stepsLeft)
        }
        allowance.spend(-unused)
        finish(admission, stored, isMonthKnown: isMonthKnown)
        board.announce(gathered, of: admission.plant.plantID)
        if delivered { board.wake(.inputs, admission.plant.plantID) }
        return stored
    }

    private func guardStatement(_ plant: PlantKey, _ triggers: PlantTriggers, _ types: [String]) -> Statement {
        "SELECT millwright.assert_intake(\(fragment: plant.values), \(triggers.revision), \(types))"
    }

    private func addActivePlant(to statements: inout [Statement], _ admission: EventAdmission) -> Bool {
        let isKnown = months.isRecorded(admission.plant.plantID, at: admission.recordedAt)
        if !isKnown { statements.append(UsageRecord.activePlant(admission.plant, at: admission.recordedAt)) }
        return isKnown
    }

    private func finish(_ admission: EventAdmission, _ stored: Set<EventRecordID>, isMonthKnown: Bool) {
        if !isMonthKnown { months.setRecorded(admission.plant.plantID, at: admission.recordedAt) }
        board.announce(admission.startedRuns(stored), of: admission.plant.plantID)
    }

    private func knownIdentifiers(of events: [EventRecord], _ plant: PlantKey) async throws -> [EventKey: EventRecordID]
    {
        guard !events.isEmpty else { return [:] }
        let rows = try await database.readPipeline(
            plant.scope, ["SELECT millwright.plan_for_any_plant()", EventAdmission.accepted(events, in: plant)])[1]
        var known: [EventKey: EventRecordID] = [:]
        for row in rows {
            let key = EventKey(source: try row.decode("source"), id: try row.decode("source_event_id"))
            known[key] = try row.decode("event_id")
        }
        return known
    }
}

/// What makes two events the same. Strings are compared byte by byte, as PostgreSQL's keys are.
private struct EventKey: Hashable {
    var source: [UInt8]
    var id: [UInt8]

    init(source: String, id: String) {
        self.source = Array(source.utf8)
        self.id = Array(id.utf8)
    }

    init(_ event: EventRecord) { self.init(source: event.source, id: event.sourceEventID) }
}

extension Dictionary {
    /// Whether the key was absent; then it is present now.
    fileprivate mutating func updateValueIfAbsent(_ value: Value, for key: Key) -> Bool {
        if self[key] != nil { return false }
        self[key] = value
        return true
    }
}
