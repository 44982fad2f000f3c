/// A host as people mean it: a DNS name or a canonical address. Spellings that a resolver would quietly take for an
/// address (`2130706433`, `0x7f.1`, `0177.0.0.1`, `127.1`) are not a host name.
package struct HostName: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case name
        case address(InternetAddress)
    }

    /// Lower case, without a final dot and without brackets.
    package let text: String
    package let kind: Kind

    package init?(_ source: some StringProtocol) {
        var text = source.lowercased()
        if text.hasPrefix("["), text.hasSuffix("]") {
            guard let address = InternetAddress(v6: String(text.dropFirst().dropLast())) else { return nil }
            self.text = address.description
            kind = .address(address)
            return
        }
        if let address = InternetAddress(text) {
            self.text = address.description
            kind = .address(address)
            return
        }
        if text.hasSuffix(".") { text.removeLast() }
        guard Self.isName(text) else { return nil }
        self.text = text
        kind = .name
    }

    package var description: String { text }

    /// IPv6 in brackets, as addresses have it.
    package var bracketed: String {
        if case .address(let address) = kind, address.isV6 { "[\(text)]" } else { text }
    }

    private static func isName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ isLabel(Array($0.utf8)) }), let last = labels.last else { return false }
        // A name whose last label is a number is an address to inet_aton, in decimal, octal or hexadecimal.
        return !isNumber(Array(last.utf8))
    }

    private static func isLabel(_ label: [UInt8]) -> Bool {
        guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
            return false
        }
        return label.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    private static func isNumber(_ label: [UInt8]) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        if label.count > 2, label[0] == UInt8(ascii: "0"), label[1] == UInt8(ascii: "x") {
            return label.dropFirst(2).allSatisfy {
                digits.contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
        }
        return label == [UInt8(ascii: "0"), UInt8(ascii: "x")] || label.allSatisfy { digits.contains($0) }
    }
}
