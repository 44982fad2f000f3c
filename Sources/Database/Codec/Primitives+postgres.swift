package import Primitives

extension UUIDv7: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .uuid }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(bigEndian: high)
        buffer.write(bigEndian: low)
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> UUIDv7 {
        let bytes = try cell.expect(.uuid, "a UUID")
        guard bytes.count == 16 else { throw cell.mismatch("a UUID") }
        return UUIDv7(bytes: bytes)
    }
}

extension Identifier: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .uuid }

    package func encode(into buffer: inout ParameterBuffer) -> Bool { raw.encode(into: &buffer) }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Self {
        Self(try UUIDv7.decode(cell))
    }
}

extension Timestamp: PostgresEncodable, PostgresDecodable {
    /// PostgreSQL counts from 2000-01-01T00:00:00Z.
    private static let epochUnixMicroseconds: Int64 = 946_684_800_000_000

    package static var postgresType: PostgresType { .timestamptz }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(bigEndian: unixMicroseconds &- Self.epochUnixMicroseconds)
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> Timestamp {
        let microseconds = try cell.bigEndian(Int64.self, of: try cell.expect(.timestamptz, "a moment (timestamptz)"))
        let (unix, overflow) = microseconds.addingReportingOverflow(epochUnixMicroseconds)
        guard !overflow, microseconds != .min else { throw DecodingProblem("is an infinite moment") }
        return Timestamp(unixMicroseconds: unix)
    }
}

extension CivilDate: PostgresEncodable, PostgresDecodable {
    /// PostgreSQL counts from 2000-01-01.
    private static let epochDaysSince1970: Int64 = 10_957

    package static var postgresType: PostgresType { .date }

    package func encode(into buffer: inout ParameterBuffer) -> Bool {
        buffer.write(bigEndian: Int32(daysSince1970 - Self.epochDaysSince1970))
        return true
    }

    package static func decode(_ cell: PostgresCell) throws(DecodingProblem) -> CivilDate {
        let days = try cell.bigEndian(Int32.self, of: try cell.expect(.date, "a date"))
        guard days != .max, days != .min else { throw DecodingProblem("is an infinite date") }
        return CivilDate(daysSince1970: Int64(days) + epochDaysSince1970)
    }
}
