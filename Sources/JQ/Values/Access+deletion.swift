import JSON

extension Access {
    /// Deletes all paths at once: what one deletion moves does not change what another one means.
    static func delete(
        _ target: JSONValue, paths: [JSONValue], _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        var lists: [[JSONValue]] = []
        lists.reserveCapacity(paths.count)
        for path in paths {
            guard case .array(let keys) = path else {
                throw .message("Path must be specified as array, not \(path.typeName)")
            }
            if keys.count > maximumPathLength { throw .message("Path too deep") }
            if keys.isEmpty { return .null }
            lists.append(keys)
        }
        var result = target
        try delete(&result, lists.map { $0[...] }, &meter)
        return result
    }

    private static func delete(
        _ target: inout JSONValue, _ paths: [ArraySlice<JSONValue>], _ meter: inout Meter
    ) throws(Fault) {
        if target.isNull || paths.isEmpty { return }
        try meter.charge(steps: paths.count)
        let (here, deeper) = try sortedByKey(paths, &meter)
        let whole = Set(here)
        for (key, rest) in deeper where !whole.contains(key) {
            let child = try get(target, key, &meter)
            if child.isNull { continue }
            var changed = try take(&target, [key], &meter)
            try delete(&changed, rest, &meter)
            try set(&target, [key], changed, &meter)
        }
        try deleteKeys(&target, here, &meter)
    }

    /// Keys to delete at this level, and the paths that lead on, by their first key.
    private static func sortedByKey(
        _ paths: [ArraySlice<JSONValue>], _ meter: inout Meter
    ) throws(Fault) -> (here: [JSONValue], deeper: [(JSONValue, [ArraySlice<JSONValue>])]) {
        var here: [JSONValue] = []
        var deeper: [(JSONValue, [ArraySlice<JSONValue>])] = []
        var places: [JSONValue: Int] = [:]
        for path in paths {
            guard let key = path.first else { continue }
            if path.count == 1 {
                here.append(key)
                continue
            }
            try meter.charge(steps: 1)
            if let place = places[key] {
                deeper[place].1.append(path.dropFirst())
            } else {
                places[key] = deeper.count
                deeper.append((key, [path.dropFirst()]))
            }
        }
        return (here, deeper)
    }

    private static func deleteKeys(
        _ target: inout JSONValue, _ keys: [JSONValue], _ meter: inout Meter
    ) throws(Fault) {
        if keys.isEmpty { return }
        switch target {
        case .null: return
        case .object(var object):
            target = .null
            var names: Set<String> = []
            for key in keys {
                guard case .string(let name) = key else {
                    throw .message("Cannot delete \(key.typeName) field of object")
                }
                names.insert(name)
            }
            try meter.charge(elements: object.count)
            if names.count == 1, let name = names.first {
                object.removeValue(forKey: name)
            } else {
                object = JSONObject(
                    uniqueKeysWithValues: object.lazy.filter { !names.contains($0.key) }.map { ($0.key, $0.value) })
            }
            target = .object(object)
        case .array(let elements): target = .array(try remaining(elements, keys, &meter))
        default: throw .message("Cannot delete fields from \(target.typeName)")
        }
    }

    private static func remaining(
        _ elements: [JSONValue], _ keys: [JSONValue], _ meter: inout Meter
    ) throws(Fault) -> [JSONValue] {
        try meter.charge(elements: elements.count)
        var isDeleted = [Bool](repeating: false, count: elements.count)
        for key in keys {
            switch key {
            case .number(let number):
                let index = number.double
                if index.isNaN { continue }
                var position = Int(max(min(index, 2_147_483_647), -2_147_483_648))
                if position < 0 { position += elements.count }
                if isDeleted.indices.contains(position) { isDeleted[position] = true }
            case .object(let slice):
                let range = try Self.range(slice, count: elements.count)
                try meter.charge(steps: range.count >> 3)
                for position in range { isDeleted[position] = true }
            default: throw .message("Cannot delete \(key.typeName) element of array")
            }
        }
        var kept: [JSONValue] = []
        kept.reserveCapacity(elements.count)
        for (position, element) in elements.enumerated() where !isDeleted[position] { kept.append(element) }
        return kept
    }
}
