/// What may stand in a header (RFC 9110, 5.1 and 5.5), and which headers are the client's own.
package enum HeaderRules {
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer",
        "proxy-authorization", "proxy-connection", "expect", "accept-encoding",
    ]

    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200 && text.utf8.allSatisfy(isTokenByte)
    }

    /// No control characters: a line feed in a value would begin another header.
    package static func isValue(_ text: String) -> Bool {
        text.utf8.count <= 8192 && text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    /// Headers that decide where a message ends or who is asked; nobody but the client sets them.
    package static func isReserved(_ name: String) -> Bool { reserved.contains(name.lowercased()) }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
