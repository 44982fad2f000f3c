import JSON

/// Reading and changing values by key, index, slice and path.
enum Access {
    static let maximumPathLength = 10_000
    /// An index beyond this is refused: an array would have to be filled up to it.
    static let maximumIndex = 536_870_911

    static func cannotIndex(_ value: JSONValue, _ key: JSONValue) -> Fault {
        .message("Cannot index \(value.typeName) with \(ErrorText.full(key))")
    }

    static func get(_ target: JSONValue, _ key: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        switch (target, key) {
        case (.object(let object), .string(let name)): return object[name] ?? .null
        case (.array(let elements), .number(let index)):
            guard let position = position(index.double, count: elements.count) else { return .null }
            return elements[position]
        case (.null, .string), (.null, .number), (.null, .object): return .null
        case (.array(let elements), .object(let slice)):
            let range = try Self.range(slice, count: elements.count)
            try meter.charge(elements: range.count)
            return .array(Array(elements[range]))
        case (.string(let text), .object(let slice)):
            let range = try Self.range(slice, count: Text.length(text, &meter))
            return .string(try Text.slice(text, range, &meter))
        case (.array(let elements), .array(let wanted)):
            return .array(try Text.indices(of: wanted, in: elements, &meter))
        default: throw cannotIndex(target, key)
        }
    }

    /// The element that an index means, counted from the end when negative; nil when there is none.
    private static func position(_ index: Double, count: Int) -> Int? {
        if index.isNaN { return nil }
        var position = Int(max(min(index, 2_147_483_647), -2_147_483_648))
        if position < 0 { position += count }
        return position >= 0 && position < count ? position : nil
    }

    /// The start is rounded down, the end up.
    static func range(_ slice: JSONObject, count: Int) throws(Fault) -> Range<Int> {
        func bound(_ name: String, _ fallback: Double) throws(Fault) -> Double {
            switch slice[name] {
            case .null?: return fallback
            case .number(let number)?: return number.double.isNaN ? fallback : number.double
            default: throw .message("Array/string slice indices must be integers")
            }
        }
        let length = Double(count)
        var start = try bound("start", 0)
        var end = try bound("end", length)
        if start < 0 { start += length }
        start = min(max(start, 0), length)
        if end < 0 { end += length }
        let first = Int(start)
        if end < 0 { end = Double(first) }
        let last = Int(min(end, length).rounded(.up))
        return first..<max(first, min(last, count))
    }

    static func get(
        _ root: JSONValue, path: [JSONValue], _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        var value = root
        for key in path {
            try meter.charge(steps: 1)
            value = try get(value, key, &meter)
        }
        return value
    }

    // MARK: - Changing

    /// Sets the value at a path in place; what is missing on the way is made.
    static func set(
        _ target: inout JSONValue, path: [JSONValue], to value: JSONValue, _ meter: inout Meter
    ) throws(Fault) {
        if path.count > maximumPathLength { throw .message("Path too deep") }
        if path.count > meter.nesting { throw .exhausted(.nesting) }
        try set(&target, path[...], value, &meter)
    }

    static func set(
        _ target: inout JSONValue, _ path: ArraySlice<JSONValue>, _ value: JSONValue, _ meter: inout Meter
    ) throws(Fault) {
        guard let key = path.first else {
            target = value
            return
        }
        try meter.charge(steps: 1)
        let rest = path.dropFirst()
        switch (key, target.isNull) {
        case (.string, true): target = .object([:])
        case (.number, true), (.object, true): target = .array([])
        default: break
        }
        switch key {
        case .string(let name):
            if case .object(var object) = target {
                target = .null
                try setMember(&object, name, rest, value, &meter)
                target = .object(object)
                return
            }
        case .number(let index):
            if case .array(var elements) = target {
                target = .null
                try setElement(&elements, index.double, rest, value, &meter)
                target = .array(elements)
                return
            }
        case .object(let slice):
            if case .array(var elements) = target {
                target = .null
                try setSlice(&elements, slice, rest, value, &meter)
                target = .array(elements)
                return
            }
            if case .string = target { throw .message("Cannot update string slices") }
        default: break
        }
        throw unreachable(target, key)
    }

    /// What cannot be read is reported as when reading; an array can be read by an array, but not changed.
    private static func unreachable(_ target: JSONValue, _ key: JSONValue) -> Fault {
        if case .array = target, case .array = key {
            return .message("Cannot update field at array index of array")
        }
        return cannotIndex(target, key)
    }

    private static func setMember(
        _ object: inout JSONObject, _ name: String, _ rest: ArraySlice<JSONValue>, _ value: JSONValue,
        _ meter: inout Meter
    ) throws(Fault) {
        try meter.charge(bytes: 48)
        let before = object.storageIdentity
        if rest.isEmpty {
            object[name] = value
        } else {
            var member = object[name] ?? .null
            if !member.isNull { object[name] = .null }  // so that the member changes in place
            try set(&member, rest, value, &meter)
            object[name] = member
        }
        if object.storageIdentity != before { try meter.charge(elements: object.count * 2) }
    }

    private static func setElement(
        _ elements: inout [JSONValue], _ index: Double, _ rest: ArraySlice<JSONValue>, _ value: JSONValue,
        _ meter: inout Meter
    ) throws(Fault) {
        if index.isNaN { throw .message("Cannot set array element at NaN index") }
        var position = Int(max(min(index, 2_147_483_647), -2_147_483_648))
        if position < 0 { position += elements.count }
        if position < 0 { throw .message("Out of bounds negative array index") }
        if position > maximumIndex { throw .message("Array index too large") }
        let before = identity(elements)
        if position >= elements.count {
            let added = position + 1 - elements.count
            if (position + 1) * 16 > meter.memoryBytes { throw .exhausted(.memory) }
            try meter.charge(elements: added)
            elements.append(contentsOf: repeatElement(.null, count: added))
        }
        if rest.isEmpty {
            elements[position] = value
        } else {
            try set(&elements[position], rest, value, &meter)
        }
        if identity(elements) != before { try meter.charge(elements: elements.count) }
    }

    /// Changes when the array was copied or moved.
    @inline(__always)
    private static func identity(_ elements: [JSONValue]) -> UInt {
        elements.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }

    private static func setSlice(
        _ elements: inout [JSONValue], _ slice: JSONObject, _ rest: ArraySlice<JSONValue>, _ value: JSONValue,
        _ meter: inout Meter
    ) throws(Fault) {
        let range = try Self.range(slice, count: elements.count)
        var replacement = value
        if !rest.isEmpty {
            replacement = .array(Array(elements[range]))
            try set(&replacement, rest, value, &meter)
        }
        guard case .array(let inserted) = replacement else {
            throw .message("A slice of an array can only be assigned another array")
        }
        try meter.charge(elements: inserted.count + elements.count - range.lowerBound)
        elements.replaceSubrange(range, with: inserted)
    }

    /// Reads the value at a path and leaves null in its place, so that it can be changed without a copy. The caller
    /// puts it, or what became of it, back.
    static func take(
        _ target: inout JSONValue, _ path: ArraySlice<JSONValue>, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        guard let key = path.first else {
            var taken = JSONValue.null
            swap(&taken, &target)
            return taken
        }
        try meter.charge(steps: 1)
        if case .string(let name) = key, case .object(var object) = target {
            guard var member = object[name] else { return .null }
            target = .null
            let before = object.storageIdentity
            object[name] = .null
            if object.storageIdentity != before { try meter.charge(elements: object.count * 2) }
            defer { target = .object(object) }
            let taken = try take(&member, path.dropFirst(), &meter)
            if path.count > 1 { object[name] = member }
            return taken
        }
        if case .number(let index) = key, case .array(var elements) = target {
            guard let position = position(index.double, count: elements.count) else { return .null }
            target = .null
            let before = identity(elements)
            defer { target = .array(elements) }
            let taken = try take(&elements[position], path.dropFirst(), &meter)
            if identity(elements) != before { try meter.charge(elements: elements.count) }
            return taken
        }
        return try get(target, path: Array(path), &meter)
    }
}
