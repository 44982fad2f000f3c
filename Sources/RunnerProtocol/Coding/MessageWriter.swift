import JSON
import Primitives

/// Writes the JSON of a message straight into bytes: one pass, no values in between. `nil` members are left out.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false
    /// Beyond these no element of a list is begun: what is written then is no message.
    private let maximumBytes: Int

    init(capacity: Int, maximumBytes: Int = .max) {
        self.maximumBytes = maximumBytes
        bytes.reserveCapacity(capacity)
    }

    mutating func object(_ body: (inout MessageWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func object(_ key: StaticString, _ body: (inout MessageWriter) -> Void) {
        name(key)
        object(body)
    }

    mutating func list<Element>(
        _ key: StaticString, _ elements: [Element], _ write: (inout MessageWriter, Element) -> Void
    ) {
        guard !elements.isEmpty else { return }
        name(key)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements where bytes.count <= maximumBytes { write(&self, element) }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func element(_ value: some MessageScalar) {
        separate()
        value.append(to: &bytes)
    }

    mutating func field(_ key: StaticString, _ value: (some MessageScalar)?) {
        guard let value else { return }
        name(key)
        needsComma = true
        value.append(to: &bytes)
    }

    /// Left out when it is false.
    mutating func flag(_ key: StaticString, _ value: Bool) {
        if value { field(key, true) }
    }

    private mutating func name(_ key: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}

extension MessageWriter {
    /// A place to go back to.
    struct Mark {
        fileprivate var count: Int
        fileprivate var needsComma: Bool
    }

    var mark: Mark { Mark(count: bytes.count, needsComma: needsComma) }

    mutating func goBack(to mark: Mark) {
        bytes.removeSubrange(mark.count...)
        needsComma = mark.needsComma
    }

    /// Answers where the value stands.
    mutating func measuredField(_ key: StaticString, _ value: some MessageScalar) -> Range<Int> {
        name(key)
        needsComma = true
        let start = bytes.count
        value.append(to: &bytes)
        return start..<bytes.count
    }

    func hasSameBytes(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        one.count == other.count
            && bytes.withUnsafeBytes { memory in
                memory[one].elementsEqual(memory[other])
            }
    }
}

/// What a member of a message can hold without members of its own.
protocol MessageScalar {
    func append(to bytes: inout [UInt8])
}

extension JSONValue: MessageScalar {
    func append(to bytes: inout [UInt8]) { write(into: &bytes) }
}

extension String: MessageScalar {
    func append(to bytes: inout [UInt8]) { JSONValue.string(self).write(into: &bytes) }
}

extension Bool: MessageScalar {
    func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: (self ? "true" : "false").utf8) }
}

extension Int: MessageScalar {
    func append(to bytes: inout [UInt8]) { JSONValue(self).write(into: &bytes) }
}

extension Int64: MessageScalar {
    func append(to bytes: inout [UInt8]) { JSONValue(self).write(into: &bytes) }
}

extension Double: MessageScalar {
    func append(to bytes: inout [UInt8]) { JSONValue(self).write(into: &bytes) }
}

/// Microseconds since 1970 UTC: exact, short, and nothing to parse.
extension Timestamp: MessageScalar {
    func append(to bytes: inout [UInt8]) { unixMicroseconds.append(to: &bytes) }
}

extension Identifier: MessageScalar {
    func append(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: description.utf8)
        bytes.append(UInt8(ascii: "\""))
    }
}

/// Lower-case hex.
struct HexBytes: MessageScalar {
    let bytes: [UInt8]

    func append(to target: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        target.append(UInt8(ascii: "\""))
        for byte in bytes {
            target.append(digits[Int(byte >> 4)])
            target.append(digits[Int(byte & 15)])
        }
        target.append(UInt8(ascii: "\""))
    }

    static func read(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
