#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An IPv4 or IPv6 address as bytes.
package struct InternetAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen bytes in network order.
    package let bytes: [UInt8]

    package init(v4 bytes: (UInt8, UInt8, UInt8, UInt8)) {
        self.bytes = [bytes.0, bytes.1, bytes.2, bytes.3]
    }

    /// `::1`
    init(v6Loopback: ()) { bytes = [UInt8](repeating: 0, count: 15) + [1] }

    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// A canonical dotted quad, or any spelling of an IPv6 address without brackets and zone.
    package init?(_ text: String) {
        if let address = InternetAddress(v4: text) ?? InternetAddress(v6: text) { self = address } else { return nil }
    }

    /// Four decimal numbers without leading zeros, which some resolvers read as octal.
    init?(v4 text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            let isCanonical = part == "0" || !part.hasPrefix("0")
            guard (1...3).contains(part.utf8.count), isCanonical, part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    init?(v6 text: String) {
        guard text.contains(":"), text.utf8.count <= 45 else { return nil }
        var storage = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &storage) == 1 else { return nil }
        bytes = storage
    }

    package var isV6: Bool { bytes.count == 16 }

    package var description: String {
        if !isV6 { return bytes.map { String($0) }.joined(separator: ".") }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = bytes.withUnsafeBytes { inet_ntop(AF_INET6, $0.baseAddress!, &text, socklen_t(INET6_ADDRSTRLEN)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the first `length` bits are those of `prefix`.
    package func hasPrefix(_ prefix: InternetAddress, bits length: Int) -> Bool {
        guard bytes.count == prefix.bytes.count, length <= bytes.count * 8 else { return false }
        let whole = length / 8
        guard bytes.prefix(whole) == prefix.bytes.prefix(whole) else { return false }
        let rest = length % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return bytes[whole] & mask == prefix.bytes[whole] & mask
    }
}
