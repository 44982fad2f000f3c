/// Percent-encoding of URI parts (RFC 3986, 2).
enum PercentEncoding {
    /// Everything but unreserved characters: safe as one path segment, one query name or value.
    static func component(_ text: String) -> String { encode(text) { isUnreserved($0) } }

    /// As a name or value in `application/x-www-form-urlencoded` (URL Standard, 5.2).
    static func form(_ text: String) -> String {
        encode(text) { (isUnreserved($0) && $0 != UInt8(ascii: "~")) || $0 == UInt8(ascii: "*") || $0 == 0x20 }
            .replacing(" ", with: "+")
    }

    /// Keeps what is already a valid path or query, and encodes the rest (spaces, non-ASCII, controls).
    static func lenient(_ text: some StringProtocol) -> String {
        encode(String(text)) { isUnreserved($0) || "%!$&'()*+,;=:@/?".utf8.contains($0) }
    }

    private static func encode(_ text: String, keeping isKept: (UInt8) -> Bool) -> String {
        guard !text.utf8.allSatisfy(isKept) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 {
            if isKept(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 0xF))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }
}
