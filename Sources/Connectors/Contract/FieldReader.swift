import JQ
import JSON

/// Reads the fields of one object and remembers which were asked for, so that the others can be refused by name.
/// Used by one decoding at a time.
final class FieldReader {
    final class Findings {
        var diagnostics: [ConnectorDiagnostic] = []
    }

    let path: JSONPointer
    private let object: JSONObject
    private let findings: Findings
    private var known: [String] = []

    /// `nil`, and a finding, when the value is not an object.
    init?(_ value: JSONValue, at path: JSONPointer, into findings: Findings) {
        self.path = path
        self.findings = findings
        guard let object = value.objectValue else {
            findings.diagnostics.append(ConnectorDiagnostic(.wrongType, at: path, "this must be an object"))
            return nil
        }
        self.object = object
    }

    func report(_ code: ConnectorDiagnostic.Code, _ key: String?, _ message: String) {
        let place = key.map { path.appending($0) } ?? path
        findings.diagnostics.append(ConnectorDiagnostic(code, at: place, message))
    }

    /// The field's value; an absent field and `null` are the same.
    func value(_ key: String, isRequired: Bool = false) -> JSONValue? {
        known.append(key)
        guard let value = object[key], !value.isNull else {
            if isRequired { report(.missing, key, "`\(key)` is missing") }
            return nil
        }
        return value
    }

    func text(_ key: String, isRequired: Bool = false) -> String? {
        guard let value = value(key, isRequired: isRequired) else { return nil }
        guard let text = value.stringValue, !text.isEmpty else {
            report(.wrongType, key, "`\(key)` must be a text that is not empty")
            return nil
        }
        return text
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Choice.Type, isRequired: Bool = false
    ) -> Choice? where Choice.RawValue == String {
        guard let text = text(key, isRequired: isRequired) else { return nil }
        return choice(text, type, at: key)
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ text: String, _ type: Choice.Type, at key: String) -> Choice?
    where Choice.RawValue == String {
        if let choice = Choice(rawValue: text) { return choice }
        let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        report(.invalidValue, key, "`\(text)` is not one of: \(allowed)")
        return nil
    }

    func flag(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        if let flag = value.boolValue { return flag }
        report(.wrongType, key, "`\(key)` must be true or false")
        return nil
    }

    func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(key) else { return nil }
        if let number = value.doubleValue, range.contains(number) { return number }
        report(.invalidValue, key, "`\(key)` must be a number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(key) else { return nil }
        if let number = value.intValue, range.contains(number) { return number }
        report(.invalidValue, key, "`\(key)` must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    func list(_ key: String) -> [JSONValue]? {
        guard let value = value(key) else { return nil }
        if let list = value.arrayValue { return list }
        report(.wrongType, key, "`\(key)` must be a list")
        return nil
    }

    /// A reader for an object that is a field of this one.
    func object(_ key: String, isRequired: Bool = false) -> FieldReader? {
        guard let value = value(key, isRequired: isRequired) else { return nil }
        return FieldReader(value, at: path.appending(key), into: findings)
    }

    /// A reader for one element of a list that is a field of this one.
    func element(_ value: JSONValue, _ index: Int, of key: String) -> FieldReader? {
        FieldReader(value, at: path.appending(key).appending(String(index)), into: findings)
    }

    /// Readers for every member of an object whose names are free.
    func members() -> [(name: String, value: JSONValue)] {
        object.map { member in
            known.append(member.key)
            return (member.key, member.value)
        }
    }

    func expression(_ key: String) -> JQProgram? {
        guard let source = text(key) else { return nil }
        return expression(source, at: key)
    }

    func expression(_ source: String, at key: String) -> JQProgram? {
        do {
            return try JQProgram(source)
        } catch {
            report(.invalidExpression, key, "this is not valid jq: \(error)")
            return nil
        }
    }

    /// Refuses what nobody asked for.
    func finish() {
        for key in object.keys where !known.contains(key) {
            let names = known.sorted().joined(separator: ", ")
            report(.unknownField, key, "`\(key)` is not a field here; the fields are: \(names)")
        }
    }
}
