package import Connectors
package import Tenancy

extension EgressPolicy {
    /// A plant's stored rules as the gateway and the test of a connection use them. A rule that cannot be read opens
    /// nothing.
    package init(_ rules: [EgressRule]) {
        self.init(
            rules: rules.compactMap { rule in
                HostPattern(rule.host).map {
                    Rule(pattern: $0, port: rule.port, allowsPrivate: rule.allowsPrivate)
                }
            })
    }
}
