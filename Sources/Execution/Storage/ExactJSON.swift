package import Database
package import JSON

/// A value bound to a `json` column, which keeps the text byte for byte: the order of keys and the form of numbers are
/// part of what the engine must see again. (`JSONValue` itself is bound as `jsonb`, which keeps neither.)
package struct ExactJSON: Sendable {
    package let value: JSONValue

    package init(_ value: JSONValue) { self.value = value }
    init?(_ value: JSONValue?) {
        guard let value else { return nil }
        self.value = value
    }
}

extension ExactJSON: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { PostgresType(oid: 114, arrayOID: 199) }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.withBytes { value.write(into: &$0) }
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> ExactJSON {
        ExactJSON(try JSONValue.decode(cell))
    }
}
