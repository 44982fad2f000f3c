/// A place that a credential would be sent to.
package struct CredentialDestination: Sendable, Hashable, CustomStringConvertible {
    /// Lower case; an IPv6 address without brackets.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A host that a credential may be sent to: `erp.example.com`, `erp.example.com:8443`, `*.example.com` (any name below it),
/// an IP address (IPv6 in brackets). Without a port it is every port of the host.
package struct CredentialHost: Sendable, Hashable, CustomStringConvertible {
    /// Most hosts of one credential.
    package static let maximumHosts = 50

    /// Lower case, without port; `*.` in front for the names below.
    private let pattern: String
    private let port: Int?

    package init?(_ text: String) {
        var name = Substring(text.lowercased())
        guard name.utf8.count <= 260 else { return nil }
        let isBracketed = name.hasPrefix("[")
        let end = isBracketed ? name.firstIndex(of: "]").map(name.index(after:)) : name.firstIndex(of: ":")
        if isBracketed, end == nil { return nil }
        port = end.flatMap { end in end == name.endIndex ? nil : Int(name[end...].dropFirst()) }
        if let end, end != name.endIndex {
            // `+443` is an integer to Int and no port.
            let digits = name[end...].dropFirst().utf8
            guard name[end] == ":", digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port,
                (1...65535).contains(port)
            else { return nil }
            name = name[..<end]
        }
        if isBracketed {
            name = name.dropFirst().dropLast()
            guard name.contains(":"), name.utf8.allSatisfy(Self.isOfIPv6) else { return nil }
        } else {
            let isWild = name.hasPrefix("*.")
            let labels = (isWild ? name.dropFirst(2) : name).split(separator: ".", omittingEmptySubsequences: false)
            // `*.com` would be no limit at all.
            guard !isWild || labels.count >= 2, labels.allSatisfy(Self.isLabel) else { return nil }
        }
        pattern = String(name)
    }

    package func matches(_ destination: CredentialDestination) -> Bool {
        guard port == nil || port == destination.port else { return false }
        guard pattern.hasPrefix("*.") else { return destination.host == pattern }
        return destination.host.hasSuffix(pattern.dropFirst())
            && destination.host.utf8.count > pattern.utf8.count - 1
    }

    package var description: String {
        (pattern.contains(":") ? "[\(pattern)]" : pattern) + (port.map { ":\($0)" } ?? "")
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: "_")
            }
    }

    private static func isOfIPv6(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }
}

/// Where a plant may send a credential: whoever sets up a connection must not choose where somebody else's secret goes.
package struct CredentialReach: Sendable, Hashable {
    /// Whether it is the plant's own, and not its client's or its partner's.
    package var isPlants: Bool
    /// As they are stored; one that cannot be read matches nothing.
    package var hosts: [String]

    package init(isPlants: Bool, hosts: [String]) {
        self.isPlants = isPlants
        self.hosts = hosts
    }

    /// A credential that names its hosts goes out through connections alone, which lead there; a workflow's own calls,
    /// whose address is data, do not get it.
    package var isBound: Bool { !isPlants || !hosts.isEmpty }

    /// Why the credential may not be sent there; `nil` when it may.
    ///
    /// - Parameter destinations: every place that it could be sent to; `nil` when that cannot be told.
    package func objection(to destinations: [CredentialDestination]?) -> String? {
        guard isBound else { return nil }
        guard !hosts.isEmpty else {
            return "The credential names no hosts, and one of a client or a partner must. "
                + "Ask who keeps it to name the hosts that it may be sent to."
        }
        guard let destinations else { return "Where the connection leads cannot be read." }
        let allowed = hosts.compactMap(CredentialHost.init)
        guard let other = destinations.first(where: { place in !allowed.contains { $0.matches(place) } }) else {
            return nil
        }
        return
            "The credential may be sent to \(hosts.joined(separator: ", ")) only, and the connection leads to \(other). "
            + "Ask who keeps the credential to add the host."
    }
}
