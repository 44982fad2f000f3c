import Foundation

/// Any JSON value as Foundation's decoder reads it: a tree of the same kind as `JSONValue`, keys included. The order of
/// the attempts is the one that is quickest for documents of mostly strings, which most documents are.
enum FoundationValue: Decodable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([FoundationValue])
    case object([String: FoundationValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([String: FoundationValue].self) {
            self = .object(value)
        } else if let value = try? container.decode([FoundationValue].self) {
            self = .array(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else {
            self = .bool(try container.decode(Bool.self))
        }
    }

    /// How many values there are, to see that both sides read the same.
    var count: Int {
        switch self {
        case .array(let elements): elements.reduce(1) { $0 + $1.count }
        case .object(let members): members.values.reduce(1) { $0 + $1.count }
        default: 1
        }
    }
}

/// Foundation's side of a comparison.
struct FoundationReader {
    private let decoder = JSONDecoder()
    private let text: Data

    init(_ bytes: [UInt8]) { text = Data(bytes) }

    func read() throws -> FoundationValue { try decoder.decode(FoundationValue.self, from: text) }
}
