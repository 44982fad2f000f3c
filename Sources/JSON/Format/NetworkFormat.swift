/// Addresses and names of the Internet.
enum NetworkFormat {
    static func isLetterOrDigit(_ unit: UInt8) -> Bool {
        (unit | 0x20) &- 0x61 < 26 || unit &- Ascii.zero < 10
    }

    /// RFC 1123: labels of letters, digits and inner hyphens, up to 63 each and 253 together.
    static func isHostname(_ units: ArraySlice<UInt8>) -> Bool {
        guard !units.isEmpty, units.count <= 253 else { return false }
        return units.split(separator: Ascii.point, omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
        guard first != Ascii.minus, last != Ascii.minus else { return false }
        guard label.allSatisfy({ isLetterOrDigit($0) || $0 == Ascii.minus }) else { return false }
        // Hyphens in the third and fourth place announce an internationalised label: RFC 5891, 4.2.3.1.
        let hasReservedHyphens = label.count >= 4 && label.dropFirst(2).prefix(2).allSatisfy { $0 == Ascii.minus }
        if !hasReservedHyphens || !label.starts(with: [0x78, 0x6E], by: { $0 | 0x20 == $1 }) {
            return !hasReservedHyphens
        }
        return InternationalLabel(label.map { Unicode.Scalar($0) })?.isValid ?? false
    }

    /// RFC 5890: the labels that people read, or their ASCII form, separated by any of the four dots.
    static func isInternationalHostname(_ text: String) -> Bool {
        let dots: [Unicode.Scalar] = [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"]
        let parts = text.unicodeScalars.split(omittingEmptySubsequences: false) { dots.contains($0) }
        let labels = parts.compactMap { InternationalLabel(Array($0)) }
        guard labels.count == parts.count, labels.allSatisfy(\.isValid) else { return false }
        if labels.contains(where: \.isRightToLeft), !labels.allSatisfy(\.fitsBidirectionalName) { return false }
        return labels.reduce(labels.count - 1) { $0 + $1.encodedLength } <= 253
    }

    /// RFC 2673, 3.2: four decimal numbers up to 255, without leading zeros.
    static func isIPv4(_ units: ArraySlice<UInt8>) -> Bool {
        let parts = units.split(separator: Ascii.point, omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard 1...3 ~= part.count, part.allSatisfy({ $0 &- Ascii.zero < 10 }) else { return false }
                if part.count > 1, part.first == Ascii.zero { return false }
                return part.reduce(0) { $0 * 10 + Int($1 &- Ascii.zero) } <= 255
            }
    }

    /// RFC 4291, 2.2: eight groups, one run of zeros as `::`, the last two groups perhaps as an IPv4 address.
    static func isIPv6(_ units: ArraySlice<UInt8>) -> Bool {
        var halves: [ArraySlice<UInt8>] = [units]
        if let gap = units.indices.dropLast().first(where: { units[$0] == Ascii.colon && units[$0 + 1] == Ascii.colon })
        {
            halves = [units[..<gap], units[(gap + 2)...]]
        }
        var count = 0
        for (place, half) in halves.enumerated() where !half.isEmpty {
            let isLast = place == halves.count - 1
            guard let groups = countGroups(half, mayEndInIPv4: isLast) else { return false }
            count += groups
        }
        return halves.count == 2 ? count <= 7 : count == 8
    }

    private static func countGroups(_ units: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> Int? {
        let groups = units.split(separator: Ascii.colon, omittingEmptySubsequences: false)
        var count = 0
        for (place, group) in groups.enumerated() {
            if 1...4 ~= group.count, group.allSatisfy({ hexDigit($0) != nil }) {
                count += 1
            } else if mayEndInIPv4, place == groups.count - 1, isIPv4(group) {
                count += 2
            } else {
                return nil
            }
        }
        return count
    }

    /// RFC 5321, 4.1.2 (RFC 6531 with Unicode).
    static func isEmail(_ units: [UInt8], allowsUnicode: Bool) -> Bool {
        guard let at = units.lastIndex(of: 0x40) else { return false }
        let local = units[..<at]
        let domain = units[(at + 1)...]
        guard !local.isEmpty, local.count <= 64 else { return false }
        let isLocal =
            local.first == Ascii.quote
            ? isQuoted(local, allowsUnicode: allowsUnicode) : isDotAtom(local, allowsUnicode: allowsUnicode)
        guard isLocal else { return false }
        if domain.first == Ascii.openBracket, domain.last == Ascii.closeBracket {
            let literal = domain.dropFirst().dropLast()
            let prefix = Array("IPv6:".utf8)
            return literal.starts(with: prefix) ? isIPv6(literal.dropFirst(prefix.count)) : isIPv4(literal)
        }
        return allowsUnicode ? isInternationalHostname(String(decoding: domain, as: UTF8.self)) : isHostname(domain)
    }

    private static func isDotAtom(_ units: ArraySlice<UInt8>, allowsUnicode: Bool) -> Bool {
        let others = Set("!#$%&'*+-/=?^_`{|}~".utf8)
        return units.split(separator: Ascii.point, omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.allSatisfy { isLetterOrDigit($0) || others.contains($0) || (allowsUnicode && $0 >= 0x80) }
        }
    }

    private static func isQuoted(_ units: ArraySlice<UInt8>, allowsUnicode: Bool) -> Bool {
        guard units.count >= 2, units.last == Ascii.quote else { return false }
        var rest = units.dropFirst().dropLast()
        while let unit = rest.popFirst() {
            if unit == Ascii.backslash {
                guard let escaped = rest.popFirst(), escaped &- 0x20 < 0x5F else { return false }
            } else if unit == Ascii.quote || unit < 0x20 || unit == 0x7F || (unit >= 0x80 && !allowsUnicode) {
                return false
            }
        }
        return true
    }
}
