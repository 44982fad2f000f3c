import JSON

/// The binary operators. Numbers are computed as doubles.
enum Arithmetic {
    @inline(__always)
    static func apply(
        _ operation: Int32, _ left: consuming JSONValue, _ right: consuming JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        let operation = BinaryOperator(rawValue: UInt8(truncatingIfNeeded: operation)).unsafelyUnwrapped
        if case .number(let a) = left, case .number(let b) = right {
            return try numbers(operation, a, b, &meter)
        }
        return try others(operation, left, right, &meter)
    }

    @inline(__always)
    private static func numbers(
        _ operation: BinaryOperator, _ a: JSONNumber, _ b: JSONNumber, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        switch operation {
        case .add: return .number(JSONNumber(a.double + b.double))
        case .subtract: return .number(JSONNumber(a.double - b.double))
        case .multiply: return .number(JSONNumber(a.double * b.double))
        case .divide:
            if b.double == 0 {
                throw typeError(.number(a), .number(b), "cannot be divided because the divisor is zero")
            }
            return .number(JSONNumber(a.double / b.double))
        case .remainder: return .number(try remainder(a, b))
        case .equal: return .bool(try Ordering.equal(a, b, &meter))
        case .notEqual: return .bool(try !Ordering.equal(a, b, &meter))
        case .less: return .bool(try Ordering.compare(a, b, &meter) < 0)
        case .lessOrEqual: return .bool(try Ordering.compare(a, b, &meter) <= 0)
        case .greater: return .bool(try Ordering.compare(a, b, &meter) > 0)
        case .greaterOrEqual: return .bool(try Ordering.compare(a, b, &meter) >= 0)
        }
    }

    @inline(never)
    private static func others(
        _ operation: BinaryOperator, _ left: consuming JSONValue, _ right: consuming JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        switch operation {
        case .add: return try add(left, right, &meter)
        case .subtract: return try subtract(left, right, &meter)
        case .multiply: return try multiply(left, right, &meter)
        case .divide:
            if case .string(let text) = left, case .string(let separator) = right {
                return try Text.split(text, separator, &meter)
            }
            throw typeError(left, right, "cannot be divided")
        case .remainder: throw typeError(left, right, "cannot be divided (remainder)")
        case .equal: return .bool(try Ordering.equal(left, right, &meter))
        case .notEqual: return .bool(try !Ordering.equal(left, right, &meter))
        case .less: return .bool(try Ordering.compare(left, right, &meter) < 0)
        case .lessOrEqual: return .bool(try Ordering.compare(left, right, &meter) <= 0)
        case .greater: return .bool(try Ordering.compare(left, right, &meter) > 0)
        case .greaterOrEqual: return .bool(try Ordering.compare(left, right, &meter) >= 0)
        }
    }

    static func typeError(_ left: JSONValue, _ right: JSONValue, _ problem: String) -> Fault {
        .message("\(ErrorText.full(left)) and \(ErrorText.full(right)) \(problem)")
    }

    static func negate(_ value: JSONValue) throws(Fault) -> JSONValue {
        guard case .number(let number) = value else { throw .message("\(ErrorText.full(value)) cannot be negated") }
        return .number(negate(number))
    }

    /// Exact numbers stay exact.
    static func negate(_ number: JSONNumber) -> JSONNumber {
        guard number.isExact else { return JSONNumber(-number.double) }
        if let integer = number.int64, integer != 0, integer != .min { return JSONNumber(-integer) }
        let literal = number.literal
        if literal.hasPrefix("-") {
            return JSONNumber(literal: String(literal.dropFirst())) ?? JSONNumber(-number.double)
        }
        return number.double == 0 ? JSONNumber(0) : JSONNumber(literal: "-" + literal) ?? JSONNumber(-number.double)
    }

    /// jq computes remainders with 64-bit integers, after cutting off fractions; the sign is that of the dividend.
    private static func remainder(_ a: JSONNumber, _ b: JSONNumber) throws(Fault) -> JSONNumber {
        let (x, y) = (a.double, b.double)
        if x.isNaN || y.isNaN { return JSONNumber(Double.nan) }
        let divisor = integer(y)
        if divisor == 0 {
            throw typeError(.number(a), .number(b), "cannot be divided (remainder) because the divisor is zero")
        }
        return JSONNumber(divisor == -1 ? 0 : Double(integer(x) % divisor))
    }

    /// Cut off, and clamped to what 64 bits hold.
    static func integer(_ value: Double) -> Int64 {
        if value < -9.223372036854775807e18 { return .min }
        if value >= 9.223372036854775807e18 { return .max }
        return value.isNaN ? 0 : Int64(value)
    }

    // MARK: - Values that are not numbers

    static func add(
        _ left: consuming JSONValue, _ right: consuming JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        if case .null = right { return left }
        switch left {
        case .null: return right
        case .number(let a):
            if case .number(let b) = right { return .number(JSONNumber(a.double + b.double)) }
        case .string(var a):
            if case .string(let b) = right {
                left = .null  // so that `a` grows in place when nobody else has it
                try append(b, to: &a, &meter)
                return .string(a)
            }
        case .array(var a):
            if case .array(let b) = right {
                left = .null
                try append(b, to: &a, &meter)
                return .array(a)
            }
        case .object(var a):
            if case .object(let b) = right {
                left = .null
                try meter.charge(elements: b.count * 3)
                for (key, value) in b { a[key] = value }
                return .object(a)
            }
        case .bool: break
        }
        throw typeError(left, right, "cannot be added")
    }

    /// What was copied is charged, which is nothing but the addition when the text could grow in place.
    private static func append(_ addition: String, to text: inout String, _ meter: inout Meter) throws(Fault) {
        let total = text.utf8.count + addition.utf8.count
        if total > meter.memoryBytes { throw .exhausted(.memory) }
        let before = text.utf8.withContiguousStorageIfAvailable { $0.baseAddress }
        text += addition
        let after = text.utf8.withContiguousStorageIfAvailable { $0.baseAddress }
        try meter.charge(text: before == after ? addition.utf8.count : total)
    }

    private static func append(
        _ addition: [JSONValue], to elements: inout [JSONValue], _ meter: inout Meter
    ) throws(Fault) {
        let total = elements.count + addition.count
        if total * 16 > meter.memoryBytes { throw .exhausted(.memory) }
        let before = elements.withUnsafeBufferPointer { $0.baseAddress }
        elements.append(contentsOf: addition)
        let after = elements.withUnsafeBufferPointer { $0.baseAddress }
        try meter.charge(elements: before == after ? addition.count : total)
    }

    private static func subtract(
        _ left: JSONValue, _ right: JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        guard case .array(let a) = left, case .array(let b) = right else {
            throw typeError(left, right, "cannot be subtracted")
        }
        try meter.charge(elements: a.count)
        var kept: [JSONValue] = []
        for element in a {
            var found = false
            for other in b {
                try meter.charge(steps: 1)
                if try Ordering.equal(element, other, &meter) {
                    found = true
                    break
                }
            }
            if !found { kept.append(element) }
        }
        return .array(kept)
    }

    private static func multiply(
        _ left: JSONValue, _ right: JSONValue, _ meter: inout Meter
    ) throws(Fault) -> JSONValue {
        switch (left, right) {
        case (.string(let text), .number(let count)), (.number(let count), .string(let text)):
            return try Text.repeated(text, count.double, &meter)
        case (.object(let a), .object(let b)): return .object(try merge(a, b, &meter, 0))
        default: throw typeError(left, right, "cannot be multiplied")
        }
    }

    private static func merge(
        _ left: JSONObject, _ right: JSONObject, _ meter: inout Meter, _ depth: Int
    ) throws(Fault) -> JSONObject {
        if depth > Ordering.maximumDepth { throw .message("Object merge too deep") }
        try meter.charge(elements: left.count + right.count)
        var result = left
        for (key, value) in right {
            if case .object(let inner) = value, case .object(let outer)? = result[key] {
                result[key] = .object(try merge(outer, inner, &meter, depth + 1))
            } else {
                result[key] = value
            }
        }
        return result
    }
}
