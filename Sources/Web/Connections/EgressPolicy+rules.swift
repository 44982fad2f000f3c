package import Connectors
package import Tenancy

extension EgressPolicy {
    /// A plant's stored rules as the gateway and the test of a connection use them, within what the operator opens. A
    /// rule that cannot be read opens nothing.
    package init(_ rules: [EgressRule], within privateNetworks: PrivateNetworks) {
        self.init(
            rules: rules.compactMap { rule in
                HostPattern(rule.host).map {
                    Rule(pattern: $0, port: rule.port, allowsPrivate: rule.allowsPrivate)
                }
            }, within: privateNetworks)
    }
}

extension PrivateNetworks {
    /// Why no plant may have the rule; `nil` when it may. Where a name leads is only known when it is dialled, and is
    /// checked again then.
    package func objection(to rule: EgressRule) -> String? {
        if case .address(let address)? = HostPattern(rule.host) {
            let place = AddressClass(address)
            if place.isNeverReachable { return "A \(place.rawValue) address is never reached. Name another host." }
            if place != .public, rule.allowsPrivate, !contains(address) {
                return "The platform's operator has not opened \(address) for plants. "
                    + "Ask for it in the setting private-networks."
            }
        }
        if rule.allowsPrivate, networks.isEmpty {
            return "The platform's operator has opened no private network for plants. "
                + "Ask for one in the setting private-networks, or leave allowsPrivate out."
        }
        return nil
    }
}
