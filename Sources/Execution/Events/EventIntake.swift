package import Database
package import Logging
package import Primitives
import Synchronization
import Workflow

/// Takes events in: each is checked, stored once, matched, and answered only after the commit.
///
/// Requests of one plant that arrive together share a transaction (group commit). A request's outcome does not depend on whom it
/// shares with: what is wrong with an event is known before it is queued.
package final class EventIntake: Sendable {
    let database: Database
    let board: DispatchBoard
    let triggers: TriggerCache
    let filters = FilterCache()
    let ids: OrderedIdentifiers
    let clock: any WallClock
    let logger: Logger
    let months = ActiveMonths()
    let duplicates: DuplicateWindow
    let budgets: EventBudgets
    private let queues = Mutex<[PlantID: IntakeQueue<Submission>]>([:])
    let turns = Turns(maximumTransactions)

    /// Transactions of all plants at once: as many as an application's pool has connections. What waits for one behind them
    /// has not been put together yet, so that the batches grow while it waits.
    private static let maximumTransactions = 4

    /// The events of one request that passed the check, and who waits for them.
    struct Submission: Sendable {
        var events: [EventRecord]
        var found: FoundRuns
        var answer: CheckedContinuation<[EventOutcome], any Error>
    }

    package init(
        database: Database, board: DispatchBoard, triggers: any TriggerSource,
        ids: OrderedIdentifiers = OrderedIdentifiers(), clock: any WallClock = SystemWallClock(),
        duplicates: DuplicateWindow = DuplicateWindow(), budgets: EventBudgets = EventBudgets(), logger: Logger
    ) {
        self.duplicates = duplicates
        self.budgets = budgets
        self.database = database
        self.board = board
        self.triggers = TriggerCache(triggers)
        self.ids = ids
        self.clock = clock
        self.logger = logger
    }

    /// One outcome for each event, in order. An event that is refused does not stop the others.
    /// - Parameter actor: who sent them; the principal may not decide the four-eyes tasks of the runs that follow.
    /// - Throws: `Problem(.tenantSuspended)` for a plant that is not active, `Problem(.tooManyRequests)` when too many
    ///   events wait.
    package func accept(_ scope: TenantScope, _ events: [IncomingEvent], by actor: Actor) async throws -> [EventOutcome]
    {
        try await accept(scope, events.map { .success($0) }, by: actor)
    }

    /// The same for events as they were read (`IncomingEvent.read`): what could not be read is refused in its place.
    package func accept(_ scope: TenantScope, _ read: [Result<IncomingEvent, Problem>], by actor: Actor) async throws
        -> [EventOutcome]
    {
        try await accept(scope, read, emittedBy: nil, by: actor)
    }

    /// - Parameter emitter: of events that a run emitted and that somebody sends again.
    func accept(
        _ scope: TenantScope, _ read: [Result<IncomingEvent, Problem>], emittedBy emitter: EventEmitter?,
        by actor: Actor
    ) async throws -> [EventOutcome] {
        let plant = try PlantKey(scope)
        let triggers = try await triggers.triggers(of: plant)
        let causes = try await causes(of: emitter, plant)
        let now = clock.now()
        var allowance = budgets.allowance(forEvents: read.count)
        var found = FoundRuns(of: triggers)
        var outcomes: [EventOutcome?] = []
        var records: [EventRecord] = []
        outcomes.reserveCapacity(read.count)
        for result in read {
            switch result {
            case .failure(let problem): outcomes.append(.refused(problem.items))
            case .success(let event):
                let contract = EventContract(schemas: triggers.schemas(for: event.type), now: now)
                switch contract.check(event, &allowance) {
                case .failure(let refusal): outcomes.append(.refused(refusal.items))
                case .success(let data):
                    let id = EventRecordID(ids.next(at: now))
                    var record = EventRecord(
                        event, id: id, receivedAt: now, sender: actor.principalID, dataBytes: data)
                    record.emittedBy = emitter?.run
                    record.chainDepth = emitter?.chainDepth ?? 0
                    record.emitterCauses = causes
                    guard found.find(record, triggers, causes: EventAdmission.causes(of: record), &allowance) else {
                        outcomes.append(.refused([EventBudgets.tooMuchToCheck]))
                        continue
                    }
                    outcomes.append(nil)
                    records.append(record)
                }
            }
            if allowance.wantsRest { await allowance.rest() }
        }
        var accepted = records.isEmpty ? [] : try await submit(records, found, plant)[...]
        return outcomes.map { $0 ?? accepted.removeFirst() }
    }

    private func causes(of emitter: EventEmitter?, _ plant: PlantKey) async throws -> RunCauses {
        var causes = RunCauses()
        guard let emitter else { return causes }
        for row in try await database.readPipeline(plant.scope, [EventEmitter.causes(of: [emitter.run], plant)])[0] {
            causes.add(try RunCauses(row: row))
        }
        return causes
    }

    /// Keeps what nobody can be told about: input of a channel without an answer.
    package func quarantine(_ scope: TenantScope, _ event: QuarantinedEvent) async throws {
        let plant = try PlantKey(scope)
        _ = try await database.pipeline(scope, [event.insertion(in: plant)])
    }

    private func submit(_ records: [EventRecord], _ found: FoundRuns, _ plant: PlantKey) async throws -> [EventOutcome]
    {
        try await withCheckedThrowingContinuation { answer in
            let submission = Submission(events: records, found: found, answer: answer)
            switch queues.withLock({ $0[plant.plantID, default: .init()].add(submission, events: records.count) }) {
            case .full:
                answer.resume(
                    throwing: Problem(.tooManyRequests, "Too many events wait for this plant. Try again soon."))
            case .wait: break
            case .start:
                // Not a child of the caller, who may go away while it writes other callers' events. It ends with the
                // queue, and each transaction has the database's deadline.
                Task { await work(on: plant) }
            }
        }
    }

    private func work(on plant: PlantKey) async {
        while !hasEnded(plant) {
            // What comes until it is this plant's turn goes with it: under load, fewer and larger transactions.
            await turns.take()
            let batch = queues.withLock { $0[plant.plantID]?.next() ?? [] }
            if !batch.isEmpty { await store(batch, plant) }
            turns.giveBack()
        }
    }

    private func hasEnded(_ plant: PlantKey) -> Bool {
        queues.withLock { queues in
            guard queues[plant.plantID]?.endsWorker() ?? true else { return false }
            if queues[plant.plantID]?.isIdle == true { queues[plant.plantID] = nil }
            return true
        }
    }

    private func store(_ batch: [Submission], _ plant: PlantKey) async {
        var allowance = EvaluationAllowance(steps: budgets.turnSteps)
        do {
            let found = FoundRuns(joining: batch.lazy.map(\.found))
            var outcomes = try await store(batch.flatMap(\.events), found, plant, &allowance)[...]
            for submission in batch {
                submission.answer.resume(returning: Array(outcomes.prefix(submission.events.count)))
                outcomes = outcomes.dropFirst(submission.events.count)
            }
        } catch is DeliveryOverBudget where batch.count == 1 && batch[0].events.count == 1 {
            batch[0].answer.resume(returning: [.refused([EventBudgets.tooMuchToDeliver])])
        } catch is DeliveryOverBudget {
            for submission in batch { await storeOneByOne(submission, plant, &allowance) }
        } catch {
            for submission in batch { submission.answer.resume(throwing: error) }
        }
    }
}
