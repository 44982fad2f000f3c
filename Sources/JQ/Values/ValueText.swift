import JSON

/// Writes values as jq's `tojson` does: compact, numbers in jq's notation, the deepest levels left out.
struct ValueText {
    static let maximumDepth = 10_000

    var bytes: [UInt8] = []
    /// Writing stops soon after this many bytes, or when so many values were written.
    private let limitBytes: Int
    private var valuesLeft: Int
    private var isCut = false
    /// One member a line, each level two spaces further in.
    var isPretty = false

    init(limitBytes: Int, limitValues: Int = .max) {
        self.limitBytes = limitBytes
        valuesLeft = limitValues
    }

    /// The text of a value, within what the meter has left. The census decides whether it may live.
    static func text(_ value: JSONValue, _ meter: inout Meter) throws(Fault) -> String {
        var writer = ValueText(limitBytes: meter.memoryBytes, limitValues: meter.stepsLeft)
        writer.write(value)
        try meter.charge(steps: meter.stepsLeft - writer.valuesLeft)
        try meter.charge(text: writer.bytes.count)
        if writer.isCut { throw .exhausted(.memory) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    mutating func write(_ value: JSONValue, depth: Int = 0) {
        valuesLeft -= 1
        if bytes.count > limitBytes || valuesLeft < 0 {
            isCut = true
            return
        }
        if depth > Self.maximumDepth { return append("<skipped: too deep>") }
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .number(let number): write(number)
        case .string(let text): write(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                separate(position, depth)
                write(element, depth: depth + 1)
                if isCut { return }
            }
            close(UInt8(ascii: "]"), isEmpty: elements.isEmpty, depth)
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (position, member) in object.enumerated() {
                separate(position, depth)
                write(member.key)
                bytes.append(UInt8(ascii: ":"))
                if isPretty { bytes.append(UInt8(ascii: " ")) }
                write(member.value, depth: depth + 1)
                if isCut { return }
            }
            close(UInt8(ascii: "}"), isEmpty: object.isEmpty, depth)
        }
    }

    private mutating func separate(_ position: Int, _ depth: Int) {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        if isPretty { startLine(depth + 1) }
    }

    private mutating func close(_ bracket: UInt8, isEmpty: Bool, _ depth: Int) {
        if isPretty, !isEmpty { startLine(depth) }
        bytes.append(bracket)
    }

    private mutating func startLine(_ depth: Int) {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func write(_ number: JSONNumber) {
        guard case .integer(let integer) = number.form, integer >= 0, integer < 10 else {
            return append(NumberText.text(number))
        }
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: integer))
    }

    /// Runs of bytes that need no escape are copied at once.
    private mutating func write(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { units in
            var start = 0
            for position in units.indices {
                let unit = units[position]
                if unit >= 0x20, unit != UInt8(ascii: "\""), unit != UInt8(ascii: "\\"), unit != 0x7F { continue }
                bytes.append(contentsOf: units[start..<position])
                escape(unit)
                start = position + 1
            }
            bytes.append(contentsOf: units[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private mutating func escape(_ unit: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch unit {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(unit)
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(Self.digits[Int(unit >> 4)])
            bytes.append(Self.digits[Int(unit & 15)])
        }
    }
}
