import JSON
package import Primitives

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
        let isAddress = Self.isIPv6(host)
        findings.check(
            isAddress || BrandHost.isHostName(name), "/host",
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
        text.contains(":") && text.utf8.count <= 45
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) || byte == UInt8(ascii: ":")
                    || byte == UInt8(ascii: ".")
            }
    }

    var audited: JSONValue {
        ["host": .string(host), "port": JSONValue(port), "allowsPrivate": .bool(allowsPrivate)]
    }
}
