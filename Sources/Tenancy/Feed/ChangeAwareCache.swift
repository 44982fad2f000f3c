import Synchronization

/// A bounded cache of what the database says, emptied when the feed tells of a change.
///
/// It answers only while the feed is live, and no value is used for longer than `maximumAge`, in case a connection
/// died without a word: then the staleness is bounded all the same. A value that was read before a change and arrives
/// after it is not kept (`generation`).
final class ChangeAwareCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let value: Value
        let readAt: ContinuousClock.Instant
    }

    private struct State {
        var entries: BoundedCache<Key, Entry>
        var generation: UInt64 = 0
    }

    private let state: Mutex<State>
    private let feed: TenancyFeed
    private let maximumAge: Duration

    /// - Parameter concerns: whether the change makes the values stale. `everything` always does.
    init(
        capacity: Int, feed: TenancyFeed, maximumAge: Duration = .seconds(5),
        concerns: @escaping @Sendable (TenancyChange) -> Bool
    ) {
        state = Mutex(State(entries: BoundedCache(capacity: capacity)))
        self.feed = feed
        self.maximumAge = maximumAge
        feed.observe { [weak self] change in
            if change == .everything || concerns(change) { self?.forget { _ in true } }
        }
    }

    /// The cached value, or what `load` reads. That nothing was found is not kept.
    func value(for key: Key, load: () async throws -> Value?) async throws -> Value? {
        try await value(for: key) { _ in try await load() }
    }

    /// - Parameter load: is given the value that was known and is too old to be used.
    func value(for key: Key, load: (_ old: Value?) async throws -> Value?) async throws -> Value? {
        let now = ContinuousClock.now
        let (known, generation) = state.withLock { ($0.entries.value(for: key), $0.generation) }
        if let known, now - known.readAt < maximumAge, feed.isLive { return known.value }
        guard let loaded = try await load(known?.value) else { return nil }
        state.withLock { state in
            guard state.generation == generation else { return }
            state.entries.insert(Entry(value: loaded, readAt: now), for: key)
        }
        return loaded
    }

    func forget(where isStale: (Value) -> Bool) {
        state.withLock { state in
            state.generation &+= 1
            state.entries.removeAll { isStale($0.value) }
        }
    }
}
