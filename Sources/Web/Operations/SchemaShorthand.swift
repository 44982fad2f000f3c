package import JSON

/// Shorthand for the JSON Schemas of the declarations. Objects take no other members than they name: an unknown field
/// of a request is a mistake that its sender wants to know of.
package enum Schema {
    package static let string: JSONValue = ["type": "string"]
    package static let text: JSONValue = ["type": "string", "minLength": 1, "maxLength": .number(JSONNumber(2000))]
    package static let boolean: JSONValue = ["type": "boolean"]
    package static let integer: JSONValue = ["type": "integer"]
    package static let uuid: JSONValue = ["type": "string", "format": "uuid"]
    package static let timestamp: JSONValue = ["type": "string", "format": "date-time"]
    package static let anything: JSONValue = true
    package static let anyObject: JSONValue = ["type": "object"]

    package static func object(_ properties: JSONObject, required: [String] = []) -> JSONValue {
        [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
            "required": .array(required.map(JSONValue.string)),
        ]
    }

    package static func array(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }
    package static func nullable(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

    package static func oneOf<Value: RawRepresentable & CaseIterable>(_: Value.Type) -> JSONValue
    where Value.RawValue == String {
        ["type": "string", "enum": .array(Value.allCases.map { .string($0.rawValue) })]
    }

    /// What a list answers.
    package static func page(_ item: JSONValue) -> JSONValue {
        object(["items": array(item), "next": nullable(string)], required: ["items", "next"])
    }

    /// A body that may give a reason for a change.
    package static let reason = object(["reason": text])
    package static let requiredReason = object(["reason": text], required: ["reason"])
}

extension JSONObject {
    /// Sets a member only when there is a value for it.
    mutating func set(_ key: String, ifPresent value: JSONValue?) {
        if let value { self[key] = value }
    }
}
