import JSON

extension JSONValue {
    /// jq's truth: everything but null and false.
    @inline(__always)
    var isTrue: Bool {
        switch self {
        case .null, .bool(false): false
        default: true
        }
    }

    @inline(__always)
    var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }

    var hasElements: Bool {
        switch self {
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        default: false
        }
    }

    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
