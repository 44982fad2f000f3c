/// Any JSON value. Strings, arrays and objects share their storage until one of them is changed.
///
/// Two values are equal when they mean the same: `1` equals `1.0`, and the order of keys does not matter. Strings are
/// compared code unit by code unit, as RFC 8259 asks, not by Unicode equivalence as `String` does.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    @inlinable public init(_ value: Bool) { self = .bool(value) }
    @inlinable public init(_ value: Int) { self = .number(JSONNumber(value)) }
    @inlinable public init(_ value: Int64) { self = .number(JSONNumber(value)) }
    @inlinable public init(_ value: Double) { self = .number(JSONNumber(value)) }
    @inlinable public init(_ value: JSONNumber) { self = .number(value) }
    @inlinable public init(_ value: String) { self = .string(value) }
    @inlinable public init(_ value: [JSONValue]) { self = .array(value) }
    @inlinable public init(_ value: JSONObject) { self = .object(value) }
}

extension JSONValue {
    /// Whether this is `null`.
    @inlinable public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The boolean; nil when this is none.
    @inlinable public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The string; nil when this is none.
    @inlinable public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The number; nil when this is none.
    @inlinable public var numberValue: JSONNumber? {
        if case .number(let value) = self { value } else { nil }
    }

    /// The number when it is a whole number that fits, however it was written (`3`, `3.0`, `3e0`).
    @inlinable public var intValue: Int? {
        guard case .number(let value) = self, let exact = value.int64 else { return nil }
        return Int(exactly: exact)
    }

    /// The nearest double of the number.
    @inlinable public var doubleValue: Double? {
        if case .number(let value) = self { value.double } else { nil }
    }

    /// The elements; nil when this is no array.
    @inlinable public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members; nil when this is no object.
    @inlinable public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member with this key; nil when it is absent or this is not an object.
    @inlinable public subscript(key: String) -> JSONValue? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element at this index; nil when it is outside or this is not an array.
    @inlinable public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// Puts a member in place, or removes it when `value` is nil. A value that is not an object becomes one.
    public mutating func set(_ key: String, _ value: JSONValue?) {
        guard case .object(var object) = self else {
            self = .object(JSONObject())
            return set(key, value)
        }
        self = .null  // so that `object` is the only owner and changes in place
        object[key] = value
        self = .object(object)
    }
}
