import JSON

/// Numbers as jq writes them: the shortest digits that give the double back, with an exponent when it is far from the
/// digits; literals that nothing was computed from keep all their digits.
enum NumberText {
    static func text(_ number: JSONNumber) -> String {
        switch number.form {
        case .integer(let integer): return integer.description
        case .literal: return canonical(number.literal)
        case .double(let value):
            // What is computed and whole is an integer, so this was written with a fraction: 1.0
            if value.magnitude < 9_007_199_254_740_992, value.rounded(.towardZero) == value { return number.literal }
            return text(value)
        }
    }

    static func text(_ value: Double) -> String {
        if value.isNaN { return "null" }
        if value.isInfinite { return value < 0 ? "-1.7976931348623157e+308" : "1.7976931348623157e+308" }
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let shortest = value.description
        if !shortest.utf8.contains(UInt8(ascii: "e")), value.magnitude < 1e15 {
            return shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest
        }
        let (digits, point) = decimal(value.magnitude.description)
        return (value < 0 ? "-" : "") + layOut(digits, point: point)
    }

    /// The digits without zeros at the ends, and where the point stands, counted from their front.
    private static func decimal(_ literal: String) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point = 0
        var pointSeen = false
        var exponent = 0
        var bytes = literal.utf8.makeIterator()
        while let byte = bytes.next() {
            if byte == UInt8(ascii: ".") {
                pointSeen = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                var rest: [UInt8] = []
                while let digit = bytes.next() { rest.append(digit) }
                exponent = Int(String(decoding: rest, as: UTF8.self)) ?? 0
            } else {
                digits.append(byte)
                if !pointSeen { point += 1 }
            }
        }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leading)
        point -= leading
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, point + exponent)
    }

    private static func layOut(_ digits: [UInt8], point: Int) -> String {
        func string(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
        if point <= -4 || point > digits.count + 15 {
            let exponent = point - 1
            let magnitude = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            let fraction = digits.count > 1 ? "." + string(digits.dropFirst()) : ""
            return string(digits.prefix(1)) + fraction + "e" + (exponent < 0 ? "-" : "+") + magnitude
        }
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + string(digits) }
        if point >= digits.count { return string(digits) + String(repeating: "0", count: point - digits.count) }
        return string(digits.prefix(point)) + "." + string(digits.dropFirst(point))
    }

    /// A literal in the form of the General Decimal Arithmetic specification's to-scientific-string, which keeps the
    /// zeros that were written: `100e-2` is `1.00`.
    static func canonical(_ literal: String) -> String {
        var text = Array(literal.utf8)
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative { text.removeFirst() }
        var exponent = 0
        if let mark = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            exponent = Int(String(decoding: text[(mark + 1)...], as: UTF8.self)) ?? 0
            text = Array(text[..<mark])
        }
        if let point = text.firstIndex(of: UInt8(ascii: ".")) {
            exponent -= text.count - point - 1
            text.remove(at: point)
        }
        var digits = Array(text.drop { $0 == UInt8(ascii: "0") })
        if digits.isEmpty { digits = [UInt8(ascii: "0")] }
        let adjusted = exponent + digits.count - 1
        var result = isNegative ? "-" : ""
        if exponent <= 0, adjusted >= -6 {
            if exponent == 0 { return result + String(decoding: digits, as: UTF8.self) }
            let point = digits.count + exponent
            if point > 0 {
                digits.insert(UInt8(ascii: "."), at: point)
            } else {
                digits = Array("0.".utf8) + Array(repeating: UInt8(ascii: "0"), count: -point) + digits
            }
            return result + String(decoding: digits, as: UTF8.self)
        }
        if digits.count > 1 { digits.insert(UInt8(ascii: "."), at: 1) }
        result += String(decoding: digits, as: UTF8.self)
        return result + "E" + (adjusted < 0 ? "-" : "+") + "\(adjusted.magnitude)"
    }
}
