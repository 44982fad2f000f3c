import JSON
import Primitives

/// Stored JSON that is not what this module writes.
package struct MalformedJSON: Error, Sendable, Hashable, CustomStringConvertible {
    package var what: String
    package var key: String
    package var description: String { "\(what): \(key) is missing or of the wrong type" }

    package init(_ what: String, _ key: String) {
        self.what = what
        self.key = key
    }
}

/// Reads members of a stored object; each error names the object and the member.
struct StoredObject {
    let what: String
    let object: JSONObject

    init(_ value: JSONValue, _ what: String) throws(MalformedJSON) {
        guard case .object(let object) = value else { throw MalformedJSON(what, "the object") }
        self.what = what
        self.object = object
    }

    subscript(key: String) -> JSONValue? { object[key] }

    func value(_ key: String) throws(MalformedJSON) -> JSONValue {
        guard let value = object[key] else { throw MalformedJSON(what, key) }
        return value
    }

    func string(_ key: String) throws(MalformedJSON) -> String {
        guard let text = object[key]?.stringValue else { throw MalformedJSON(what, key) }
        return text
    }

    /// Far from where counting on would overflow: what is stored may come from a runner that nobody can trust any more.
    func integer(_ key: String) throws(MalformedJSON) -> Int {
        guard let number = object[key]?.intValue, Self.countable.contains(number) else {
            throw MalformedJSON(what, key)
        }
        return number
    }

    static let countable = -(1 << 53)...(1 << 53)

    func array(_ key: String) throws(MalformedJSON) -> [JSONValue] {
        guard let items = object[key]?.arrayValue else { throw MalformedJSON(what, key) }
        return items
    }

    func moment(_ key: String) throws(MalformedJSON) -> Timestamp {
        guard let number = object[key]?.intValue else { throw MalformedJSON(what, key) }
        let moment = Timestamp(unixMicroseconds: Int64(number))
        guard Timestamp.tellable.contains(moment) else { throw MalformedJSON(what, key) }
        return moment
    }

    func choice<Choice: RawRepresentable>(_ key: String, as: Choice.Type) throws(MalformedJSON) -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try string(key)) else { throw MalformedJSON(what, key) }
        return choice
    }
}

extension JSONObject {
    /// Adds the member when there is a value.
    mutating func add(_ key: String, _ value: JSONValue?) {
        if let value { self[key] = value }
    }
}

extension Timestamp {
    /// Microseconds since 1970: exact, and the same bytes everywhere.
    var json: JSONValue { JSONValue(unixMicroseconds) }
}
