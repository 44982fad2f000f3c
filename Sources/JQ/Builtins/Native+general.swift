import JSON

extension Native {
    static let generalBuiltins: [(String, Native)] = [
        ("type", .zero { value, _ in .string(value.typeName) }),
        ("not", .zero { value, _ in .bool(!value.isTrue) }),
        ("length", .zero { (value, meter) throws(Fault) in try length(value, &meter) }),
        (
            "utf8bytelength",
            .zero { (value, _) throws(Fault) in
                guard case .string(let text) = value else {
                    throw .message("\(ErrorText.full(value)) only strings have UTF-8 byte length")
                }
                return JSONValue(text.utf8.count)
            }
        ),
        ("keys", .zero { (value, meter) throws(Fault) in try keys(value, sorted: true, &meter) }),
        ("keys_unsorted", .zero { (value, meter) throws(Fault) in try keys(value, sorted: false, &meter) }),
        ("has", .one { (value, key, _) throws(Fault) in try has(value, key) }),
        (
            "contains",
            .one { (value, other, meter) throws(Fault) in
                .bool(try contains(value, other, &meter))
            }
        ),
        (
            "inside",
            .one { (value, other, meter) throws(Fault) in
                .bool(try contains(other, value, &meter))
            }
        ),
        ("error", .zero { (value, _) throws(Fault) in throw .raised(value) }),
        ("error", .one { (_, message, _) throws(Fault) in throw .raised(message) }),
        ("tojson", .zero { (value, meter) throws(Fault) in .string(try ValueText.text(value, &meter)) }),
        ("fromjson", .zero { (value, meter) throws(Fault) in try JSONReader.parse(value, &meter) }),
        ("tostring", .zero { (value, meter) throws(Fault) in .string(try TextFormat.plain(value, &meter)) }),
        ("tonumber", .zero { (value, _) throws(Fault) in try number(value) }),
        (
            "toboolean",
            .zero { (value, _) throws(Fault) in
                switch value {
                case .bool: return value
                case .string("true"): return .bool(true)
                case .string("false"): return .bool(false)
                default: throw .message("\(ErrorText.full(value)) cannot be parsed as a boolean")
                }
            }
        ),
        (
            "toarray",
            .zero { value, _ in
                if case .array = value { return value }
                return .array([value])
            }
        ),
        (
            "format",
            .one { (value, name, meter) throws(Fault) in
                guard case .string(let text) = name else {
                    throw .message("\(ErrorText.full(name)) is not a valid format")
                }
                guard let format = TextFormat(name: text) else { throw .message("\(text) is not a valid format") }
                return try format.apply(to: value, &meter)
            }
        ),
        ("setpath", .two(setPath)),
        (
            "delpaths",
            .one { (value, paths, meter) throws(Fault) in
                guard case .array(let list) = paths else { throw .message("Paths must be specified as an array") }
                return try Access.delete(value, paths: list, &meter)
            }
        ),
        ("have_literal_numbers", .zero { _, _ in .bool(true) }),
        ("have_decnum", .zero { _, _ in .bool(true) }),
        (
            "now",
            .zero { (_, meter) throws(Fault) in
                guard let now = meter.now else {
                    throw .message("now is not available here: this evaluation has no clock")
                }
                return JSONValue(now)
            }
        ),
        ("_captures", .zero { (value, meter) throws(Fault) in try captureObject(value, &meter) }),
        (
            "_splice",
            .two { (value, edits, inserts, meter) throws(Fault) in
                try splice(value, edits, inserts, &meter)
            }
        ),
    ]

    private static func setPath(
        _ value: consuming JSONValue, _ path: JSONValue, _ new: JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        guard case .array(let keys) = path else { throw .message("Path must be specified as an array") }
        try Access.set(&value, path: keys, to: new, &meter)
        if keys.count > Int(addedDepth), try Measure.depth(value, limit: meter.nesting + 1, &meter) > meter.nesting {
            throw .exhausted(.nesting)
        }
        return value
    }

    static func length(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> JSONValue {
        switch value {
        case .null: return 0
        case .bool: throw .message("\(ErrorText.full(value)) has no length")
        case .number(let number): return .number(absolute(number))
        case .string(let text): return JSONValue(try Text.length(text, &meter))
        case .array(let elements): return JSONValue(elements.count)
        case .object(let object): return JSONValue(object.count)
        }
    }

    static func absolute(_ number: JSONNumber) -> JSONNumber {
        if number.double < 0 { return Arithmetic.negate(number) }
        return number.double == 0 ? JSONNumber(0) : number
    }

    private static func keys(_ value: JSONValue, sorted: Bool, _ meter: inout Meter) throws(Fault) -> JSONValue {
        switch value {
        case .array(let elements):
            try meter.charge(elements: elements.count)
            return .array(elements.indices.map { JSONValue($0) })
        case .object(let object):
            try meter.charge(elements: object.count)
            return .array((sorted ? Ordering.sortedKeys(object) : object.keys).map { .string($0) })
        default: throw .message("\(ErrorText.full(value)) has no keys")
        }
    }

    private static func has(_ value: JSONValue, _ key: JSONValue) throws(Fault) -> JSONValue {
        switch (value, key) {
        case (.null, _): return false
        case (.object(let object), .string(let name)): return .bool(object.contains(key: name))
        case (.array(let elements), .number(let index)):
            let position = index.double
            return .bool(position > -1 && position < Double(elements.count))
        default: throw .message("Cannot check whether \(value.typeName) has a \(key.typeName) key")
        }
    }

    static func contains(
        _ value: JSONValue, _ other: JSONValue, _ meter: inout Meter, depth: Int = 0
    ) throws(Fault) -> Bool {
        if depth > Ordering.maximumDepth { throw .message("Containment check too deep") }
        try meter.charge(steps: 1)
        switch (value, other) {
        case (.object(let object), .object(let wanted)):
            for (key, part) in wanted {
                guard let member = object[key], sameType(member, part),
                    try contains(member, part, &meter, depth: depth + 1)
                else { return false }
            }
            return true
        case (.array(let elements), .array(let wanted)):
            for part in wanted {
                var found = false
                for element in elements where sameType(element, part) {
                    if try contains(element, part, &meter, depth: depth + 1) {
                        found = true
                        break
                    }
                }
                if !found { return false }
            }
            return true
        case (.string(let text), .string(let part)):
            try meter.charge(steps: (text.utf8.count + part.utf8.count) >> 3)
            return part.isEmpty || Text.contains(text, part)
        default:
            guard sameType(value, other) else {
                throw Arithmetic.typeError(value, other, "cannot have their containment checked")
            }
            return try Ordering.equal(value, other, &meter)
        }
    }

    /// jq counts true and false as two types here.
    private static func sameType(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.bool(let a), .bool(let b)): a == b
        default: left.typeName == right.typeName
        }
    }

    static func number(_ value: JSONValue) throws(Fault) -> JSONValue {
        switch value {
        case .number: return value
        case .string(let text):
            if let number = JSONReader.number(text) { return .number(number) }
        default: break
        }
        throw .message("\(ErrorText.full(value)) cannot be parsed as a number")
    }
}
