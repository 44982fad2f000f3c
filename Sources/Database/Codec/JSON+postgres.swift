package import JSON

/// JSON that is serialised already: it is bound to a `jsonb` parameter as it stands.
package struct JSONText: Sendable, Hashable {
    package let text: String
    package init(_ text: String) { self.text = text }
}

extension JSONText: PostgresEncodable, PostgresDecodable {
    /// The first byte of the binary form of `jsonb`.
    fileprivate static let formatVersion: UInt8 = 1

    package static var postgresType: PostgresType { .jsonb }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(Self.formatVersion)
        buffer.write(utf8: text)
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> JSONText {
        JSONText(String(decoding: try textBytes(of: cell), as: UTF8.self))
    }

    static func textBytes(of cell: PostgresCell) throws(DecodingProblem) -> UnsafeRawBufferPointer {
        let bytes = try cell.notNull()
        if cell.oid == ReadableOID.json { return bytes }
        guard cell.oid == PostgresType.jsonb.oid, bytes.first == formatVersion else { throw cell.mismatch("JSON") }
        return UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    }
}

extension JSONValue: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .jsonb }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(JSONText.formatVersion)
        buffer.withBytes { write(into: &$0, style: .compact) }
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> JSONValue {
        let bytes = try JSONText.textBytes(of: cell)
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw DecodingProblem("is not JSON within the parser's limits")
        }
    }
}
