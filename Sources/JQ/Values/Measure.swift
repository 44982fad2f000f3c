import JSON

enum Measure {
    /// How deeply a value is nested (a scalar 0, `[]` 1), looking no further than `limit`.
    static func depth(_ value: JSONValue, limit: Int, _ meter: inout Meter) throws(Fault) -> Int {
        guard limit > 0 else { return value.isContainer ? 1 : 0 }
        var deepest = 0
        switch value {
        case .array(let elements):
            try meter.charge(steps: elements.count)
            for element in elements where element.isContainer {
                deepest = max(deepest, try depth(element, limit: limit - 1, &meter))
                if deepest >= limit { break }
            }
        case .object(let object):
            try meter.charge(steps: object.count)
            for member in object where member.value.isContainer {
                deepest = max(deepest, try depth(member.value, limit: limit - 1, &meter))
                if deepest >= limit { break }
            }
        default: return 0
        }
        return deepest + 1
    }

    /// Takes the size of a value, as a tree, off `bytesLeft`; stops when nothing is left. Numbers and short texts count
    /// eight bytes.
    static func take(_ value: JSONValue, from bytesLeft: inout Int) {
        bytesLeft -= 8
        if bytesLeft < 0 { return }
        switch value {
        case .string(let text): bytesLeft -= text.utf8.count
        case .array(let elements):
            for element in elements where bytesLeft >= 0 { take(element, from: &bytesLeft) }
        case .object(let object):
            for member in object where bytesLeft >= 0 {
                bytesLeft -= member.key.utf8.count
                take(member.value, from: &bytesLeft)
            }
        default: break
        }
    }
}
