import JSON

/// jq's order of all values: null, false, true, numbers, strings by code point, arrays, objects.
///
/// What a comparison costs is charged, because two small programs can build values whose trees are astronomically
/// large by sharing.
enum Ordering {
    static let maximumDepth = 10_000

    /// Negative, zero or positive.
    static func compare(_ left: JSONValue, _ right: JSONValue, _ meter: inout Meter) throws(Fault) -> Int {
        try compare(left, right, &meter, 0)
    }

    private static func compare(
        _ left: JSONValue, _ right: JSONValue, _ meter: inout Meter, _ depth: Int
    ) throws(Fault) -> Int {
        switch (left, right) {
        case (.number(let a), .number(let b)): return try compare(a, b, &meter)
        case (.string(let a), .string(let b)):
            try meter.charge(steps: min(a.utf8.count, b.utf8.count) >> 6)
            return compare(a, b)
        case (.array(let a), .array(let b)): return try compare(a, b, &meter, depth + 1)
        case (.object(let a), .object(let b)): return try compare(a, b, &meter, depth + 1)
        default: return rank(left) - rank(right)
        }
    }

    private static func rank(_ value: JSONValue) -> Int {
        switch value {
        case .null: 0
        case .bool(false): 1
        case .bool(true): 2
        case .number: 3
        case .string: 4
        case .array: 5
        case .object: 6
        }
    }

    /// Numbers that are known exactly are compared exactly, others as doubles; NaN is less than any number.
    @inline(__always)
    static func compare(_ left: JSONNumber, _ right: JSONNumber, _ meter: inout Meter) throws(Fault) -> Int {
        switch (left.form, right.form) {
        case (.integer(let a), .integer(let b)): return a < b ? -1 : a == b ? 0 : 1
        case (.double, _), (_, .double):
            let (a, b) = (left.double, right.double)
            return a < b || a.isNaN ? -1 : a == b ? 0 : 1
        default: return try compareLiterals(left, right, &meter)
        }
    }

    @inline(never)
    private static func compareLiterals(
        _ left: JSONNumber, _ right: JSONNumber, _ meter: inout Meter
    ) throws(Fault) -> Int {
        for number in [left, right] {
            if case .literal(_, let length) = number.form { try meter.charge(steps: length >> 2) }
        }
        return left == right ? 0 : left < right ? -1 : 1
    }

    /// By UTF-8 code units, which is by code point.
    static func compare(_ left: String, _ right: String) -> Int {
        var (left, right) = (left, right)
        return left.withUTF8 { a in
            right.withUTF8 { b in
                let count = min(a.count, b.count)
                var position = 0
                while position < count, a[position] == b[position] { position += 1 }
                if position < count { return a[position] < b[position] ? -1 : 1 }
                return a.count == b.count ? 0 : a.count < b.count ? -1 : 1
            }
        }
    }

    private static func compare(
        _ left: [JSONValue], _ right: [JSONValue], _ meter: inout Meter, _ depth: Int
    ) throws(Fault) -> Int {
        if depth > maximumDepth { throw .message("Comparison too deep") }
        let count = min(left.count, right.count)
        for position in 0..<count {
            try meter.charge(steps: 1)
            let order = try compare(left[position], right[position], &meter, depth)
            if order != 0 { return order }
        }
        return left.count - right.count
    }

    /// First by the sorted keys, then by the values in the order of the keys.
    private static func compare(
        _ left: JSONObject, _ right: JSONObject, _ meter: inout Meter, _ depth: Int
    ) throws(Fault) -> Int {
        if depth > maximumDepth { throw .message("Comparison too deep") }
        try meter.charge(steps: left.count + right.count)
        let leftKeys = sortedKeys(left)
        let rightKeys = sortedKeys(right)
        for (a, b) in zip(leftKeys, rightKeys) {
            let order = compare(a, b)
            if order != 0 { return order }
        }
        if leftKeys.count != rightKeys.count { return leftKeys.count - rightKeys.count }
        for key in leftKeys {
            let order = try compare(left[key] ?? .null, right[key] ?? .null, &meter, depth)
            if order != 0 { return order }
        }
        return 0
    }

    static func sortedKeys(_ object: JSONObject) -> [String] {
        object.keys.sorted { compare($0, $1) < 0 }
    }

    // MARK: - Equality

    static func equal(_ left: JSONValue, _ right: JSONValue, _ meter: inout Meter) throws(Fault) -> Bool {
        try equal(left, right, &meter, 0)
    }

    private static func equal(
        _ left: JSONValue, _ right: JSONValue, _ meter: inout Meter, _ depth: Int
    ) throws(Fault) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.number(let a), .number(let b)): return try equal(a, b, &meter)
        case (.string(let a), .string(let b)):
            if a.utf8.count != b.utf8.count { return false }
            try meter.charge(steps: a.utf8.count >> 6)
            return left == right
        case (.array(let a), .array(let b)):
            if a.count != b.count { return false }
            if depth > maximumDepth { throw .message("Equality check too deep") }
            for position in a.indices {
                try meter.charge(steps: 1)
                if try !equal(a[position], b[position], &meter, depth + 1) { return false }
            }
            return true
        case (.object(let a), .object(let b)):
            if a.count != b.count { return false }
            if depth > maximumDepth { throw .message("Equality check too deep") }
            for (key, value) in a {
                try meter.charge(steps: 1)
                guard let other = b[key], try equal(value, other, &meter, depth + 1) else { return false }
            }
            return true
        default: return false
        }
    }

    @inline(__always)
    static func equal(_ left: JSONNumber, _ right: JSONNumber, _ meter: inout Meter) throws(Fault) -> Bool {
        switch (left.form, right.form) {
        case (.integer(let a), .integer(let b)): return a == b
        case (.double, _), (_, .double): return left.double == right.double
        default: return try compareLiterals(left, right, &meter) == 0
        }
    }
}
