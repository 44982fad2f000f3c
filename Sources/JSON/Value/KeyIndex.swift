/// Finds the position of a key among more than eight members: open addressing at half load, positions counted from one,
/// zero for a free slot. The hash is the standard library's, seeded at random in every process.
@usableFromInline
struct KeyIndex: Sendable {
    @usableFromInline var slots: [UInt32]

    static let smallCount = 8

    @usableFromInline init() { slots = [] }

    var isEmpty: Bool { slots.isEmpty }

    /// Nil when a key comes twice.
    init?(distinct members: [JSONObject.Member]) {
        slots = []
        let count = members.count
        let distinct = members.withUnsafeBufferPointer { members in
            count <= Self.smallCount ? Self.areDistinct(members) : fill(members)
        }
        if !distinct { return nil }
    }

    private static func areDistinct(_ members: UnsafeBufferPointer<JSONObject.Member>) -> Bool {
        guard members.count > 1 else { return true }
        for later in 1..<members.count {
            let count = members[later].key.utf8.count
            for earlier in 0..<later where members[earlier].key.utf8.count == count {
                if sameCodeUnits(members[earlier].key, members[later].key) { return false }
            }
        }
        return true
    }

    private mutating func rebuild(_ members: [JSONObject.Member]) {
        _ = members.withUnsafeBufferPointer { fill($0) }
    }

    private mutating func fill(_ members: UnsafeBufferPointer<JSONObject.Member>) -> Bool {
        var capacity = 32
        while capacity < members.count * 2 { capacity *= 2 }
        slots = Array(repeating: 0, count: capacity)
        for position in members.indices {
            let (slot, isFree) = find(members[position].key) { members[$0].key }
            if !isFree { return false }
            slots[slot] = UInt32(position + 1)
        }
        return true
    }

    /// Takes in the member that was just appended.
    mutating func insertLast(of members: [JSONObject.Member]) {
        let count = members.count
        guard count > Self.smallCount else { return }
        if slots.isEmpty || count * 2 > slots.count { return rebuild(members) }
        let (slot, _) = find(members[count - 1].key) { members[$0].key }
        slots[slot] = UInt32(count)
    }

    /// Lets go of the member at a position, which is still among `members`.
    mutating func remove(_ position: Int, of members: [JSONObject.Member]) {
        if slots.isEmpty { return }
        if members.count - 1 <= Self.smallCount { return slots = [] }
        let mask = slots.count - 1
        var hole = find(members[position].key) { members[$0].key }.slot
        // Keys that had to make way for this one move up, so that none is behind a free slot.
        var next = (hole + 1) & mask
        while slots[next] != 0 {
            let home = home(of: members[Int(slots[next]) - 1].key)
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = 0
        if position == members.count - 1 { return }
        let removed = UInt32(position + 1)
        for slot in slots.indices where slots[slot] > removed { slots[slot] -= 1 }
    }

    func position(of key: String, in members: [JSONObject.Member]) -> Int? {
        let (slot, isFree) = find(key) { members[$0].key }
        return isFree ? nil : Int(slots[slot]) - 1
    }

    @inline(__always)
    private func home(of key: String) -> Int {
        var hasher = Hasher()
        combine(key, into: &hasher)
        return hasher.finalize() & (slots.count - 1)
    }

    /// The slot that holds the key, or the free slot where it belongs.
    @inline(__always)
    private func find(_ key: String, keyAt: (Int) -> String) -> (slot: Int, isFree: Bool) {
        var slot = home(of: key)
        while slots[slot] != 0 {
            if sameCodeUnits(keyAt(Int(slots[slot]) - 1), key) { return (slot, false) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return (slot, true)
    }
}
