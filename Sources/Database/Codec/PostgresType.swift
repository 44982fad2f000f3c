/// A type of PostgreSQL that this module can bind or read, by its fixed object identifier (`pg_type.dat`).
package struct PostgresType: Sendable, Hashable {
    package let oid: UInt32
    /// The type of an array of these; `nil` where there is none (an array of arrays is not a type of its own).
    package let arrayOID: UInt32?

    package init(oid: UInt32, arrayOID: UInt32?) {
        self.oid = oid
        self.arrayOID = arrayOID
    }

    package static let bool = PostgresType(oid: 16, arrayOID: 1000)
    package static let bytea = PostgresType(oid: 17, arrayOID: 1001)
    package static let int8 = PostgresType(oid: 20, arrayOID: 1016)
    package static let int4 = PostgresType(oid: 23, arrayOID: 1007)
    package static let text = PostgresType(oid: 25, arrayOID: 1009)
    package static let float8 = PostgresType(oid: 701, arrayOID: 1022)
    package static let date = PostgresType(oid: 1082, arrayOID: 1182)
    package static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185)
    package static let uuid = PostgresType(oid: 2950, arrayOID: 2951)
    package static let jsonb = PostgresType(oid: 3802, arrayOID: 3807)
}

/// Types that are only read.
enum ReadableOID {
    static let singleByteChar: UInt32 = 18
    static let name: UInt32 = 19
    static let int2: UInt32 = 21
    static let oid: UInt32 = 26
    static let json: UInt32 = 114
    static let float4: UInt32 = 700
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let timestampWithoutZone: UInt32 = 1114
    static let numeric: UInt32 = 1700

    /// The types whose binary form is the text itself.
    static func isText(_ oid: UInt32) -> Bool {
        oid == PostgresType.text.oid || oid == varchar || oid == name || oid == bpchar || oid == singleByteChar
            || oid == json
    }

    /// The built-in types below this number that are not text have binary forms that must not be read as text; enum
    /// and extension types (`citext`) get numbers from here on and send text.
    static let firstUserDefined: UInt32 = 16384
}
