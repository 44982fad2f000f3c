#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import NIOPosix

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

    private static func address(of entry: addrinfo) -> InternetAddress? {
        guard let socketAddress = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET:
            return socketAddress.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin_addr) { InternetAddress(bytes: Array($0)) }
            }
        case AF_INET6:
            return socketAddress.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { InternetAddress(bytes: Array($0)) }
            }
        default: return nil
        }
    }
}
