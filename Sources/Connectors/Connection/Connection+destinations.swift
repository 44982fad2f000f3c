package import JSON
package import Primitives

extension Connection {
    /// Every place that the connection's credential could be sent to: the system, and the token server where the
    /// connector describes one. Redirects to elsewhere do not carry it.
    ///
    /// - Returns: `nil` when the description or the configuration cannot be read.
    package static func credentialDestinations(
        connector: JSONValue, configuration: JSONValue
    ) -> [CredentialDestination]? {
        guard let description = ConnectorDecoder.decode(connector).description else { return nil }
        return credentialDestinations(description, configuration: configuration)
    }

    package static func credentialDestinations(
        _ description: ConnectorDescription, configuration: JSONValue
    ) -> [CredentialDestination]? {
        let reader = ConfigurationReader(configuration)
        do {
            switch description.kind {
            case .smtp:
                let server = try reader.mailServer()
                return [CredentialDestination(host: server.host.text, port: server.port)]
            case .http:
                let base = try reader.baseAddress()
                var places = [CredentialDestination(base)]
                if let oauth2 = description.oauth2 {
                    let configured = configuration["tokenAddress"]?.stringValue ?? oauth2.tokenAddress
                    if !configured.hasPrefix("/") { places.append(CredentialDestination(try WebAddress(configured))) }
                }
                return places
            }
        } catch {
            return nil
        }
    }
}

extension CredentialDestination {
    fileprivate init(_ address: WebAddress) { self.init(host: address.host.text, port: address.port) }
}
