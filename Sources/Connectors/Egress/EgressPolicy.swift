/// Which hosts a plant may call: what is not listed is refused, and a listed name must also lead to an allowed place.
package struct EgressPolicy: Sendable, Hashable {
    package struct Rule: Sendable, Hashable {
        package var pattern: HostPattern
        /// `nil` for every port.
        package var port: Int?
        /// Whether addresses that are not public may be reached through this rule, where the operator opens them.
        package var allowsPrivate: Bool

        package init(pattern: HostPattern, port: Int?, allowsPrivate: Bool = false) {
            self.pattern = pattern
            self.port = port
            self.allowsPrivate = allowsPrivate
        }
    }

    package var rules: [Rule]
    /// What rules that allow private addresses can open at all.
    package var privateNetworks: PrivateNetworks

    package init(rules: [Rule], within privateNetworks: PrivateNetworks = .none) {
        self.rules = rules
        self.privateNetworks = privateNetworks
    }

    package static let nothing = EgressPolicy(rules: [])

    /// The rules that let a host and port through, before the name is resolved.
    package func rules(for host: HostName, port: Int) -> [Rule] {
        rules.filter { ($0.port == nil || $0.port == port) && $0.pattern.matches(host) }
    }

    /// The resolved addresses that may be connected to, in their order.
    package func admit(
        _ addresses: [InternetAddress], of host: HostName, port: Int
    ) throws(EgressRefusal) -> [InternetAddress] {
        let rules = rules(for: host, port: port)
        guard !rules.isEmpty else { throw EgressRefusal(.notListed, host: host, port: port) }
        guard let first = addresses.first else { throw EgressRefusal(.unresolvable, host: host, port: port) }
        let allowsPrivate = rules.contains(where: \.allowsPrivate)
        let admitted = addresses.filter { admits($0, allowsPrivate: allowsPrivate) }
        guard !admitted.isEmpty else {
            let place = AddressClass(first)
            let isOperators = allowsPrivate && !place.isNeverReachable
            throw EgressRefusal(
                isOperators ? .networkNotOpened(place) : .addressNotAllowed(place), host: host, port: port)
        }
        return admitted
    }

    /// Whether a connection to an address is let through, once a rule's host and port have matched.
    private func admits(_ address: InternetAddress, allowsPrivate: Bool) -> Bool {
        let place = AddressClass(address)
        if place == .public { return true }
        if place.isNeverReachable { return false }
        return allowsPrivate && privateNetworks.contains(address)
    }
}

/// What a rule's host is.
package enum HostPattern: Sendable, Hashable, CustomStringConvertible {
    /// Exactly this name.
    case name(String)
    /// Any name below this one, at any depth, but not itself: `*.example.com`.
    case subdomains(of: String)
    /// Exactly this address, given as an address.
    case address(InternetAddress)
    /// Any address of a network, given as an address: `10.20.0.0/16`.
    case network(InternetAddress, bits: Int)

    package init?(_ text: String) {
        if let slash = text.firstIndex(of: "/") {
            guard let address = InternetAddress(String(text[..<slash])),
                let bits = Int(text[text.index(after: slash)...]),
                (0...address.bytes.count * 8).contains(bits)
            else { return nil }
            self = .network(address, bits: bits)
            return
        }
        let isWild = text.hasPrefix("*.")
        guard let host = HostName(isWild ? String(text.dropFirst(2)) : text) else { return nil }
        switch host.kind {
        case .address(let address):
            if isWild { return nil }
            self = .address(address)
        case .name: self = isWild ? .subdomains(of: host.text) : .name(host.text)
        }
    }

    package func matches(_ host: HostName) -> Bool {
        switch (self, host.kind) {
        case (.name(let name), .name): host.text == name
        case (.subdomains(let parent), .name): host.text.hasSuffix("." + parent)
        case (.address(let mine), .address(let theirs)): mine == theirs
        case (.network(let network, let bits), .address(let address)): address.hasPrefix(network, bits: bits)
        default: false
        }
    }

    package var description: String {
        switch self {
        case .name(let name): name
        case .subdomains(let parent): "*." + parent
        case .address(let address): address.description
        case .network(let network, let bits): "\(network)/\(bits)"
        }
    }
}
