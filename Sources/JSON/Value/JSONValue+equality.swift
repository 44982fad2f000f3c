extension JSONValue: Hashable {
    /// Parts that have parts of their own wait in a list, so that depth costs no stack.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        var open: [(JSONValue, JSONValue)] = []
        guard haveEqualParts(left, right, &open) else { return false }
        while let (one, other) = open.popLast() {
            guard haveEqualParts(one, other, &open) else { return false }
        }
        return true
    }

    /// Whether two values are equal but for the pairs that are added to `open`.
    private static func haveEqualParts(
        _ left: JSONValue, _ right: JSONValue, _ open: inout [(JSONValue, JSONValue)]
    ) -> Bool {
        switch (left, right) {
        case (.array(let a), .array(let b)):
            guard a.count == b.count else { return false }
            for place in a.indices where !isEqualPart(a[place], b[place], &open) { return false }
            return true
        case (.object(let a), .object(let b)):
            guard a.count == b.count else { return false }
            for place in a.members.indices {
                let key = a.members[place].key
                // Most often both have their keys in the same order.
                let isSamePlace = sameCodeUnits(b.members[place].key, key)
                guard let other = isSamePlace ? place : b.position(of: key),
                    isEqualPart(a.members[place].value, b.members[other].value, &open)
                else { return false }
            }
            return true
        default: return isEqualScalar(left, right)
        }
    }

    private static func isEqualPart(
        _ left: JSONValue, _ right: JSONValue, _ open: inout [(JSONValue, JSONValue)]
    ) -> Bool {
        switch (left, right) {
        case (.array(let a), .array(let b)):
            if a.count != b.count { return false }
            if !a.isEmpty { open.append((left, right)) }
            return true
        case (.object(let a), .object(let b)):
            if a.count != b.count { return false }
            if !a.isEmpty { open.append((left, right)) }
            return true
        default: return isEqualScalar(left, right)
        }
    }

    private static func isEqualScalar(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): sameCodeUnits(a, b)
        default: false
        }
    }

    /// Of an array or object, the sum of a hash of each part with its path: then neither the order of keys shows nor
    /// does depth cost stack.
    public func hash(into hasher: inout Hasher) {
        if hashScalar(into: &hasher) { return }
        var sum = 0
        var open = [(value: self, path: 0)]
        while let (value, path) = open.popLast() {
            switch value {
            case .array(let elements):
                for (place, element) in elements.enumerated() {
                    var part = Hasher()
                    part.combine(path)
                    part.combine(place)
                    sum &+= element.hashPart(&part, &open)
                }
                sum &+= elements.count
            case .object(let object):
                for member in object.members {
                    var part = Hasher()
                    part.combine(path)
                    JSON.combine(member.key, into: &part)
                    sum &+= member.value.hashPart(&part, &open)
                }
                sum &-= object.count &+ 1
            default: break
            }
        }
        hasher.combine(sum)
    }

    /// The hash of a scalar with its path. An array or object waits in `open` instead, with its path's hash.
    private func hashPart(_ part: inout Hasher, _ open: inout [(value: JSONValue, path: Int)]) -> Int {
        if hashScalar(into: &part) { return part.finalize() }
        let path = part.finalize()
        open.append((self, path))
        return path
    }

    /// False, with nothing hashed, for arrays and objects.
    private func hashScalar(into hasher: inout Hasher) -> Bool {
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .bool(let value): hasher.combine(value ? 2 : 1 as UInt8)
        case .number(let value): hasher.combine(value)
        case .string(let value): JSON.combine(value, into: &hasher)
        case .array, .object: return false
        }
        return true
    }
}

/// Whether two strings are the same sequence of UTF-8 code units. `String.==` would call "é" and "e\u{301}" equal.
@inline(__always)
func sameCodeUnits(_ left: String, _ right: String) -> Bool {
    let leftUnits = left.utf8
    let rightUnits = right.utf8
    guard leftUnits.count == rightUnits.count else { return false }
    let answer = leftUnits.withContiguousStorageIfAvailable { a in
        rightUnits.withContiguousStorageIfAvailable { b in
            sameBytes(a.baseAddress, b.baseAddress, count: a.count)
        }
    }
    return (answer ?? nil) ?? leftUnits.elementsEqual(rightUnits)
}

@inline(__always)
func sameBytes(_ left: UnsafePointer<UInt8>?, _ right: UnsafePointer<UInt8>?, count: Int) -> Bool {
    guard count > 0, let left = UnsafeRawPointer(left), let right = UnsafeRawPointer(right) else { return count == 0 }
    var offset = 0
    while offset &+ 8 <= count {
        let a = left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let b = right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if a != b { return false }
        offset &+= 8
    }
    while offset < count {
        if left.load(fromByteOffset: offset, as: UInt8.self) != right.load(fromByteOffset: offset, as: UInt8.self) {
            return false
        }
        offset &+= 1
    }
    return true
}

func combine(_ string: String, into hasher: inout Hasher) {
    let hashed: Void? = string.utf8.withContiguousStorageIfAvailable { units in
        hasher.combine(bytes: UnsafeRawBufferPointer(units))
    }
    if hashed == nil {
        for unit in string.utf8 { hasher.combine(unit) }
    }
    hasher.combine(0xFF as UInt8)
}
