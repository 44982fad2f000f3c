extension SchemaEvaluation {
    func check(
        _ keyword: Keyword, _ index: Int, _ value: JSONValue, _ marks: inout EvaluatedMarks
    ) -> Bool {
        switch keyword {
        case .type(let types):
            return require(types.allows(value), "type", SchemaMessage.type(subject(index), types, value))
        case .enumeration(let values, let set):
            return require(set.contains(value), "enum", SchemaMessage.enumeration(subject(index), values))
        case .constant(let constant):
            return require(value == constant, "const", SchemaMessage.constant(subject(index), constant))
        default: break
        }
        switch value {
        case .number(let number):
            if let isValid = checkNumber(keyword, index, number) { return isValid }
        case .string(let string):
            if let isValid = checkString(keyword, index, string) { return isValid }
        case .array(let elements):
            if let isValid = checkArray(keyword, index, elements, &marks) { return isValid }
        case .object(let object):
            if let isValid = checkObject(keyword, index, value, object, &marks) { return isValid }
        case .null, .bool: break
        }
        return checkInPlace(keyword, index, value, &marks)
    }

    @inline(__always)
    func require(_ condition: Bool, _ keyword: StaticString, _ message: @autoclosure () -> String) -> Bool {
        if !condition { report(keyword, message()) }
        return condition
    }

    private func checkNumber(_ keyword: Keyword, _ index: Int, _ number: JSONNumber) -> Bool? {
        switch keyword {
        case .multipleOf(let divisor):
            spend(number.weight / 16)
            return require(
                number.isMultiple(of: divisor), "multipleOf", SchemaMessage.multipleOf(subject(index), divisor))
        case .maximum(let limit):
            return require(number <= limit, "maximum", SchemaMessage.maximum(subject(index), limit))
        case .exclusiveMaximum(let limit):
            return require(number < limit, "exclusiveMaximum", SchemaMessage.below(subject(index), limit))
        case .minimum(let limit):
            return require(number >= limit, "minimum", SchemaMessage.minimum(subject(index), limit))
        case .exclusiveMinimum(let limit):
            return require(number > limit, "exclusiveMinimum", SchemaMessage.above(subject(index), limit))
        default: return nil
        }
    }

    private func checkString(_ keyword: Keyword, _ index: Int, _ string: String) -> Bool? {
        switch keyword {
        case .maxLength(let limit):
            // A character has at least one code unit, so a short text needs no counting.
            if string.utf8.count <= limit { return true }
            let count = string.unicodeScalars.count
            return require(count <= limit, "maxLength", SchemaMessage.maxLength(subject(index), limit, count))
        case .minLength(let limit):
            let count = string.unicodeScalars.count
            return require(count >= limit, "minLength", SchemaMessage.minLength(subject(index), limit, count))
        case .pattern(let pattern):
            return require(
                matches(pattern, string), "pattern", SchemaMessage.pattern(subject(index), pattern.source))
        case .format(let format):
            spend(string.utf8.count / 8)
            return require(format.accepts(string), "format", SchemaMessage.format(subject(index), format))
        default: return nil
        }
    }

    /// A search is far more work than most steps, and its cost is not known beforehand.
    func matches(_ pattern: Pattern, _ text: String) -> Bool {
        spend(64 + text.utf8.count / 16)
        if isExhausted { return false }
        switch pattern.search(text) {
        case .found: return true
        case .absent: return false
        case .undecided:
            spend(.max)
            return false
        }
    }
}

extension JSONNumber {
    /// About how many digits an exact computation has to go through.
    var weight: Int {
        if case .literal(let literal) = kind { literal.text.utf8.count } else { 0 }
    }
}
