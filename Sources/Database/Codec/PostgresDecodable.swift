/// One value of a result in PostgreSQL's binary format. Valid only during the call that hands it over.
package struct PostgresCell {
    /// `nil` for NULL.
    package let bytes: UnsafeRawBufferPointer?
    package let oid: UInt32

    init(bytes: UnsafeRawBufferPointer?, oid: UInt32) {
        self.bytes = bytes
        self.oid = oid
    }

    func notNull() throws(DecodingProblem) -> UnsafeRawBufferPointer {
        guard let bytes else { throw DecodingProblem("is NULL; read it as an optional") }
        return bytes
    }

    func bigEndian<Number: FixedWidthInteger>(_ type: Number.Type, of bytes: UnsafeRawBufferPointer)
        throws(DecodingProblem) -> Number
    {
        guard bytes.count == MemoryLayout<Number>.size else { throw mismatch("a number of this width") }
        return Number(bigEndian: bytes.loadUnaligned(as: Number.self))
    }

    func expect(_ type: PostgresType, _ name: String) throws(DecodingProblem) -> UnsafeRawBufferPointer {
        guard oid == type.oid else { throw mismatch(name) }
        return try notNull()
    }

    func mismatch(_ wanted: String) -> DecodingProblem {
        DecodingProblem("has the type \(oid) and cannot be read as \(wanted); cast it in the statement")
    }
}

/// Why a cell could not be read; `Row` adds the column's name. It never holds the value.
package struct DecodingProblem: Error, Sendable {
    let reason: String
    package init(_ reason: String) { self.reason = reason }
}

/// A value that can be read from a result.
package protocol PostgresDecodable {
    static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Self

    /// Reads an array of these. Only `UInt8` differs: its array is a `bytea`.
    static func decode(array cell: PostgresCell) throws(DecodingProblem) -> [Self]
}

extension PostgresDecodable {
    package static func decode(array cell: PostgresCell) throws(DecodingProblem) -> [Self] {
        var reader = ArrayReader(bytes: try cell.notNull())
        let (count, elementOID) = try reader.header()
        var elements: [Self] = []
        elements.reserveCapacity(count)
        for _ in 0..<count {
            elements.append(try decode(PostgresCell(bytes: try reader.element(), oid: elementOID)))
        }
        return elements
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Self {
        cell.bytes == nil ? nil : try Wrapped.decode(cell)
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Self {
        try Element.decode(array: cell)
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue == String {
    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Self {
        guard let value = Self(rawValue: try String.decode(cell)) else {
            throw DecodingProblem("holds a word that \(Self.self) does not know")
        }
        return value
    }
}

/// Walks the form that `array_send` writes.
private struct ArrayReader {
    let bytes: UnsafeRawBufferPointer
    var at = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func header() throws(DecodingProblem) -> (count: Int, elementOID: UInt32) {
        let dimensions = try int32()
        _ = try int32()
        let elementOID = UInt32(bitPattern: try int32())
        guard dimensions > 0 else { return (0, elementOID) }
        guard dimensions == 1 else { throw DecodingProblem("is an array of more than one dimension") }
        let count = try int32()
        _ = try int32()
        // Each element has at least its length: a count beyond that is not an array at all.
        guard count >= 0, Int(count) <= (bytes.count - at) / 4 else { throw DecodingProblem("is not an array") }
        return (Int(count), elementOID)
    }

    mutating func element() throws(DecodingProblem) -> UnsafeRawBufferPointer? {
        let length = try int32()
        guard length >= 0 else { return nil }
        guard at + Int(length) <= bytes.count else { throw DecodingProblem("is a broken array") }
        defer { at += Int(length) }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<at + Int(length)])
    }

    private mutating func int32() throws(DecodingProblem) -> Int32 {
        guard at + 4 <= bytes.count else { throw DecodingProblem("is not an array") }
        defer { at += 4 }
        return Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int32.self))
    }
}
