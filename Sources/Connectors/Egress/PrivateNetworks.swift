/// The networks without public addresses that plants' rules may open at all: the operator's word, above every tenant's.
///
/// The control plane's host dials for all plants, so that an address that only it can reach (its own services, a
/// neighbour's system) must not be a tenant's to name. A rule opens such an address when it allows private ones *and*
/// the address stands in one of these networks.
package struct PrivateNetworks: Sendable, Hashable, CustomStringConvertible {
    package struct Network: Sendable, Hashable, CustomStringConvertible {
        package var address: InternetAddress
        package var bits: Int

        package var description: String { "\(address)/\(bits)" }
    }

    package struct SyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
        package var description: String
    }

    /// More than an operator writes by hand; each is looked at for every connection.
    package static let maximumNetworks = 100

    package let networks: [Network]

    /// Rules open public addresses only.
    package static let none = PrivateNetworks(networks: [])
    /// This machine alone: for a demonstration, a measurement, a test.
    package static let loopback = PrivateNetworks(networks: [
        Network(address: InternetAddress(v4: (127, 0, 0, 0)), bits: 8),
        Network(address: InternetAddress(v6Loopback: ()), bits: 128),
    ])

    init(networks: [Network]) { self.networks = networks }

    /// Networks and single addresses with commas between: `10.20.0.0/16, fd12::/32`. `none` is no network.
    package init(_ text: String) throws(SyntaxError) {
        var networks: [Network] = []
        for part in text.split(separator: ",") {
            let word = part.filter { !$0.isWhitespace }
            if word.isEmpty || word == "none" { continue }
            networks.append(try Self.network(word))
        }
        guard networks.count <= Self.maximumNetworks else {
            throw SyntaxError(description: "more than \(Self.maximumNetworks) networks; write larger ones")
        }
        self.init(networks: networks)
    }

    package func union(_ other: PrivateNetworks) -> PrivateNetworks {
        PrivateNetworks(networks: networks + other.networks.filter { !networks.contains($0) })
    }

    package func contains(_ address: InternetAddress) -> Bool {
        networks.contains { address.hasPrefix($0.address, bits: $0.bits) }
    }

    package var description: String {
        networks.isEmpty ? "none" : networks.map(\.description).joined(separator: ",")
    }

    private static func network(_ word: String) throws(SyntaxError) -> Network {
        let network: Network
        switch HostPattern(word) {
        case .address(let address): network = Network(address: address, bits: address.bytes.count * 8)
        case .network(let address, let bits): network = Network(address: address, bits: bits)
        default: throw SyntaxError(description: "'\(word)' is not an address or a network like 10.20.0.0/16")
        }
        if AddressClass(network.address).isNeverReachable, network.bits > 0 {
            throw SyntaxError(
                description: "'\(word)' is never reached, whatever is set: "
                    + "link-local, metadata, unspecified and multicast addresses")
        }
        return network
    }
}
