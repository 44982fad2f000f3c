package import Primitives
import Synchronization

/// Who may run a process now. So many at once on this machine, fewer of one plant; those that wait are let in plant by
/// plant, so that one with a thousand jobs delays another's only job by one job and not by a thousand.
package final class ProcessSlots: Sendable {
    package static let maximumAtOnce = 4
    package static let maximumOfPlant = 2
    /// Of one plant; a runner has no more effects under way than that.
    package static let maximumWaiting = 64

    private let state: Mutex<ProcessQueue>

    package init(
        atOnce: Int = ProcessSlots.maximumAtOnce, ofPlant: Int = ProcessSlots.maximumOfPlant,
        waiting: Int = ProcessSlots.maximumWaiting
    ) {
        state = Mutex(ProcessQueue(atOnce: atOnce, ofPlant: ofPlant, waiting: waiting))
    }

    /// Runs `body` when it is this plant's turn.
    ///
    /// - Throws: `busy` when too many of the plant's jobs wait already, `cancelled`, or what `body` throws.
    package func whileHolding<Value: Sendable>(
        of plant: TenantScope, _ body: () async throws(ProcessFailure) -> Value
    ) async throws(ProcessFailure) -> Value {
        try await enter(plant)
        defer { act(state.withLock { $0.leave(plant) }) }
        return try await body()
    }

    /// How many jobs of a plant wait for their turn.
    package func waiting(of plant: TenantScope) -> Int { state.withLock { $0.waiting(of: plant) } }

    private func enter(_ plant: TenantScope) async throws(ProcessFailure) {
        let (turns, turn) = AsyncStream<Void>.makeStream()
        guard let ticket = state.withLock({ $0.enter(plant, turn) }) else {
            throw ProcessFailure(.busy, "\(waiting(of: plant)) jobs of this plant wait already; try again later")
        }
        // Ends when it is our turn, or when the task is cancelled.
        for await _ in turns {}
        guard Task.isCancelled else { return }
        act(state.withLock { $0.giveUp(ticket, of: plant) })
        throw ProcessFailure(.cancelled, "the process was given up before its turn")
    }

    private func act(_ admitted: [AsyncStream<Void>.Continuation]) {
        for turn in admitted { turn.finish() }
    }
}

/// The state of the slots: who is in, and who waits.
private struct ProcessQueue: Sendable {
    typealias Turn = AsyncStream<Void>.Continuation

    private struct Plant: Sendable {
        var inside = 0
        var waiting: [(ticket: Int, turn: Turn)] = []
    }

    let atOnce: Int
    let ofPlant: Int
    let waiting: Int
    private var inside = 0
    private var tickets = 0
    private var plants: [TenantScope: Plant] = [:]
    /// Plants in which somebody waits; the first has its turn next.
    private var turns: [TenantScope] = []

    init(atOnce: Int, ofPlant: Int, waiting: Int) {
        self.atOnce = atOnce
        self.ofPlant = ofPlant
        self.waiting = waiting
    }

    func waiting(of plant: TenantScope) -> Int { plants[plant]?.waiting.count ?? 0 }

    /// `nil` when too many wait already. The turn is finished at once when there is room.
    mutating func enter(_ plant: TenantScope, _ turn: Turn) -> Int? {
        guard plants[plant, default: Plant()].waiting.count < waiting else { return nil }
        tickets += 1
        plants[plant, default: Plant()].waiting.append((tickets, turn))
        if !turns.contains(plant) { turns.append(plant) }
        let ticket = tickets
        for admitted in admit() { admitted.finish() }
        return ticket
    }

    mutating func leave(_ plant: TenantScope) -> [Turn] {
        inside -= 1
        plants[plant]?.inside -= 1
        forget(plant)
        return admit()
    }

    /// Somebody who waits no longer; who was let in meanwhile leaves.
    mutating func giveUp(_ ticket: Int, of plant: TenantScope) -> [Turn] {
        guard let at = plants[plant]?.waiting.firstIndex(where: { $0.ticket == ticket }) else { return leave(plant) }
        plants[plant]?.waiting.remove(at: at)
        forget(plant)
        return []
    }

    private mutating func admit() -> [Turn] {
        var admitted: [Turn] = []
        while inside < atOnce,
            let at = turns.firstIndex(where: { plants[$0, default: Plant()].inside < ofPlant })
        {
            let plant = turns.remove(at: at)
            guard let next = plants[plant]?.waiting.first else { continue }
            plants[plant]?.waiting.removeFirst()
            plants[plant]?.inside += 1
            inside += 1
            admitted.append(next.turn)
            // To the back of the line.
            if plants[plant]?.waiting.isEmpty == false { turns.append(plant) }
        }
        return admitted
    }

    private mutating func forget(_ plant: TenantScope) {
        guard let state = plants[plant] else { return }
        if state.waiting.isEmpty { turns.removeAll { $0 == plant } }
        if state.waiting.isEmpty, state.inside == 0 { plants[plant] = nil }
    }
}
