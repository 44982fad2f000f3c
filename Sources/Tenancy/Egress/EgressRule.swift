import JSON
package import Primitives

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A host and port that a plant's runner may reach. What no rule names is refused.
package struct EgressRule: Sendable, Hashable {
    /// A host name, `*.example.com` (any name below it, not `example.com` itself), or an IP address. Lower case.
    package var host: String
    package var port: Int
    /// Whether the name may lead to a private, loopback or link-local address: a system in the plant's own network.
    package var allowsPrivate: Bool

    /// - Throws: `Problem(.invalidParameters)` that names each mistake.
    package init(host: String, port: Int, allowsPrivate: Bool = false) throws(Problem) {
        var findings = Findings()
        let host = host.lowercased()
        let name = host.hasPrefix("*.") ? String(host.dropFirst(2)) : host
        findings.check(
            Self.isIPv6(host) || BrandHost.isHostName(name) && !Self.isNearlyIPv4(name, isWild: name != host), "/host",
            "Must be a host name, a name that begins with '*.', or an IP address.")
        // `*.com` would be no limit at all.
        findings.check(
            !host.hasPrefix("*.") || name.contains("."), "/host", "Must name at least two labels after '*.'.")
        findings.check((1...65535).contains(port), "/port", "Must be from 1 to 65535.")
        try findings.refuse("The egress rule cannot be used.")
        self.init(trustedHost: host, port: port, allowsPrivate: allowsPrivate)
    }

    init(trustedHost host: String, port: Int, allowsPrivate: Bool) {
        self.host = host
        self.port = port
        self.allowsPrivate = allowsPrivate
    }

    /// Whether the rule lets a connection to this host and port through. The address is the gateway's question.
    package func matches(host other: String, port otherPort: Int) -> Bool {
        guard port == otherPort else { return false }
        let other = other.lowercased()
        guard host.hasPrefix("*.") else { return host == other }
        return other.hasSuffix(host.dropFirst(1)) && other.utf8.count > host.utf8.count - 1
    }

    private static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return text.utf8.count <= 45 && inet_pton(AF_INET6, text, &address) == 1
    }

    /// What some resolvers take for an address and the gateway for nothing (`127.1`, `0x7f.1`, `2130706433`): a rule that
    /// never lets anything through.
    private static func isNearlyIPv4(_ name: String, isWild: Bool) -> Bool {
        guard let last = name.split(separator: ".").last else { return false }
        let isNumber = last.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber || last.hasPrefix("0x") else { return false }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
        return isWild || numbers.count != 4
            || !numbers.allSatisfy { number in UInt8(number).map { "\($0)" == number } ?? false }
    }

    var audited: JSONValue {
        ["host": .string(host), "port": JSONValue(port), "allowsPrivate": .bool(allowsPrivate)]
    }
}
