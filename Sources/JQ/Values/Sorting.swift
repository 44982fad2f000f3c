import JSON

/// Sorting by keys; elements with equal keys keep their order.
enum Sorting {
    /// The positions of the keys in their order.
    static func order(of keys: [JSONValue], _ meter: inout Meter) throws(Fault) -> [Int] {
        try meter.charge(elements: keys.count * 2)
        let keys = unwrapped(keys)
        // A sort compares each element some log₂ n times.
        try meter.charge(steps: keys.count * max(1, keys.count.bitWidth - keys.count.leadingZeroBitCount) >> 1)
        if let numbers = doubles(keys) { return sorted(numbers) { $0 < $1 } }
        if let texts = strings(keys) {
            try meter.charge(steps: texts.reduce(0) { $0 + $1.utf8.count >> 6 })
            return sorted(texts) { Ordering.compare($0, $1) < 0 }
        }
        return try sortedAsValues(keys, &meter)
    }

    /// `sort_by(f)` makes an array of each key. When all of them hold one value, those can be compared instead.
    private static func unwrapped(_ keys: [JSONValue]) -> [JSONValue] {
        var inner: [JSONValue] = []
        inner.reserveCapacity(keys.count)
        for key in keys {
            guard case .array(let parts) = key, parts.count == 1 else { return keys }
            inner.append(parts[0])
        }
        return inner
    }

    private static func doubles(_ keys: [JSONValue]) -> [Double]? {
        var numbers: [Double] = []
        numbers.reserveCapacity(keys.count)
        for key in keys {
            guard case .number(let number) = key else { return nil }
            let double = number.double
            // Beyond that, different integers can be the same double.
            guard double.magnitude < 9_007_199_254_740_992 else { return nil }
            if case .literal = number.form { return nil }
            numbers.append(double)
        }
        return numbers
    }

    private static func strings(_ keys: [JSONValue]) -> [String]? {
        var texts: [String] = []
        texts.reserveCapacity(keys.count)
        for key in keys {
            guard case .string(let text) = key else { return nil }
            texts.append(text)
        }
        return texts
    }

    private static func sorted<Key>(_ keys: [Key], _ precedes: (Key, Key) -> Bool) -> [Int] {
        var pairs: [(key: Key, position: Int)] = []
        pairs.reserveCapacity(keys.count)
        for (position, key) in keys.enumerated() { pairs.append((key, position)) }
        pairs.sort { precedes($0.key, $1.key) || (!precedes($1.key, $0.key) && $0.position < $1.position) }
        return pairs.map(\.position)
    }

    private static func sortedAsValues(_ keys: [JSONValue], _ meter: inout Meter) throws(Fault) -> [Int] {
        var positions = Array(keys.indices)
        // The closure of a sort may throw, but not a typed error.
        var copy = meter
        do {
            try positions.sort { left, right throws in
                let order = try Ordering.compare(keys[left], keys[right], &copy)
                return order == 0 ? left < right : order < 0
            }
        } catch let fault as Fault {
            throw fault
        } catch {
            throw .message("sorting failed")
        }
        meter = copy
        return positions
    }
}
