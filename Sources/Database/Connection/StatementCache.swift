/// The statements that one session has prepared, the least recently used first to go.
struct StatementCache {
    struct Key: Hashable {
        let statement: Statement

        func hash(into hasher: inout Hasher) { hasher.combine(statement.digest) }

        static func == (left: Key, right: Key) -> Bool {
            guard left.statement.digest == right.statement.digest,
                left.statement.pieces == right.statement.pieces
            else { return false }
            let leftSlots = left.statement.parameters.slots
            let rightSlots = right.statement.parameters.slots
            return leftSlots.count == rightSlots.count && zip(leftSlots, rightSlots).allSatisfy { $0.oid == $1.oid }
        }
    }

    final class Entry {
        let name: String
        let key: Key
        fileprivate(set) var lastUsed: UInt64
        /// False until the server has confirmed it; until then others send the text themselves, to get their own
        /// errors.
        var isReady = false
        /// The job whose section prepares it, which may already use it.
        weak var preparedFor: Job?

        init(name: String, key: Key, lastUsed: UInt64) {
            self.name = name
            self.key = key
            self.lastUsed = lastUsed
        }
    }

    let limit: Int
    private var entries: [Key: Entry] = [:]
    private var tick: UInt64 = 0
    private var made: UInt64 = 0
    /// Names that the server still holds and that must be deallocated outside any transaction.
    private(set) var evicted: [String] = []

    init(limit: Int) { self.limit = max(limit, 1) }

    var count: Int { entries.count }

    mutating func entry(for statement: Statement) -> Entry? {
        guard let entry = entries[Key(statement: statement)] else { return nil }
        tick += 1
        entry.lastUsed = tick
        return entry
    }

    mutating func insert(_ statement: Statement) -> Entry {
        if entries.count >= limit { evictOldest() }
        tick += 1
        made += 1
        // The key must not keep the bound values alive.
        let key = Key(statement: statement.withoutValues)
        let entry = Entry(name: "m\(made)", key: key, lastUsed: tick)
        entries[key] = entry
        return entry
    }

    /// Forgets a statement that the server refused to prepare or has forgotten itself.
    mutating func forget(_ entry: Entry, deallocate: Bool) {
        guard entries[entry.key] === entry else { return }
        entries[entry.key] = nil
        if deallocate { evicted.append(entry.name) }
    }

    /// Forgets everything; the names that come are new ones all the same.
    mutating func forgetAll() {
        entries = [:]
        evicted = []
    }

    mutating func takeEvicted() -> [String] {
        defer { evicted = [] }
        return evicted
    }

    /// A scan: evictions are rare, and the scan is short beside the round trip that follows.
    private mutating func evictOldest() {
        guard let oldest = entries.values.filter(\.isReady).min(by: { $0.lastUsed < $1.lastUsed }) else { return }
        forget(oldest, deallocate: true)
    }
}
