import JSON
import Primitives

/// A task's JSON Schema as form fields, and the posted fields as JSON. Only the flat part of a schema becomes fields:
/// text, numbers, yes or no, and choices; anything else is asked for as JSON text.
struct TaskForm {
    struct Field {
        /// In the page; the name may hold anything.
        var id: String
        var name: String
        var schema: JSONValue
        var isRequired: Bool

        /// A schema that also takes null has a list of types: the other one is what is asked for.
        var type: String? {
            schema["type"]?.stringValue
                ?? schema["type"]?.arrayValue?.lazy.compactMap(\.stringValue).first { $0 != "null" }
        }
        var label: String { schema["title"]?.stringValue ?? EvidenceTable.words(name) }
    }

    let fields: [Field]
    let prefix: String
    /// Whether a browser insists on what is required. It must not where the form is one of several.
    let insists: Bool
    /// Longer texts get more than one line.
    private static let longestLine = 200

    init(_ schema: JSONValue?, prefix: String = "field-", insists: Bool = true) {
        self.prefix = prefix
        self.insists = insists
        let required = Set((schema?["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        fields = (schema?["properties"]?.objectValue ?? [:]).enumerated().map { index, member in
            Field(
                id: "\(prefix)\(index + 1)", name: member.key, schema: member.value,
                isRequired: required.contains(member.key))
        }
    }

    /// - Parameters:
    ///   - posted: what the person had entered, when the form is shown again because something was wrong.
    ///   - mistakes: what is wrong, by the field's name.
    func context(posted: FormBody?, mistakes: [String: [String]]) -> [[String: Any]] {
        fields.map { field in
            let mistakes = mistakes[field.name] ?? []
            let value = posted?[prefix + field.name] ?? field.schema["default"].map(Self.text) ?? ""
            var context: [String: Any] = [
                "id": field.id, "name": prefix + field.name, "label": field.label,
                "isRequired": field.isRequired, "insists": field.isRequired && insists, "value": value,
                "isWrong": !mistakes.isEmpty, "mistakes": mistakes,
                "isDescribed": !mistakes.isEmpty || field.schema["description"]?.stringValue != nil,
            ]
            if let hint = field.schema["description"]?.stringValue { context["hint"] = hint }
            context.merge(Self.control(field, value)) { $1 }
            return context
        }
    }

    /// Which control the field gets, and its bounds where HTML has the same.
    private static func control(_ field: Field, _ value: String) -> [String: Any] {
        let schema = field.schema
        if let options = schema["enum"]?.arrayValue {
            let shown = options.map { option -> [String: Any] in
                ["value": text(option), "isSelected": text(option) == value]
            }
            return ["isChoice": true, "options": shown]
        }
        switch field.type {
        case "boolean": return ["isCheckbox": true, "isChecked": value == "true"]
        case "integer", "number":
            var control: [String: Any] = [
                "isInput": true, "inputType": "number", "step": field.type == "integer" ? "1" : "any",
            ]
            if let minimum = schema["minimum"]?.numberValue { control["minimum"] = minimum.literal }
            if let maximum = schema["maximum"]?.numberValue { control["maximum"] = maximum.literal }
            return control
        case "string":
            var control: [String: Any] = [:]
            let longest = schema["maxLength"]?.intValue
            if let longest { control["longest"] = String(longest) }
            let kinds = ["date": "date", "email": "email", "uri": "url"]
            if let kind = schema["format"]?.stringValue.flatMap({ kinds[$0] }) {
                control.merge(["isInput": true, "inputType": kind]) { $1 }
            } else if let longest, longest <= longestLine {
                control.merge(["isInput": true, "inputType": "text"]) { $1 }
            } else {
                control["isLongText"] = true
            }
            return control
        default: return ["isLongText": true, "isJSON": true]
        }
    }

    /// What was posted, as the schema types it. A value that cannot be read stays text, so that the schema refuses it
    /// with a sentence for the person.
    func data(from posted: FormBody) -> JSONValue? {
        guard !fields.isEmpty else { return JSONValue?.none }
        var data: JSONObject = [:]
        for field in fields {
            let text = posted[prefix + field.name]
            if field.type == "boolean", field.schema["enum"] == nil {
                data[field.name] = .bool(text == "true")
                continue
            }
            guard !text.isEmpty else { continue }
            if let option = (field.schema["enum"]?.arrayValue ?? []).first(where: { Self.text($0) == text }) {
                data[field.name] = option
                continue
            }
            switch field.type {
            case "string": data[field.name] = .string(text)
            default: data[field.name] = (try? JSONValue(parsing: text)) ?? .string(text)
            }
        }
        return .object(data)
    }

    /// Puts what is wrong with a decision to the fields that it is about; `others` belong to none.
    func sort(_ items: [Problem.Item], posted: FormBody) -> (byField: [String: [String]], others: [Problem.Item]) {
        var byField: [String: [String]] = [:]
        var others: [Problem.Item] = []
        for item in items {
            let tokens = (try? JSONPointer(parsing: item.path))?.tokens ?? []
            if tokens.first == "data", tokens.count > 1, fields.contains(where: { $0.name == tokens[1] }) {
                byField[tokens[1], default: []].append(item.message)
            } else if tokens == ["data"], let field = missing(from: posted, named: item.message) {
                byField[field.name, default: []].append(item.message)
            } else {
                others.append(item)
            }
        }
        return (byField, others)
    }

    /// That a member is missing is said of the object that lacks it, so the field is found by what was left empty.
    private func missing(from posted: FormBody, named message: String) -> Field? {
        fields.first { field in
            field.isRequired && posted[prefix + field.name].isEmpty && message.contains("“\(field.label)”")
        } ?? fields.first { $0.isRequired && message.contains("“\($0.name)”") }
    }

    static func text(_ value: JSONValue) -> String { value.stringValue ?? value.serialized() }
}
