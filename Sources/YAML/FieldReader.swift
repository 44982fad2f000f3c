package import JSON

/// Reads the fields of one mapping of a file. Every problem is collected with its place, and a field that nobody asked
/// for is one: `finish()` after the last field reports those.
///
/// A getter answers `nil` when the field is absent or wrong; only a wrong or missing required one is a problem.
package struct FieldReader {
    package let file: YAMLFile
    package let pointer: String
    package let problems: FileProblems
    private let fields: JSONObject
    private var asked: Set<String> = []

    /// `nil`, with a problem, when there is no mapping at the pointer.
    package init?(_ file: YAMLFile, at pointer: String = "", value: JSONValue? = nil, problems: FileProblems) {
        guard let fields = (value ?? file.value).objectValue else {
            problems.add(file.problem(at: pointer, "fields are expected here (`name: value`)"))
            return nil
        }
        self.file = file
        self.pointer = pointer
        self.problems = problems
        self.fields = fields
    }

    package func pointer(of field: String) -> String {
        let escaped = field.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
        return pointer + "/" + escaped.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }

    package func complain(about field: String, _ message: String) {
        problems.add(file.problem(at: pointer(of: field), message))
    }

    /// Any value; a field that stands for nothing (`name:`) counts as absent.
    package mutating func value(_ field: String, isRequired: Bool = false) -> JSONValue? {
        asked.insert(field)
        if let value = fields[field], !value.isNull { return value }
        if isRequired { complain(about: field, "the field “\(field)” is missing") }
        return nil
    }

    package mutating func string(_ field: String, isRequired: Bool = false) -> String? {
        guard let value = value(field, isRequired: isRequired) else { return nil }
        guard let text = value.stringValue, !text.isEmpty else {
            complain(about: field, "“\(field)” must be text; put a number or a word like true in quotes")
            return nil
        }
        return text
    }

    package mutating func bool(_ field: String, isRequired: Bool = false) -> Bool? {
        guard let value = value(field, isRequired: isRequired) else { return nil }
        if let flag = value.boolValue { return flag }
        complain(about: field, "“\(field)” must be true or false")
        return nil
    }

    package mutating func integer(
        _ field: String, in bounds: ClosedRange<Int> = .min ... .max, isRequired: Bool = false
    ) -> Int? {
        guard let value = value(field, isRequired: isRequired) else { return nil }
        if let number = value.intValue, bounds.contains(number) { return number }
        let limits = bounds == .min ... .max ? "" : " from \(bounds.lowerBound) to \(bounds.upperBound)"
        complain(about: field, "“\(field)” must be a whole number\(limits)")
        return nil
    }

    /// A word out of a closed list.
    package mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ field: String, as type: Word.Type = Word.self, isRequired: Bool = false
    ) -> Word? {
        guard let value = value(field, isRequired: isRequired) else { return nil }
        if let text = value.stringValue, let word = Word(rawValue: text) { return word }
        let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
        complain(about: field, "“\(field)” must be one of \(words)")
        return nil
    }

    package mutating func strings(_ field: String, isRequired: Bool = false) -> [String]? {
        items(field, isRequired: isRequired)?.compactMap { item in
            if let text = item.value.stringValue, !text.isEmpty { return text }
            problems.add(file.problem(at: item.pointer, "an entry of “\(field)” must be text"))
            return nil
        }
    }

    /// The items of a list, each with its pointer.
    package mutating func items(
        _ field: String, isRequired: Bool = false
    ) -> [(pointer: String, value: JSONValue)]? {
        guard let value = value(field, isRequired: isRequired) else { return nil }
        guard let items = value.arrayValue else {
            complain(about: field, "“\(field)” must be a list")
            return nil
        }
        let pointer = pointer(of: field)
        return items.enumerated().map { (pointer: "\(pointer)/\($0.offset)", value: $0.element) }
    }

    /// A list of mappings, one reader each.
    package mutating func objects(_ field: String, isRequired: Bool = false) -> [FieldReader]? {
        items(field, isRequired: isRequired)?.compactMap { item in
            FieldReader(file, at: item.pointer, value: item.value, problems: problems)
        }
    }

    package mutating func object(_ field: String, isRequired: Bool = false) -> FieldReader? {
        guard let value = value(field, isRequired: isRequired) else { return nil }
        return FieldReader(file, at: pointer(of: field), value: value, problems: problems)
    }

    /// Every field of this mapping, whatever its name; all of them count as asked for.
    package mutating func members() -> [(name: String, pointer: String, value: JSONValue)] {
        asked.formUnion(fields.keys)
        return fields.map { (name: $0.key, pointer: pointer(of: $0.key), value: $0.value) }
    }

    /// Reports the fields that nobody asked for.
    package func finish() {
        let known = asked.sorted().joined(separator: ", ")
        for field in fields.keys where !asked.contains(field) {
            complain(about: field, "there is no field “\(field)” here; known are \(known)")
        }
    }
}
