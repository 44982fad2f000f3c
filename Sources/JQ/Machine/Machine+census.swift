import JSON

extension Machine {
    /// After anything that allocates: when a budget's worth was allocated, count what is still alive.
    @inline(__always)
    mutating func settle() throws(Fault) {
        if meter.allocatedBytes > meter.memoryBytes { try takeCensus() }
    }

    @inline(never)
    private mutating func takeCensus() throws(Fault) {
        var census = Census(limitBytes: meter.memoryBytes)
        census.bytes = Int(top) * MemoryLayout<Entry>.stride + forkCount * MemoryLayout<Fork>.stride
        for index in 0..<Int(top) { census.count(entries[index].value) }
        for index in 0..<forkCount {
            guard let walker = forks[index].walker else { continue }
            census.bytes += walker.bytes
        }
        for result in results { census.count(result) }
        try meter.charge(steps: census.visited >> 2)
        if census.bytes > meter.memoryBytes { throw .exhausted(.memory) }
        meter.allocatedBytes = census.bytes
    }
}

/// Adds up the logical size of values; storage that several of them share counts once.
struct Census {
    let limitBytes: Int
    var bytes = 0
    var visited = 0
    private var seen: Set<UInt> = []

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    mutating func count(_ value: JSONValue) {
        visited += 1
        if bytes > limitBytes { return }
        switch value {
        case .string(let text): bytes += text.utf8.count > 15 ? text.utf8.count + 32 : 0
        case .array(let elements):
            if isKnown(elements.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }, elements.count) { return }
            bytes += elements.count * 16 + 32
            for element in elements { count(element) }
        case .object(let object):
            if isKnown(object.storageIdentity, object.count) { return }
            bytes += object.count * 32 + 64
            for member in object {
                bytes += member.key.utf8.count > 15 ? member.key.utf8.count + 32 : 0
                count(member.value)
            }
        default: break
        }
    }

    private mutating func isKnown(_ identity: UInt, _ elements: Int) -> Bool {
        elements >= 2 && !seen.insert(identity).inserted
    }
}
