import JSON
import Primitives

/// Reads the members of one object of a message, strictly: what is missing, of the wrong kind or unknown is a problem.
struct MessageReader {
    private let object: JSONObject
    private var taken = 0

    init(_ value: JSONValue) throws(MessageProblem) {
        guard case .object(let object) = value else { throw MessageProblem("must be an object") }
        self.object = object
    }

    mutating func optional(_ key: String) -> JSONValue? {
        guard let value = object[key] else { return nil }
        taken += 1
        return value
    }

    mutating func value(_ key: String) throws(MessageProblem) -> JSONValue {
        guard let value = optional(key) else { throw MessageProblem(path: key, "is missing") }
        return value
    }

    mutating func read<Member: MessageReadable>(_ key: String, as type: Member.Type = Member.self)
        throws(MessageProblem) -> Member
    {
        try Self.read(try value(key), as: type, at: key)
    }

    mutating func readIfPresent<Member: MessageReadable>(_ key: String, as type: Member.Type = Member.self)
        throws(MessageProblem) -> Member?
    {
        guard let value = optional(key) else { return nil }
        return try Self.read(value, as: type, at: key)
    }

    /// A whole number that is reckoned with, or kept in a narrower column, later on.
    mutating func read<Number: FixedWidthInteger>(_ key: String, in range: ClosedRange<Number>) throws(MessageProblem)
        -> Number
    {
        let number: Int64 = try read(key)
        guard let number = Number(exactly: number), range.contains(number) else {
            throw MessageProblem(path: key, "must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Absent means false.
    mutating func flag(_ key: String) throws(MessageProblem) -> Bool {
        try readIfPresent(key) ?? false
    }

    /// Absent means empty.
    mutating func list<Element: MessageReadable>(
        _ key: String, of type: Element.Type = Element.self, limit: Int = MessageLimits.maximumElements
    ) throws(MessageProblem) -> [Element] {
        guard let value = optional(key) else { return [] }
        guard let elements = value.arrayValue else { throw MessageProblem(path: key, "must be a list") }
        guard elements.count <= limit else { throw MessageProblem(path: key, "has more than \(limit) elements") }
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do {
                result.append(try Element(message: element))
            } catch {
                throw error.under("\(key)/\(index)")
            }
        }
        return result
    }

    /// Absent means empty; values of one kind by name.
    mutating func dictionary<Value: MessageReadable>(_ key: String, of type: Value.Type = Value.self)
        throws(MessageProblem) -> [String: Value]
    {
        guard let value = optional(key) else { return [:] }
        guard let members = value.objectValue else { throw MessageProblem(path: key, "must be an object") }
        var result: [String: Value] = [:]
        for (name, member) in members { result[name] = try Self.read(member, as: type, at: key) }
        return result
    }

    /// Every member must have been asked for.
    func finish() throws(MessageProblem) {
        if taken != object.count { throw MessageProblem("has a member that this version does not know") }
    }

    private static func read<Member: MessageReadable>(_ value: JSONValue, as type: Member.Type, at key: String)
        throws(MessageProblem) -> Member
    {
        do {
            return try Member(message: value)
        } catch {
            throw error.under(key)
        }
    }
}

/// What a message is made of.
protocol MessageReadable {
    init(message: JSONValue) throws(MessageProblem)
}

extension JSONValue: MessageReadable {
    init(message: JSONValue) { self = message }
}

extension String: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        guard let value = message.stringValue else { throw MessageProblem("must be a string") }
        self = value
    }
}

extension Bool: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        guard let value = message.boolValue else { throw MessageProblem("must be true or false") }
        self = value
    }
}

extension Int: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        guard let value = message.intValue else { throw MessageProblem("must be a whole number") }
        self = value
    }
}

extension Int64: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) { self = Int64(try Int(message: message)) }
}

extension Double: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        guard let value = message.doubleValue, value.isFinite else { throw MessageProblem("must be a number") }
        self = value
    }
}

extension Timestamp: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        self.init(unixMicroseconds: try Int64(message: message))
        guard Self.tellable.contains(self) else {
            throw MessageProblem("must be a moment from 1970 to 9999, in microseconds")
        }
    }
}

extension Identifier: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        guard let text = message.stringValue, let value = Self(text) else {
            throw MessageProblem("must be an identifier")
        }
        self = value
    }
}

/// One word of an enumeration.
struct Word<Vocabulary: RawRepresentable<String>>: MessageReadable {
    let value: Vocabulary

    init(message: JSONValue) throws(MessageProblem) {
        guard let text = message.stringValue, let value = Vocabulary(rawValue: text) else {
            throw MessageProblem("is not a known word")
        }
        self.value = value
    }
}

extension HexBytes: MessageReadable {
    init(message: JSONValue) throws(MessageProblem) {
        guard let text = message.stringValue, let bytes = HexBytes.read(text) else {
            throw MessageProblem("must be bytes in hex")
        }
        self.bytes = bytes
    }
}
