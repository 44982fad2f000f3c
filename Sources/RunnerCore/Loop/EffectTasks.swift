import Synchronization

/// The effects under way, so that one of them can be given up without the others.
final class EffectTasks: Sendable {
    private let wishes = Mutex<[Effect.ID: AsyncStream<Void>.Continuation]>([:])

    /// Ends when the effect is to be given up.
    func add(_ id: Effect.ID) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        wishes.withLock { $0[id] = continuation }
        return stream
    }

    func remove(_ id: Effect.ID) { _ = wishes.withLock { $0.removeValue(forKey: id) } }

    func giveUp(_ id: Effect.ID) { wishes.withLock { $0[id] }?.finish() }

    /// Performs until there is a result or the wish to give up, whichever is first.
    static func perform(
        until givenUp: AsyncStream<Void>, _ operation: @escaping @Sendable () async -> EffectResult
    ) async -> EffectResult {
        await withTaskGroup(of: EffectResult.self) { race in
            race.addTask { await operation() }
            race.addTask {
                for await _ in givenUp {}
                return .givenUp
            }
            let first = await race.next() ?? .givenUp
            race.cancelAll()
            return first
        }
    }
}
