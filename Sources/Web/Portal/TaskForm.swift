import JSON

/// A task's JSON Schema as form fields, and the posted fields as JSON. Only the flat part of a schema becomes fields:
/// text, numbers, yes or no, and choices; anything else is asked for as JSON text.
struct TaskForm {
    struct Field {
        var name: String
        var schema: JSONValue
        var isRequired: Bool
    }

    let fields: [Field]
    private static let prefix = "field-"

    init(_ schema: JSONValue?) {
        let required = Set((schema?["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        fields = (schema?["properties"]?.objectValue ?? [:]).map { name, schema in
            Field(name: name, schema: schema, isRequired: required.contains(name))
        }
    }

    /// - Parameter posted: what the person had entered, when the form is shown again because something was wrong.
    func context(posted: FormBody?) -> [[String: Any]] {
        fields.map { field in
            let id = Self.prefix + field.name
            let value = posted?[id] ?? field.schema["default"].map(Self.text) ?? ""
            var context: [String: Any] = [
                "id": id, "label": field.schema["title"]?.stringValue ?? field.name, "isRequired": field.isRequired,
                "value": value,
            ]
            if let hint = field.schema["description"]?.stringValue { context["hint"] = hint }
            if let options = field.schema["enum"]?.arrayValue {
                context["isChoice"] = true
                context["options"] = options.map { option -> [String: Any] in
                    ["value": Self.text(option), "isSelected": Self.text(option) == value]
                }
                return context
            }
            switch field.schema["type"]?.stringValue {
            case "boolean":
                context["isCheckbox"] = true
                context["isChecked"] = value == "true"
            case "integer", "number":
                context["isInput"] = true
                context["inputType"] = "number"
                context["step"] = field.schema["type"] == "integer" ? "1" : "any"
            case "string" where (field.schema["maxLength"]?.intValue ?? 0) <= 200 && field.schema["maxLength"] != nil:
                context["isInput"] = true
                context["inputType"] = field.schema["format"] == "date" ? "date" : "text"
            default: context["isLongText"] = true
            }
            return context
        }
    }

    /// What was posted, as the schema types it. A value that cannot be read stays text, so that the schema refuses it
    /// with a sentence for the person.
    func data(from posted: FormBody) -> JSONValue {
        var data: JSONObject = [:]
        for field in fields {
            let text = posted[Self.prefix + field.name]
            if field.schema["type"] == "boolean" {
                data[field.name] = .bool(text == "true")
                continue
            }
            guard !text.isEmpty else { continue }
            if let option = (field.schema["enum"]?.arrayValue ?? []).first(where: { Self.text($0) == text }) {
                data[field.name] = option
                continue
            }
            switch field.schema["type"]?.stringValue {
            case "string": data[field.name] = .string(text)
            default: data[field.name] = (try? JSONValue(parsing: text)) ?? .string(text)
            }
        }
        return .object(data)
    }

    static func text(_ value: JSONValue) -> String { value.stringValue ?? value.serialized() }
}
