/// Whether a text is a URI template (RFC 6570).
enum URITemplateFormat {
    static func accepts(_ units: [UInt8]) -> Bool {
        var rest = units[...]
        while let unit = rest.popFirst() {
            switch unit {
            case Ascii.openBrace:
                guard let end = rest.firstIndex(of: Ascii.closeBrace), isExpression(rest[..<end]) else { return false }
                rest = rest[(end + 1)...]
            case Ascii.closeBrace, Ascii.quote, Ascii.backslash, 0x3C, 0x3E, 0x5E, 0x60, 0x7C, 0...0x20, 0x7F:
                return false
            case 0x25: if !takeEncoded(&rest) { return false }
            default: break
            }
        }
        return true
    }

    private static func isExpression(_ units: ArraySlice<UInt8>) -> Bool {
        let operators = Set("+#./;?&=,!@|".utf8)
        let variables = operators.contains(units.first ?? 0) ? units.dropFirst() : units
        return variables.split(separator: Ascii.comma, omittingEmptySubsequences: false).allSatisfy(isVariable)
    }

    /// A name, with a length (`:3`) or an asterisk perhaps.
    private static func isVariable(_ units: ArraySlice<UInt8>) -> Bool {
        var name = units
        if name.last == 0x2A {
            name.removeLast()
        } else if let colon = name.firstIndex(of: Ascii.colon) {
            let length = name[(colon + 1)...]
            guard 1...4 ~= length.count, length.first != Ascii.zero, length.allSatisfy({ $0 &- Ascii.zero < 10 }) else {
                return false
            }
            name = name[..<colon]
        }
        return name.split(separator: Ascii.point, omittingEmptySubsequences: false).allSatisfy { part in
            var rest = part
            if rest.isEmpty { return false }
            while let unit = rest.popFirst() {
                if unit == 0x25 ? !takeEncoded(&rest) : !(NetworkFormat.isLetterOrDigit(unit) || unit == 0x5F) {
                    return false
                }
            }
            return true
        }
    }

    /// Passes over the two digits of a percent-encoded byte.
    private static func takeEncoded(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let high = rest.popFirst(), let low = rest.popFirst() else { return false }
        return hexDigit(high) != nil && hexDigit(low) != nil
    }
}
