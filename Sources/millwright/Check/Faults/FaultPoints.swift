import Synchronization

/// A place in the flow of work at which a fault can be made to strike, seen from outside of the processes.
enum FaultPoint: String, Sendable, CaseIterable {
    case eventSent = "an event is on its way in"
    case eventAnswered = "the answer to an event is on its way out"
    case effectArrived = "a call has reached the other system"
    case effectDone = "a call is done and not answered"
    case syncSent = "a runner's commits are on their way"
    case syncAnswered = "the answer to a runner is on its way"
    case commitSent = "a transaction is on its way to PostgreSQL"
    case commitAnswered = "PostgreSQL's answer is on its way"
}

/// Where armed faults wait for their point.
final class FaultPoints: Sendable {
    private struct Armed {
        let id: UInt64
        let point: FaultPoint
        let strike: @Sendable () -> Void
    }

    private struct State {
        var armed: [Armed] = []
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Called by whoever sees the point pass; what is armed for it strikes here and now.
    func pass(_ point: FaultPoint) {
        let struck = state.withLock { state -> [Armed] in
            guard !state.armed.isEmpty else { return [] }
            defer { state.armed.removeAll { $0.point == point } }
            return state.armed.filter { $0.point == point }
        }
        for armed in struck { armed.strike() }
    }

    /// Strikes when the point passes next, or after `patience` all the same.
    func strike(at point: FaultPoint, patience: Duration, _ strike: @escaping @Sendable () -> Void) async {
        let (strikes, hit) = AsyncStream<Void>.makeStream()
        let id = state.withLock { state in
            state.next += 1
            let armed = Armed(id: state.next, point: point) {
                strike()
                hit.finish()
            }
            state.armed.append(armed)
            return state.next
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in strikes {} }
            group.addTask { try? await Task.sleep(for: patience) }
            await group.next()
            group.cancelAll()
        }
        let isLeft = state.withLock { state in
            let count = state.armed.count
            state.armed.removeAll { $0.id == id }
            return state.armed.count < count
        }
        if isLeft { strike() }
    }
}
