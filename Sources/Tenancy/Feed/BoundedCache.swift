/// A dictionary that holds at most `capacity` values, and forgets those that were not asked for lately.
///
/// Two generations: what is used lives in the young one; when that is half the capacity it becomes the old one, and
/// what nobody used since is dropped with the one before. No list is kept, every step is O(1).
struct BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let generationCapacity: Int

    init(capacity: Int) { generationCapacity = max(1, capacity / 2) }

    mutating func value(for key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    mutating func insert(_ value: Value, for key: Key) {
        young[key] = value
        guard young.count >= generationCapacity else { return }
        old = young
        young = [:]
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }

    mutating func removeAll(where isStale: (Value) -> Bool) {
        young = young.filter { !isStale($0.value) }
        old = old.filter { !isStale($0.value) }
    }

    var count: Int { young.count + old.count }
}
