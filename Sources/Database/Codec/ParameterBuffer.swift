/// The bound values of one statement in PostgreSQL's binary format: one run of bytes for all of them.
package struct ParameterBuffer: Sendable {
    struct Slot: Sendable {
        var oid: UInt32
        /// Bytes, or `nullLength`.
        var length: Int32
    }

    static let nullLength: Int32 = -1

    private(set) var bytes: [UInt8] = []
    private(set) var slots: [Slot] = []

    init(capacity: Int) {
        guard capacity > 0 else { return }
        slots.reserveCapacity(capacity)
        bytes.reserveCapacity(capacity * 16)
    }

    mutating func bind<Value: PostgresEncodable>(_ value: Value) {
        let start = bytes.count
        let isNull = !value.encode(into: &self)
        let length = isNull ? Self.nullLength : Int32(bytes.count - start)
        slots.append(Slot(oid: Value.postgresType.oid, length: length))
    }

    mutating func bind(contentsOf other: ParameterBuffer) {
        bytes.append(contentsOf: other.bytes)
        slots.append(contentsOf: other.slots)
    }

    /// Keeps the types only.
    mutating func forgetValues() { bytes = [] }

    package mutating func write(_ byte: UInt8) { bytes.append(byte) }

    package mutating func write(utf8 text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    package mutating func write(contentsOf other: [UInt8]) { bytes.append(contentsOf: other) }

    /// Lets a writer append to the bytes directly, without a copy in between.
    package mutating func withBytes(_ body: (inout [UInt8]) -> Void) { body(&bytes) }

    package mutating func write<Number: FixedWidthInteger>(bigEndian value: Number) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Array form of `array_recv`: dimensions, null flag, element type, count, lower bound, then each element.
    mutating func write<Element: PostgresEncodable>(array elements: [Element]) {
        let start = bytes.count
        write(bigEndian: elements.isEmpty ? 0 : 1 as Int32)
        write(bigEndian: 0 as Int32)
        write(bigEndian: Element.postgresType.oid)
        guard !elements.isEmpty else { return }
        write(bigEndian: Int32(elements.count))
        write(bigEndian: 1 as Int32)
        var hasNull = false
        for element in elements {
            let lengthAt = bytes.count
            write(bigEndian: Self.nullLength)
            if element.encode(into: &self) {
                patch(Int32(bytes.count - lengthAt - 4), at: lengthAt)
            } else {
                hasNull = true
            }
        }
        if hasNull { patch(1, at: start + 4) }
    }

    private mutating func patch(_ value: Int32, at offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self) }
    }
}
