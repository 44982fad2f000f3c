import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Turns a name into addresses.
package protocol HostResolver: Sendable {
    /// In the order of preference; empty when there is none.
    func addresses(of name: String) async -> [InternetAddress]
}

/// The machine's resolver, on NIO's blocking threads: `getaddrinfo` may take seconds.
package struct SystemResolver: HostResolver {
    package init() {}

    package func addresses(of name: String) async -> [InternetAddress] {
        (try? await NIOThreadPool.singleton.runIfActive { Self.lookUp(name) }) ?? []
    }

    private static func lookUp(_ name: String) -> [InternetAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [InternetAddress] = []
        var next = list
        while let entry = next {
            if let address = address(of: entry.pointee), !addresses.contains(address) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses
    }

    /// In text, because the address structures belong to one of several C modules that have them.
    private static func address(of entry: addrinfo) -> InternetAddress? {
        var text = [CChar](repeating: 0, count: 64)
        let status = getnameinfo(
            entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, Int32(NI_NUMERICHOST))
        guard status == 0 else { return nil }
        return InternetAddress(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
