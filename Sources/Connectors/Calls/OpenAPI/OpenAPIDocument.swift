import JSON
import Primitives
import YAML

/// A document that describes a system's operations: OpenAPI 3.0 or 3.1, or Swagger 2.0.
///
/// It comes from outside: bounded in size and depth, its references are followed inside of it alone and only so far.
struct OpenAPIDocument: Sendable {
    static let maximumBytes = 4 << 20
    /// A reference that leads to a reference.
    private static let maximumReferences = 32
    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    enum Version: Sendable { case swagger2, openAPI3 }

    /// Where an operation stands: a member of `paths`, and the method below it.
    struct Place: Sendable, Hashable {
        var path: String
        var method: String
    }

    let root: JSONValue
    /// Where it came from; servers without a host are there.
    let address: WebAddress
    let version: Version
    private let places: [String: [Place]]

    init(reading bytes: [UInt8], from address: WebAddress) throws(CallFailure) {
        root = try Self.parse(bytes)
        self.address = address
        version = try Self.version(of: root)
        var places: [String: [Place]] = [:]
        let reader = References(root: root)
        for (path, item) in root["paths"]?.objectValue ?? [:] {
            // A reference that leads nowhere hurts the operations behind it only.
            guard let item = try? reader.resolve(item) else { continue }
            for method in Self.methods {
                guard let id = item[method]?["operationId"]?.stringValue else { continue }
                places[id, default: []].append(Place(path: path, method: method))
            }
        }
        self.places = places
    }

    /// - Throws: `configuration`, naming operations with a similar name, when there is none of this one.
    func place(of operationID: String) throws(CallFailure) -> Place {
        guard let found = places[operationID] else {
            let near = NearNames.of(operationID, among: places.keys).map { "`\($0)`" }.joined(separator: ", ")
            let hint = near.isEmpty ? "it has \(places.count) others" : "did you mean \(near)?"
            throw CallFailure(
                .configuration, "the document has no operation `\(operationID.prefix(200))`: \(hint)")
        }
        guard found.count == 1 else {
            throw CallFailure(.configuration, "the document has \(found.count) operations `\(operationID.prefix(200))`")
        }
        return found[0]
    }

    /// The value, or what its `$ref` leads to.
    func resolve(_ value: JSONValue) throws(CallFailure) -> JSONValue { try References(root: root).resolve(value) }

    private static func parse(_ bytes: [UInt8]) throws(CallFailure) -> JSONValue {
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
        do {
            guard first == UInt8(ascii: "{") else {
                return try YAMLDocument(parsing: bytes, limits: YAMLLimits(maximumBytes: maximumBytes)).value
            }
            let start = bytes.firstIndex(of: UInt8(ascii: "{")) ?? 0
            return try JSONValue(parsing: Array(bytes[start...]), limits: JSONLimits(maximumBytes: maximumBytes))
        } catch {
            let reason = String("\(error)".prefix(300))
            throw CallFailure(.configuration, "the document is neither JSON nor YAML that can be read: \(reason)")
        }
    }

    private static func version(of root: JSONValue) throws(CallFailure) -> Version {
        if let text = root["openapi"]?.plainText, text.hasPrefix("3.") { return .openAPI3 }
        if let text = root["swagger"]?.plainText, text == "2.0" || text == "2" { return .swagger2 }
        throw CallFailure(.configuration, "the document is neither OpenAPI 3 nor Swagger 2.0")
    }

    /// Follows `$ref` inside the document.
    private struct References {
        let root: JSONValue

        func resolve(_ value: JSONValue) throws(CallFailure) -> JSONValue {
            var value = value
            for _ in 0..<OpenAPIDocument.maximumReferences {
                guard let reference = value["$ref"]?.stringValue else { return value }
                guard reference.hasPrefix("#/") else {
                    throw failure(reference, "leads out of the document")
                }
                guard let pointer = Self.pointer(reference), let found = pointer.evaluate(in: root) else {
                    throw failure(reference, "leads nowhere")
                }
                value = found
            }
            throw CallFailure(.configuration, "references of the document lead round in a circle")
        }

        private static func pointer(_ reference: String) -> JSONPointer? {
            guard let decoded = PercentDecoding.decode(reference.dropFirst()) else { return nil }
            return try? JSONPointer(parsing: decoded)
        }

        private func failure(_ reference: String, _ what: String) -> CallFailure {
            CallFailure(.configuration, "the document's reference `\(reference.prefix(200))` \(what)")
        }
    }
}
