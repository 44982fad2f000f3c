import Synchronization

/// Wakes a service of this process that sleeps until its next look. What is missed is found then.
package final class ServiceBell: Sendable {
    private struct State {
        var hasRung = false
        var waiting: AsyncStream<Void>.Continuation?
    }

    private let state = Mutex(State())

    package init() {}

    /// Call it after the commit.
    package func ring() {
        let waiting = state.withLock { state -> AsyncStream<Void>.Continuation? in
            state.hasRung = true
            return state.waiting
        }
        waiting?.yield()
    }

    /// Returns when it rings, when it rang since the last wait, or after the time.
    func wait(seconds: Double) async {
        let (rings, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let hasRung = state.withLock { state -> Bool in
            defer { state.hasRung = false }
            if !state.hasRung { state.waiting = continuation }
            return state.hasRung
        }
        if hasRung { return }
        await rings.first(orAfter: seconds)
        state.withLock { state in
            state.waiting = nil
            state.hasRung = false
        }
    }
}
