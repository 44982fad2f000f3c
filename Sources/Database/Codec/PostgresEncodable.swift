/// A value that can be bound to a statement.
package protocol PostgresEncodable {
    /// What the server is told the parameter is. It does not depend on the value: the statement is prepared with it.
    static var postgresType: PostgresType { get }

    /// Appends the binary form. Returns `false`, with nothing written, for NULL.
    func encode(into buffer: inout ParameterBuffer) -> Bool

    /// The type and the form of an array of these. Only `UInt8` differs: its array is a `bytea`.
    static var postgresArrayType: PostgresType { get }
    static func encode(array: [Self], into buffer: inout ParameterBuffer)
}

extension PostgresEncodable {
    package static var postgresArrayType: PostgresType {
        guard let oid = postgresType.arrayOID else {
            preconditionFailure("PostgreSQL has no array of this type; bind a JSONText instead")
        }
        return PostgresType(oid: oid, arrayOID: nil)
    }

    package static func encode(array: [Self], into buffer: inout ParameterBuffer) { buffer.write(array: array) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        guard let self else { return false }
        return self.encode(into: &buffer)
    }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    package static var postgresType: PostgresType { Element.postgresArrayType }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        Element.encode(array: self, into: &buffer)
        return true
    }
}

/// An enumeration of words is stored as text: `extension RunState: PostgresEncodable, PostgresDecodable {}` is enough.
extension PostgresEncodable where Self: RawRepresentable, RawValue == String {
    package static var postgresType: PostgresType { .text }

    package func encode(into buffer: inout ParameterBuffer) -> Bool { rawValue.encode(into: &buffer) }
}
