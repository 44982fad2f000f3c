import JSON

/// A value that several places of a run's state hold at once: handing a task's output to the next task copies a
/// reference, and the stored state writes the value once.
final class Datum: Sendable {
    let value: JSONValue
    let weight: ValueWeight

    init(_ value: JSONValue) {
        self.value = value
        weight = ValueWeight(of: value)
    }
}

/// Roughly what a value costs to keep: the same for equal values on every machine.
struct ValueWeight: Sendable, Hashable {
    /// About the bytes of its text.
    var bytes: Int
    /// Objects and arrays inside each other.
    var depth: Int

    init(of value: JSONValue) {
        switch value {
        case .null, .bool: self.init(bytes: 4, depth: 0)
        case .number: self.init(bytes: 8, depth: 0)
        case .string(let text): self.init(bytes: text.utf8.count + 2, depth: 0)
        case .array(let items):
            self.init(bytes: 2, depth: 1)
            for item in items { add(ValueWeight(of: item)) }
        case .object(let object):
            self.init(bytes: 2, depth: 1)
            for (key, value) in object {
                bytes += key.utf8.count + 4
                add(ValueWeight(of: value))
            }
        }
    }

    private init(bytes: Int, depth: Int) {
        self.bytes = bytes
        self.depth = depth
    }

    private mutating func add(_ inner: ValueWeight) {
        bytes += inner.bytes + 1
        depth = max(depth, inner.depth + 1)
    }
}
