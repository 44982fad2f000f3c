import JSON

/// The shapes that the canonical schemas are made of.
enum SchemaParts {
    /// An object that has these properties and no others: what a template gives.
    static func object(_ properties: JSONObject, required: [String]) -> JSONValue {
        [
            "type": "object", "properties": .object(properties), "required": .array(required.map { .string($0) }),
            "additionalProperties": false,
        ]
    }

    /// An object that may have more: what a system answers.
    static func openObject(_ properties: JSONObject, required: [String]) -> JSONValue {
        ["type": "object", "properties": .object(properties), "required": .array(required.map { .string($0) })]
    }

    static func text(_ length: ClosedRange<Int>) -> JSONValue {
        [
            "type": "string", "minLength": .number(JSONNumber(length.lowerBound)),
            "maxLength": .number(JSONNumber(length.upperBound)),
        ]
    }
}
