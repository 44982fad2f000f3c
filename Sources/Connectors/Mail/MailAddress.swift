/// A mailbox, `local@domain`, of visible ASCII. What could end a command or a header is not an address.
package struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    package let local: String
    package let domain: String

    package init?(_ text: String) {
        guard text.utf8.count <= 320, let at = text.lastIndex(of: "@") else { return nil }
        let local = String(text[..<at])
        let domain = String(text[text.index(after: at)...])
        guard (1...64).contains(local.utf8.count), local.utf8.allSatisfy(Self.isLocalByte), !local.hasPrefix("."),
            !local.hasSuffix("."), !local.contains(".."), let host = HostName(domain)
        else { return nil }
        self.local = local
        self.domain = host.bracketed
    }

    package var description: String { "\(local)@\(domain)" }

    /// The characters of RFC 5321's Dot-string; quoted local parts are not taken.
    private static func isLocalByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
        }
    }
}
