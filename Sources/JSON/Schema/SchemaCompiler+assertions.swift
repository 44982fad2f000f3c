extension SchemaCompiler {
    /// The assertions of the validation vocabulary on values of any type.
    func typeNames(_ value: JSONValue) -> TypeSet? {
        switch value {
        case .string(let name): return TypeSet(name: name)
        case .array(let names) where !names.isEmpty:
            var set = TypeSet()
            for name in names {
                guard let one = name.stringValue.flatMap(TypeSet.init(name:)) else { return nil }
                set.insert(one)
            }
            return set
        default: return nil
        }
    }

    mutating func anyTypeAssertions(_ scope: KeywordScope) -> [Keyword] {
        var keywords: [Keyword] = []
        if let value = scope.schema["type"] {
            if let set = typeNames(value) {
                keywords.append(.type(set))
            } else {
                report("type", "must name one or more of null, boolean, integer, number, string, array, object", scope)
            }
        }
        if let value = scope.schema["enum"] {
            if let values = value.arrayValue {
                keywords.append(.enumeration(values, Set(values)))
            } else {
                report("enum", "must be a list of values", scope)
            }
        }
        if let value = scope.schema["const"] { keywords.append(.constant(value)) }
        return keywords
    }

    mutating func numberAssertions(_ scope: KeywordScope) -> [Keyword] {
        var keywords: [Keyword] = []
        if let number = number("multipleOf", scope) {
            if number > 0 {
                keywords.append(.multipleOf(number))
            } else {
                report("multipleOf", "must be above zero", scope)
            }
        }
        if let number = number("maximum", scope) { keywords.append(.maximum(number)) }
        if let number = number("exclusiveMaximum", scope) { keywords.append(.exclusiveMaximum(number)) }
        if let number = number("minimum", scope) { keywords.append(.minimum(number)) }
        if let number = number("exclusiveMinimum", scope) { keywords.append(.exclusiveMinimum(number)) }
        return keywords
    }

    mutating func stringAssertions(_ scope: KeywordScope) -> [Keyword] {
        var keywords: [Keyword] = []
        if let count = count("maxLength", scope) { keywords.append(.maxLength(count)) }
        if let count = count("minLength", scope) { keywords.append(.minLength(count)) }
        if let value = scope.schema["pattern"] {
            if let source = value.stringValue {
                if let pattern = pattern(source, scope.place("pattern")) { keywords.append(.pattern(pattern)) }
            } else {
                report("pattern", "must be a regular expression in a string", scope)
            }
        }
        return keywords
    }

    /// The assertions on how many elements and members there are, and which.
    mutating func sizeAssertions(_ scope: KeywordScope) -> [Keyword] {
        var keywords: [Keyword] = []
        if let count = count("maxItems", scope) { keywords.append(.maxItems(count)) }
        if let count = count("minItems", scope) { keywords.append(.minItems(count)) }
        if let value = scope.schema["uniqueItems"] {
            if value == true { keywords.append(.uniqueItems) }
            if value.boolValue == nil { report("uniqueItems", "must be true or false", scope) }
        }
        if let count = count("maxProperties", scope) { keywords.append(.maxProperties(count)) }
        if let count = count("minProperties", scope) { keywords.append(.minProperties(count)) }
        if let value = scope.schema["required"] {
            if let names = strings(value) {
                keywords.append(.required(names))
            } else {
                report("required", "must be a list of names", scope)
            }
        }
        if let value = scope.schema["dependentRequired"] {
            let lists = value.objectValue?.map { (key: $0.key, needed: strings($0.value)) }
            if let lists, lists.allSatisfy({ $0.needed != nil }) {
                keywords.append(.dependentRequired(lists.map { ($0.key, $0.needed ?? []) }))
            } else {
                report("dependentRequired", "must give a list of names for each name", scope)
            }
        }
        return keywords
    }

    mutating func format(_ scope: KeywordScope) -> [Keyword] {
        guard let value = scope.schema["format"] else { return [] }
        guard let name = value.stringValue else {
            report("format", "must be a string", scope)
            return []
        }
        let isAsserted =
            scope.dialectHas(.formatAssertion, in: library)
            || (formatAssertion && scope.dialectHas(.formatAnnotation, in: library))
        guard isAsserted, let format = SchemaFormat(rawValue: name) else { return [] }
        return [.format(format)]
    }
}

extension SchemaCompiler {
    func strings(_ value: JSONValue) -> [String]? {
        guard let elements = value.arrayValue else { return nil }
        let strings = elements.compactMap(\.stringValue)
        return strings.count == elements.count ? strings : nil
    }

    private mutating func number(_ keyword: String, _ scope: KeywordScope) -> JSONNumber? {
        guard let value = scope.schema[keyword] else { return nil }
        if let number = value.numberValue { return number }
        report(keyword, "must be a number", scope)
        return nil
    }

    /// A whole number of zero or more; one that no `Int` holds is as good as the largest.
    mutating func count(_ keyword: String, _ scope: KeywordScope) -> Int? {
        guard let value = scope.schema[keyword] else { return nil }
        if let number = value.numberValue, number.isInteger, number >= 0 { return value.intValue ?? .max }
        report(keyword, "must be a whole number of zero or more", scope)
        return nil
    }

    mutating func pattern(_ source: String, _ place: SchemaLibrary.Place) -> Pattern? {
        do throws(PatternError) {
            return try Pattern(source)
        } catch {
            library.report("The regular expression “\(source)” cannot be used: \(error.reason).", at: place)
            return nil
        }
    }

    mutating func report(_ keyword: String, _ complaint: String, _ scope: KeywordScope) {
        library.report("“\(keyword)” \(complaint).", at: scope.place(keyword))
    }
}
