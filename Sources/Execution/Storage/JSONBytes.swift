import Database
import JSON

/// JSON that is serialised already, bound to a `json` column as it stands.
struct JSONBytes: Sendable, PostgresEncodable {
    let bytes: [UInt8]

    init(_ value: JSONValue) { bytes = value.serializedBytes() }

    static var postgresType: PostgresType { ExactJSON.postgresType }

    func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(contentsOf: bytes)
        return true
    }
}
