/// The sentences of violations. They are for a person who fills in a form: no word of schemas, and where it can be said,
/// what to do.
enum SchemaMessage {
    static func nothingAllowed(_ subject: SchemaSubject) -> String {
        "\(subject.name) must be left out."
    }

    static func type(_ subject: SchemaSubject, _ types: TypeSet, _ value: JSONValue) -> String {
        "\(subject.name) must be \(list(typeNames(types))), but it is \(typeName(value))."
    }

    static func enumeration(_ subject: SchemaSubject, _ values: [JSONValue]) -> String {
        if values.isEmpty { return "\(subject.name) must be left out." }
        let shown = values.prefix(12).map(show)
        let rest = values.count > shown.count ? " (and \(values.count - shown.count) more)" : ""
        return "\(subject.name) must be \(list(shown))\(rest)."
    }

    static func constant(_ subject: SchemaSubject, _ constant: JSONValue) -> String {
        "\(subject.name) must be \(show(constant))."
    }

    static func multipleOf(_ subject: SchemaSubject, _ divisor: JSONNumber) -> String {
        divisor == 1
            ? "\(subject.name) must be a whole number." : "\(subject.name) must be a multiple of \(divisor.literal)."
    }

    static func maximum(_ subject: SchemaSubject, _ limit: JSONNumber) -> String {
        "\(subject.name) must be \(limit.literal) or less."
    }

    static func below(_ subject: SchemaSubject, _ limit: JSONNumber) -> String {
        "\(subject.name) must be less than \(limit.literal)."
    }

    static func minimum(_ subject: SchemaSubject, _ limit: JSONNumber) -> String {
        "\(subject.name) must be \(limit.literal) or more."
    }

    static func above(_ subject: SchemaSubject, _ limit: JSONNumber) -> String {
        "\(subject.name) must be more than \(limit.literal)."
    }

    static func maxLength(_ subject: SchemaSubject, _ limit: Int, _ count: Int) -> String {
        "\(subject.name) must have at most \(plural(limit, "character")); it has \(count)."
    }

    static func minLength(_ subject: SchemaSubject, _ limit: Int, _ count: Int) -> String {
        if count == 0 { return "\(subject.name) must not be empty." }
        return "\(subject.name) must have at least \(plural(limit, "character")); it has \(count)."
    }

    static func pattern(_ subject: SchemaSubject, _ source: String) -> String {
        if let example = subject.example {
            return "\(subject.name) does not have the expected form; an example is \(show(example))."
        }
        return "\(subject.name) does not have the expected form (\(source))."
    }

    static func format(_ subject: SchemaSubject, _ format: SchemaFormat) -> String {
        "\(subject.name) must be \(format.expectation)."
    }

    static func maxItems(_ subject: SchemaSubject, _ limit: Int, _ count: Int) -> String {
        "\(subject.name) must have at most \(plural(limit, "entry")); it has \(count)."
    }

    static func minItems(_ subject: SchemaSubject, _ limit: Int, _ count: Int) -> String {
        "\(subject.name) must have at least \(plural(limit, "entry")); it has \(count == 0 ? "none" : "\(count)")."
    }

    static func unique(_ subject: SchemaSubject, _ first: Int, _ second: Int) -> String {
        "\(subject.name) must not have the same entry twice; entries \(first + 1) and \(second + 1) are the same."
    }

    static func tooMany(_ subject: SchemaSubject, _ limit: Int) -> String {
        limit == 0 ? "\(subject.name) must have no entries." : "There must be no entry after the first \(limit)."
    }

    static func tooFewMatches(_ subject: SchemaSubject, _ minimum: Int, _ wanted: SchemaSubject) -> String {
        let kind = wanted.title.map { "of the kind “\($0)”" } ?? "of the required kind"
        return "\(subject.name) must have at least \(plural(minimum, "entry")) \(kind)."
    }

    static func tooManyMatches(_ subject: SchemaSubject, _ maximum: Int, _ wanted: SchemaSubject) -> String {
        let kind = wanted.title.map { "of the kind “\($0)”" } ?? "of this kind"
        return "\(subject.name) must have at most \(plural(maximum, "entry")) \(kind)."
    }

    static func unexpectedElement(_ subject: SchemaSubject) -> String { "This entry is not expected here." }

    static func maxProperties(_ subject: SchemaSubject, _ limit: Int, _ count: Int) -> String {
        "\(subject.name) must have at most \(plural(limit, "field")); it has \(count)."
    }

    static func minProperties(_ subject: SchemaSubject, _ limit: Int, _ count: Int) -> String {
        "\(subject.name) must have at least \(plural(limit, "field")); it has \(count == 0 ? "none" : "\(count)")."
    }

    static func required(_ label: String) -> String { "“\(label)” is required." }

    static func dependent(_ label: String, _ cause: String) -> String {
        "“\(label)” is required when “\(cause)” is given."
    }

    static func unexpected(_ key: String, _ known: [String]) -> String {
        if known.isEmpty || known.count > 12 { return "“\(key)” is not expected here." }
        return "“\(key)” is not expected here; the possible fields are \(known.joined(separator: ", "))."
    }

    static func badName(_ subject: SchemaSubject, _ key: String, _ complaint: String?) -> String {
        "The name “\(key)” is not possible here" + (complaint.map { ": \($0)" } ?? ".")
    }

    static func not(_ subject: SchemaSubject, _ excluded: SchemaSubject) -> String {
        excluded.title.map { "\(subject.name) must not be “\($0)”." } ?? "\(subject.name) has a value that is excluded."
    }

    static func noAlternative(_ subject: SchemaSubject, _ alternatives: [SchemaSubject]) -> String {
        let titles = alternatives.compactMap(\.title)
        if titles.count == alternatives.count, titles.count <= 8 {
            return "\(subject.name) must be \(list(titles.map { "“\($0)”" }))."
        }
        return "\(subject.name) has none of the \(alternatives.count) possible forms."
    }

    static func ambiguous(_ subject: SchemaSubject, _ fitting: [SchemaSubject]) -> String {
        let titles = fitting.compactMap(\.title)
        if titles.count == fitting.count {
            return "\(subject.name) fits \(list(titles.map { "“\($0)”" }, "and")) at once; it must fit only one."
        }
        return "\(subject.name) fits \(fitting.count) of the possible forms at once; it must fit only one."
    }
}

extension SchemaMessage {
    private static func plural(_ count: Int, _ noun: String) -> String {
        if count == 1 { return "1 \(noun)" }
        return "\(count) " + (noun.hasSuffix("y") ? noun.dropLast() + "ies" : noun + "s")
    }

    private static func list(_ parts: [String], _ conjunction: String = "or") -> String {
        guard parts.count > 1, let last = parts.last else { return parts.first ?? "" }
        return parts.dropLast().joined(separator: ", ") + " \(conjunction) " + last
    }

    private static func typeNames(_ types: TypeSet) -> [String] {
        let names: [(TypeSet, String)] = [
            (.string, "text"), (.number, "a number"), (.integer, "a whole number"), (.boolean, "true or false"),
            (.array, "a list"), (.object, "a group of fields"), (.null, "empty (null)"),
        ]
        return names.filter { types.contains($0.0) }.map(\.1)
    }

    private static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "empty (null)"
        case .bool(let value): value ? "true" : "false"
        case .number(let number): number.isInteger ? "a number" : "a number with a fraction"
        case .string: "text"
        case .array: "a list"
        case .object: "a group of fields"
        }
    }

    /// A value in a sentence: text in quotation marks, anything else as JSON, cut when it is long.
    private static func show(_ value: JSONValue) -> String {
        let text = value.stringValue.map { "“\($0)”" } ?? value.serialized()
        return text.count > 60 ? text.prefix(57) + "…" : text
    }
}
