package import Primitives
import Synchronization

/// Tells the deadlines service of a moment that may be earlier than the one it sleeps until.
package final class DeadlineBell: Sendable {
    private struct State {
        var earliest: Timestamp?
        var waiting: AsyncStream<Void>.Continuation?
        var sleepsUntil: Timestamp?
    }

    private let state = Mutex(State())

    package init() {}

    /// Call it after the commit that opened tasks with this earliest moment.
    package func announce(_ moment: Timestamp) {
        let bell = state.withLock { state -> AsyncStream<Void>.Continuation? in
            state.earliest = min(state.earliest ?? moment, moment)
            guard let sleepsUntil = state.sleepsUntil, moment < sleepsUntil else { return nil }
            return state.waiting
        }
        bell?.yield()
    }

    /// Sleeps, unless an earlier moment is announced or was announced since the last sleep.
    func wait(seconds: Double, since now: Timestamp) async {
        let until = now.adding(seconds: seconds)
        let (rings, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let mustLook = state.withLock { state -> Bool in
            defer { state.earliest = nil }
            if let earliest = state.earliest, earliest < until { return true }
            state.waiting = continuation
            state.sleepsUntil = until
            return false
        }
        if mustLook { return }
        await rings.first(orAfter: seconds)
        state.withLock { state in
            state.waiting = nil
            state.sleepsUntil = nil
        }
    }
}
