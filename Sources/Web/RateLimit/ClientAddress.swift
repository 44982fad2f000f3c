package import Connectors
package import HTTPTypes

/// Where a request comes from. Behind a reverse proxy that is not the socket's other end but whom the proxy heard; what
/// anybody else writes into the header is a claim and does not count.
package struct ClientAddress: Sendable {
    private let trustedProxies: [HostPattern]

    /// - Parameter trustedProxies: addresses and networks.
    package init(trustedProxies: [HostPattern] = []) { self.trustedProxies = trustedProxies }

    /// - Parameter socket: the other end's address.
    package func address(_ headers: HTTPFields, socket: String) -> String {
        guard !trustedProxies.isEmpty, isTrusted(socket) else { return socket }
        let hops = headers[values: .forwardedFor].flatMap { $0.split(separator: ",") }
        // From the right: each proxy appends whom it heard.
        for hop in hops.reversed() {
            let text = String(hop.drop { $0 == " " }.prefix { $0 != " " })
            guard let host = HostName(text), case .address = host.kind else { return socket }
            if !isTrusted(text) { return host.text }
        }
        return socket
    }

    private func isTrusted(_ address: String) -> Bool {
        guard let host = HostName(address) else { return false }
        return trustedProxies.contains { $0.matches(host) }
    }

    /// What an address counts as: of IPv6 the network, because one machine has 2⁶⁴ addresses in it.
    package static func counted(_ address: String) -> String {
        guard let parsed = InternetAddress(address), parsed.isV6 else { return address }
        let bytes = parsed.bytes
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return InternetAddress(v4: (bytes[12], bytes[13], bytes[14], bytes[15])).description
        }
        return InternetAddress(bytes: bytes[..<8] + [UInt8](repeating: 0, count: 8))?.description ?? address
    }
}

extension HTTPField.Name {
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}
