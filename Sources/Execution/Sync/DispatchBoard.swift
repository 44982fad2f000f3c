package import Database
package import Primitives
import RunnerProtocol
import Synchronization

/// The desks of all plants whose runners call this process, and the bell that wakes a waiting call.
///
/// Everything that makes work for a runner (an accepted event, a decision, a started run) says so here after its commit. Where
/// the runner is not attached to this process, the same transaction also notifies the other processes.
package final class DispatchBoard: Sendable {
    /// PostgreSQL's channel between control planes; the payload is a plant's identifier.
    package static let channel = "millwright_work"

    private struct Place {
        var desk = PlantDesk()
        /// Of the call that waits, with the number of runs that it can take.
        var bell: (number: UInt64, capacity: Int, continuation: AsyncStream<Void>.Continuation)?
    }

    private struct State {
        var places: [PlantID: Place] = [:]
        var bellsMade: UInt64 = 0
    }

    private let state = Mutex(State())
    private let clock: any WallClock
    /// Runs of limited workflows were stored, or ended.
    package let slots = ServiceBell()
    /// An operation on many runs was begun.
    package let bulk = ServiceBell()
    /// Who watches a plant.
    package let watchers = PlantWatchers()

    package init(clock: any WallClock = SystemWallClock()) { self.clock = clock }

    // MARK: From whoever makes work

    /// What belongs into the transaction that makes the work, for runners attached elsewhere; `nil` when this process
    /// has the runner. A notification costs every commit of the whole database a turn at one lock, so it is not sent idly.
    package func notification(for plant: PlantKey) -> Statement? {
        let now = clock.now()
        let isHere = state.withLock { $0.places[plant.plantID]?.desk.isAttached(at: now) ?? false }
        return isHere ? nil : Self.notification(of: plant.plantID)
    }

    package static func notification(of plant: PlantID) -> Statement {
        "SELECT pg_notify(\(channel), \(plant.description))"
    }

    /// Runs that were committed as pending, in order.
    func announce(_ runs: [NewRun], of plant: PlantID) {
        guard !runs.isEmpty else { return }
        if runs.contains(where: { $0.isQueued || $0.deduplicate != nil }) { return announceUnsure(runs, of: plant) }
        let now = clock.now()
        let bytes = runs.reduce(0) { $0 + ($1.event?.dataBytes?.bytes.count ?? 0) }
        ring(plant) { $0.add(runs.map(\.workItem), bytes: bytes, at: now) }
    }

    /// Runs of which some wait for a slot, or were not stored because they were there already: the database tells which.
    private func announceUnsure(_ runs: [NewRun], of plant: PlantID) {
        if runs.contains(where: \.isQueued) { slots.ring() }
        if runs.contains(where: { !$0.isQueued }) { wake(.pending, plant) }
    }

    /// Something of these kinds was committed.
    package func wake(_ need: Need, _ plant: PlantID) { ring(plant) { $0.wake(need) } }

    /// A plant that has never called is not entered: its first call asks for everything.
    private func ring(_ plant: PlantID, _ change: (inout PlantDesk) -> Void) {
        watchers.ring(plant)
        let bell = state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard state.places[plant] != nil else { return nil }
            change(&state.places[plant]!.desk)
            return state.places[plant]?.bell?.continuation
        }
        bell?.yield()
    }

    /// Whether a call of the plant's runner is held open now.
    package func isWaiting(_ plant: PlantID) -> Bool { state.withLock { $0.places[plant]?.bell != nil } }

    /// Notifications may have been missed: every desk asks for everything again.
    package func wakeAll() {
        for plant in state.withLock({ Array($0.places.keys) }) { wake(.all, plant) }
    }

    // MARK: From a runner's call

    /// - Parameter takesWork: then it takes the place of an older call that waits for work, which is answered now.
    func beginCall(_ plant: PlantID, epoch: Int64, isFirst: Bool, takesWork: Bool) throws(Problem) {
        let now = clock.now()
        // Thrown outside of the lock, because a lock's body throws any error.
        let begun = state.withLock { state -> Result<AsyncStream<Void>.Continuation?, Problem> in
            do throws(Problem) {
                try state.places[plant, default: Place()].desk.beginCall(epoch: epoch, isFirst: isFirst, at: now)
            } catch {
                return .failure(error)
            }
            guard takesWork else { return .success(nil) }
            defer { state.places[plant]?.bell = nil }
            return .success(state.places[plant]?.bell?.continuation)
        }
        try begun.get()?.finish()
    }

    func endCall(_ plant: PlantID) {
        let now = clock.now()
        update(plant) { $0.endCall(at: now) }
    }

    /// - Throws: `Problem(.staleEpoch)` when the next epoch has begun since the call did: what there is, is not for it.
    func plan(_ plant: PlantID, epoch: Int64, capacity: Int) throws(Problem) -> PlantDesk.Plan {
        let now = clock.now()
        let plan = state.withLock { state -> PlantDesk.Plan? in
            let isPolled = state.places[plant]?.bell != nil
            guard state.places[plant, default: Place()].desk.epoch <= epoch else { return nil }
            return state.places[plant, default: Place()].desk.plan(capacity: capacity, isPolled: isPolled, at: now)
        }
        guard let plan else { throw Problem.staleEpoch }
        return plan
    }

    /// The next epoch has begun: a call of the runner before it that still waits is answered.
    func startEpoch(_ epoch: Int64, of plant: PlantID) { finishReading(plant) { $0.startOver(epoch) } }

    /// Reading has ended, well or badly: what could not be planned meanwhile can be now.
    func finishReading(_ plant: PlantID, _ change: (inout PlantDesk) -> Void) {
        let now = clock.now()
        let bell = state.withLock { state -> AsyncStream<Void>.Continuation? in
            change(&state.places[plant, default: Place()].desk)
            // Only for what the waiting call can take: two calls of a full runner would wake each other for ever.
            guard let place = state.places[plant], let bell = place.bell,
                place.desk.hasWork(capacity: bell.capacity, at: now)
            else { return nil }
            return bell.continuation
        }
        bell?.yield()
    }

    func update<Answer>(_ plant: PlantID, _ change: (inout PlantDesk) -> Answer) -> Answer {
        state.withLock { change(&$0.places[plant, default: Place()].desk) }
    }

    func mayHaveParents(_ runs: [RunID], of plant: PlantID) -> [RunID] {
        runs.isEmpty ? [] : update(plant) { $0.mayHaveParents(runs) }
    }

    enum Waking: Sendable {
        /// There may be work now, or a moment has come at which there may be.
        case look
        /// The deadline, or a newer call of the runner: this one is to be answered as it is.
        case answer
    }

    /// Returns when there may be work, at `deadline`, when a newer call of the runner begins, or when the task is
    /// cancelled.
    func waitForWork(_ plant: PlantID, capacity: Int, until deadline: Timestamp) async -> Waking {
        let now = clock.now()
        let (bell, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let waiting = state.withLock { state -> (number: UInt64, until: Timestamp)? in
            guard let desk = state.places[plant]?.desk, !desk.hasWork(capacity: capacity, at: now) else {
                // What there is, is kept for a call that waits. From a full runner it is an older one of it: it is answered
                // now, or the two would leave it to each other.
                if capacity == 0 {
                    state.places[plant]?.bell?.continuation.finish()
                    state.places[plant]?.bell = nil
                }
                return nil
            }
            state.bellsMade += 1
            state.places[plant]?.bell?.continuation.finish()
            state.places[plant]?.bell = (state.bellsMade, capacity, continuation)
            // A timer that is due already is being read by another call, which rings.
            let nextTimerAt = desk.nextTimerAt.flatMap { $0 > now ? $0 : nil }
            return (state.bellsMade, min(deadline, nextTimerAt ?? deadline))
        }
        guard let waiting else { return .look }
        let waking = await withTaskGroup(of: Waking.self) { group in
            group.addTask {
                for await _ in bell { return .look }
                return .answer
            }
            group.addTask { [clock] in
                try? await clock.sleep(for: waiting.until.duration(since: now))
                return waiting.until < deadline ? .look : .answer
            }
            let first = await group.next() ?? .look
            group.cancelAll()
            return first
        }
        state.withLock { state in
            if state.places[plant]?.bell?.number == waiting.number { state.places[plant]?.bell = nil }
        }
        return waking
    }
}
