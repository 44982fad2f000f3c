import JSON

extension Native {
    static let arrayBuiltins: [(String, Native)] = [
        ("add", .zero { (value, meter) throws(Fault) in try sum(value, &meter) }),
        (
            "any",
            .zero { (value, meter) throws(Fault) in
                .bool(try elements(value, &meter).contains { $0.isTrue })
            }
        ),
        (
            "all",
            .zero { (value, meter) throws(Fault) in
                .bool(try elements(value, &meter).allSatisfy { $0.isTrue })
            }
        ),
        (
            "flatten",
            .zero { (value, meter) throws(Fault) in
                .array(try flatten(try elements(value, &meter), depth: .infinity, &meter))
            }
        ),
        (
            "flatten",
            .one { (value, depth, meter) throws(Fault) in
                guard case .number(let levels) = depth else {
                    throw .message("flatten depth must be a number, not \(ErrorText.full(depth))")
                }
                if levels.double < 0 { throw .message("flatten depth must not be negative") }
                return .array(try flatten(try elements(value, &meter), depth: levels.double, &meter))
            }
        ),
        ("reverse", .zero { (value, meter) throws(Fault) in try reversed(value, &meter) }),
        (
            "sort",
            .zero { (value, meter) throws(Fault) in
                let values = try sortable(value)
                return .array(try Sorting.order(of: values, &meter).map { values[$0] })
            }
        ),
        (
            "_sort_by",
            .one { (value, keys, meter) throws(Fault) in
                let (values, keys) = try aligned(value, keys)
                return .array(try Sorting.order(of: keys, &meter).map { values[$0] })
            }
        ),
        (
            "_group_by",
            .one { (value, keys, meter) throws(Fault) in
                .array(try groups(value, keys, &meter).map { .array($0) })
            }
        ),
        (
            "unique",
            .zero { (value, meter) throws(Fault) in
                .array(try groups(value, value, &meter).map { $0[0] })
            }
        ),
        (
            "_unique_by",
            .one { (value, keys, meter) throws(Fault) in
                .array(try groups(value, keys, &meter).map { $0[0] })
            }
        ),
        ("min", .zero { (value, meter) throws(Fault) in try extreme(value, value, &meter) { $0 < 0 } }),
        ("max", .zero { (value, meter) throws(Fault) in try extreme(value, value, &meter) { $0 >= 0 } }),
        ("_min_by", .one { (value, keys, meter) throws(Fault) in try extreme(value, keys, &meter) { $0 < 0 } }),
        ("_max_by", .one { (value, keys, meter) throws(Fault) in try extreme(value, keys, &meter) { $0 >= 0 } }),
        ("bsearch", .one { (value, target, meter) throws(Fault) in try binarySearch(value, target, &meter) }),
        ("to_entries", .zero { (value, meter) throws(Fault) in try entries(of: value, &meter) }),
        ("from_entries", .zero { (value, meter) throws(Fault) in try object(fromEntries: value, &meter) }),
        ("transpose", .zero { (value, meter) throws(Fault) in try transposed(value, &meter) }),
    ]

    /// The elements of an array or the values of an object.
    static func elements(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> [JSONValue] {
        switch value {
        case .array(let elements):
            try meter.charge(steps: elements.count >> 2)
            return elements
        case .object(let object):
            try meter.charge(elements: object.count)
            return object.values
        default: throw .message("Cannot iterate over \(ErrorText.full(value))")
        }
    }

    private static func sum(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        let values = try elements(value, &meter)
        if let text = try concatenation(values, &meter) { return text }
        var total = JSONValue.null
        for element in values {
            try meter.charge(steps: 1)
            var left = JSONValue.null
            swap(&left, &total)
            total = try Arithmetic.add(left, element, &meter)
        }
        return total
    }

    /// Strings are joined at once.
    private static func concatenation(_ values: [JSONValue], _ meter: inout Meter) throws(Fault) -> JSONValue? {
        var length = 0
        for value in values {
            guard case .string(let text) = value else { return nil }
            length += text.utf8.count
        }
        guard !values.isEmpty else { return nil }
        if length > meter.memoryBytes { throw .exhausted(.memory) }
        try meter.charge(text: length)
        var result = ""
        result.reserveCapacity(length)
        for case .string(let text) in values { result += text }
        return .string(result)
    }

    private static func flatten(
        _ values: [JSONValue], depth: Double, _ meter: inout Meter
    ) throws(Fault) -> [JSONValue] {
        var result: [JSONValue] = []
        // What is being flattened, innermost last: nothing recurses, however deeply it is nested.
        var levels: [(values: [JSONValue], position: Int)] = [(values, 0)]
        while let level = levels.last {
            guard level.position < level.values.count else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].position += 1
            try meter.charge(steps: 1)
            let value = level.values[level.position]
            if case .array(let inner) = value, Double(levels.count) <= depth {
                levels.append((inner, 0))
            } else {
                try meter.charge(bytes: 16)
                result.append(value)
            }
        }
        return result
    }

    private static func reversed(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        switch value {
        case .null: return .array([])
        case .string(let text):
            try meter.charge(text: text.utf8.count)
            var result = String.UnicodeScalarView()
            for scalar in text.unicodeScalars.reversed() { result.append(scalar) }
            return .string(String(result))
        case .array(let elements):
            try meter.charge(elements: elements.count)
            return .array(elements.reversed())
        default: throw Access.cannotIndex(value, 0)
        }
    }

    // MARK: - Order

    private static func sortable(_ value: JSONValue) throws(Fault) -> [JSONValue] {
        guard case .array(let elements) = value else {
            throw .message("\(ErrorText.full(value)) cannot be sorted, as it is not an array")
        }
        return elements
    }

    /// An array and one key for each of its elements.
    private static func aligned(
        _ value: JSONValue, _ keys: JSONValue
    ) throws(Fault) -> (values: [JSONValue], keys: [JSONValue]) {
        let values = try sortable(value)
        guard case .array(let keys) = keys, keys.count == values.count else {
            throw .message("\(ErrorText.full(value)) cannot be sorted: it needs one key for each element")
        }
        return (values, keys)
    }

    private static func groups(
        _ value: JSONValue, _ keys: JSONValue, _ meter: inout Meter
    ) throws(Fault) -> [[JSONValue]] {
        let (values, keys) = try aligned(value, keys)
        var groups: [[JSONValue]] = []
        var group: [JSONValue] = []
        var last: Int?
        for position in try Sorting.order(of: keys, &meter) {
            if let last, try Ordering.compare(keys[last], keys[position], &meter) != 0 {
                try meter.charge(bytes: 64)
                groups.append(group)
                group = []
            }
            group.append(values[position])
            last = position
        }
        if last != nil { groups.append(group) }
        return groups
    }

    /// The element whose key wins against the one before, in jq's order of preference.
    private static func extreme(
        _ value: JSONValue, _ keys: JSONValue, _ meter: inout Meter, wins: (Int) -> Bool
    ) throws(Fault) -> JSONValue {
        guard case .array(let values) = value, case .array(let keys) = keys, keys.count == values.count else {
            throw .message("\(ErrorText.full(value)) cannot be searched, as it is not an array")
        }
        guard !values.isEmpty else { return .null }
        var best = 0
        for position in 1..<max(values.count, 1) {
            try meter.charge(steps: 1)
            if wins(try Ordering.compare(keys[position], keys[best], &meter)) { best = position }
        }
        return values[best]
    }

    private static func binarySearch(
        _ value: JSONValue, _ target: JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        guard case .array(let elements) = value else {
            throw .message("\(ErrorText.full(value)) cannot be searched from")
        }
        var low = 0
        var high = elements.count
        while low < high {
            let middle = low + (high - low) / 2
            let order = try Ordering.compare(target, elements[middle], &meter)
            if order == 0 { return JSONValue(middle) }
            if order < 0 { high = middle } else { low = middle + 1 }
        }
        return JSONValue(-1 - low)
    }

    // MARK: - Entries

    private static func entries(of value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        var entries: [JSONValue] = []
        switch value {
        case .object(let object):
            try meter.charge(elements: object.count * 8)
            entries.reserveCapacity(object.count)
            for (key, value) in object { entries.append(entry(.string(key), value)) }
        case .array(let elements):
            try meter.charge(elements: elements.count * 8)
            entries.reserveCapacity(elements.count)
            for (position, value) in elements.enumerated() { entries.append(entry(JSONValue(position), value)) }
        default: throw .message("\(ErrorText.full(value)) has no keys")
        }
        return .array(entries)
    }

    private static func entry(_ key: JSONValue, _ value: JSONValue) -> JSONValue {
        .object(JSONObject(distinctMembers: [("key", key), ("value", value)]))
    }

    /// The key may be called key, Key, name or Name, the value value or Value.
    private static func object(fromEntries value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        let entries = try elements(value, &meter)
        try meter.charge(elements: entries.count * 3)
        var result = JSONObject()
        for entry in entries {
            var key = JSONValue.null
            for name in ["key", "Key", "name", "Name"] where !key.isTrue {
                let candidate = try Access.get(entry, .string(name), &meter)
                if candidate.isTrue || key.isNull { key = candidate }
            }
            guard case .string(let name) = key else {
                throw .message("Cannot use \(ErrorText.full(key)) as object key")
            }
            result[name] = entry["value"] ?? entry["Value"] ?? .null
        }
        return .object(result)
    }

    private static func transposed(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        let rows = try elements(value, &meter)
        var width = 0
        for row in rows {
            guard case .array(let cells) = row else { throw Access.cannotIndex(row, 0) }
            width = max(width, cells.count)
        }
        if (width + 2) * rows.count * 16 > meter.memoryBytes { throw .exhausted(.memory) }
        try meter.charge(elements: width * (rows.count + 2))
        var columns: [JSONValue] = []
        for column in 0..<width {
            columns.append(.array(rows.map { $0[column] ?? .null }))
        }
        return .array(columns)
    }
}
