extension Bool: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .bool }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(self ? 1 : 0 as UInt8)
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Bool {
        let bytes = try cell.expect(.bool, "a boolean")
        guard bytes.count == 1 else { throw cell.mismatch("a boolean") }
        return bytes[0] != 0
    }
}

extension Int: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .int8 }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(bigEndian: Int64(self))
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Int { Int(try Int64.decode(cell)) }
}

extension Int64: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .int8 }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(bigEndian: self)
        return true
    }

    /// Any integer type is read; a `numeric` (what `sum(bigint)` answers) when it is whole and fits.
    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Int64 {
        let bytes = try cell.notNull()
        switch cell.oid {
        case PostgresType.int8.oid: return try cell.bigEndian(Int64.self, of: bytes)
        case PostgresType.int4.oid: return Int64(try cell.bigEndian(Int32.self, of: bytes))
        case ReadableOID.int2: return Int64(try cell.bigEndian(Int16.self, of: bytes))
        case ReadableOID.oid: return Int64(try cell.bigEndian(UInt32.self, of: bytes))
        case ReadableOID.numeric:
            guard let value = Int64(try NumericText.read(bytes)) else { throw cell.mismatch("a whole number") }
            return value
        default: throw cell.mismatch("a whole number")
        }
    }
}

extension Int32: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .int4 }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(bigEndian: self)
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Int32 {
        guard let value = Int32(exactly: try Int64.decode(cell)) else {
            throw DecodingProblem("does not fit in 32 bits")
        }
        return value
    }
}

extension Double: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .float8 }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(bigEndian: bitPattern)
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Double {
        let bytes = try cell.notNull()
        switch cell.oid {
        case PostgresType.float8.oid: return Double(bitPattern: try cell.bigEndian(UInt64.self, of: bytes))
        case ReadableOID.float4: return Double(Float(bitPattern: try cell.bigEndian(UInt32.self, of: bytes)))
        default: throw cell.mismatch("a floating-point number")
        }
    }
}

extension String: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .text }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(utf8: self)
        return true
    }

    /// Text, an enum or extension type that sends text, JSON as its text, and a `numeric` as its decimal digits.
    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> String {
        let bytes = try cell.notNull()
        if ReadableOID.isText(cell.oid) || cell.oid >= ReadableOID.firstUserDefined {
            return String(decoding: bytes, as: UTF8.self)
        }
        switch cell.oid {
        case PostgresType.jsonb.oid: return String(decoding: try JSONText.textBytes(of: cell), as: UTF8.self)
        case ReadableOID.numeric: return try NumericText.read(bytes)
        default: throw cell.mismatch("text")
        }
    }
}

/// Only for `[UInt8]`, which is a `bytea`; a single byte is read and written as an `integer`.
extension UInt8: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .int4 }
    package static var postgresArrayType: PostgresType { .bytea }

    package func encode(into buffer: inout ParameterBuffer) -> Bool { Int32(self).encode(into: &buffer) }
    package static func encode(array: [UInt8], into buffer: inout ParameterBuffer) {
        buffer.write(contentsOf: array)
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> UInt8 {
        guard let value = UInt8(exactly: try Int64.decode(cell)) else { throw DecodingProblem("is not a byte") }
        return value
    }
    package static func decode(array cell: PostgresCell) throws(DecodingProblem) -> [UInt8] {
        Array(try cell.expect(.bytea, "bytes"))
    }
}
