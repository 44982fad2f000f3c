package import Database
import Synchronization

/// Tells the caches of this process what changed, whichever replica changed it.
///
/// One for a process: `run()` listens to the channel that the triggers of migration 0002 notify. Until it has heard
/// for the first time that it is connected, nothing is cached.
package final class TenancyFeed: Sendable {
    private struct State {
        var observers: [Int: @Sendable (TenancyChange) -> Void] = [:]
        var nextObserver = 0
        var isLive = false
    }

    private let database: Database
    private let state = Mutex(State())

    package init(database: Database) { self.database = database }

    /// Whether changes made elsewhere are heard.
    package var isLive: Bool { state.withLock { $0.isLive } }

    /// Listens until the task is cancelled or the database is shut down.
    package func run() async throws {
        defer { state.withLock { $0.isLive = false } }
        for await notification in database.listen(TenancyChange.channel) {
            switch notification {
            case .reconnected:
                announce(.everything)
                state.withLock { $0.isLive = true }
            case .received(let payload): announce(TenancyChange(payload: payload))
            }
        }
    }

    /// Calls `handler` at each change, on whatever thread hears of it: it must only forget, and quickly.
    package func observe(_ handler: @escaping @Sendable (TenancyChange) -> Void) { _ = add(handler) }

    /// Yields after each change that `concerns` names, and whenever one may have been missed. Several at once are one.
    package func changes(where concerns: @escaping @Sendable (TenancyChange) -> Bool) -> AsyncStream<Void> {
        let (changes, change) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = add { if $0 == .everything || concerns($0) { change.yield() } }
        change.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.observers.removeValue(forKey: number) }
        }
        return changes
    }

    private func add(_ handler: @escaping @Sendable (TenancyChange) -> Void) -> Int {
        state.withLock { state in
            state.nextObserver += 1
            state.observers[state.nextObserver] = handler
            return state.nextObserver
        }
    }

    /// For a change that this process made: its own caches forget at once, before the notification comes back.
    package func announce(_ change: TenancyChange) {
        let observers = state.withLock { Array($0.observers.values) }
        for observer in observers { observer(change) }
    }
}
