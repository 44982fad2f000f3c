import Primitives
import Synchronization

/// Which plants have a supervising task here. A value-type state under a lock; the tasks act outside it.
final class Supervised: Sendable {
    private struct State {
        var stops: [TenantScope: AsyncStream<Void>.Continuation] = [:]
    }

    let wakeups: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() {
        (wakeups, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func wake() { continuation.yield() }
    func finish() { continuation.finish() }

    /// The plants that nobody supervises yet.
    func missing(of desired: Set<TenantScope>) -> [TenantScope] {
        state.withLock { state in desired.filter { state.stops[$0] == nil } }
    }

    /// Asks the tasks of all other plants to end.
    func stop(allExcept desired: Set<TenantScope>) {
        let stopped = state.withLock { state in
            state.stops.filter { !desired.contains($0.key) }.map(\.value)
        }
        for stop in stopped { stop.finish() }
    }

    /// Runs `body` until it ends or the plant is asked to stop.
    func supervising(_ plant: TenantScope, _ body: @Sendable @escaping () async -> Void) async {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let isFirst = state.withLock { state in
            guard state.stops[plant] == nil else { return false }
            state.stops[plant] = stop
            return true
        }
        guard isFirst else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { for await _ in stops {} }
            await group.next()
            group.cancelAll()
        }
        state.withLock { _ = $0.stops.removeValue(forKey: plant) }
        // The plant may have become desired again while its runner was draining.
        wake()
    }
}
