package import JSON
package import Primitives

/// A connector set up for a plant: its description, checked configuration, and the resolved credential.
package struct Connection: Sendable {
    package enum Endpoint: Sendable {
        case http(base: WebAddress, tls: OutboundClient.TLSSettings)
        case mail(MailServer)
    }

    package let id: ConnectionID
    package let name: String
    package let description: ConnectorDescription
    package let configuration: JSONValue
    package let endpoint: Endpoint
    package let credential: ConnectionCredential

    package struct SetupError: Error, Sendable, CustomStringConvertible {
        package var diagnostics: [ConnectorDiagnostic]
        package var description: String { diagnostics.map(\.description).joined(separator: "; ") }
    }

    /// - Parameter credential: the credential's plain text; `nil` when the connection has none.
    package init(
        id: ConnectionID, name: String, connector: JSONValue, configuration: JSONValue, credential: Redacted<[UInt8]>?
    ) throws(SetupError) {
        let decoded = ConnectorDecoder.decode(connector)
        guard let description = decoded.description else { throw SetupError(diagnostics: decoded.diagnostics) }
        try self.init(
            id: id, name: name, description: description, configuration: configuration, credential: credential)
    }

    package init(
        id: ConnectionID, name: String, description: ConnectorDescription, configuration: JSONValue,
        credential: Redacted<[UInt8]>?
    ) throws(SetupError) {
        let findings = Self.check(configuration, against: description)
        guard findings.isEmpty else { throw SetupError(diagnostics: findings) }
        self.id = id
        self.name = name
        self.description = description
        self.configuration = configuration
        let reader = ConfigurationReader(configuration)
        do {
            switch description.kind {
            case .http: endpoint = .http(base: try reader.baseAddress(), tls: try reader.tlsSettings())
            case .smtp: endpoint = .mail(try reader.mailServer())
            }
            let kind = try reader.authentication(of: description, hasCredential: credential != nil)
            self.credential = try Self.credential(kind, credential)
        } catch {
            throw SetupError(diagnostics: [error])
        }
    }

    /// What is wrong with a connection's configuration; empty when nothing is. Used when a connection is made, so that
    /// a plant hears of it before its runner does.
    package static func check(
        _ configuration: JSONValue, against description: ConnectorDescription
    ) -> [ConnectorDiagnostic] {
        guard let schema = try? JSONSchema(description.configurationSchema) else {
            return [ConnectorDiagnostic(.invalidSchema, at: .root, "the connector's configuration schema is not valid")]
        }
        return schema.validate(configuration).map {
            ConnectorDiagnostic(.invalidValue, at: $0.instancePath, $0.message)
        }
    }

    private static func credential(
        _ kind: AuthenticationKind, _ plaintext: Redacted<[UInt8]>?
    ) throws(ConnectorDiagnostic) -> ConnectionCredential {
        guard kind != .none else { return .none }
        guard let plaintext else {
            throw ConnectorDiagnostic(.missing, at: .root, "\(kind.rawValue) authentication needs a credential")
        }
        do {
            return try ConnectionCredential(plaintext: plaintext, kind: kind)
        } catch {
            throw ConnectorDiagnostic(.invalidValue, at: .root, error.description)
        }
    }
}

/// The members of a configuration that drivers understand, whatever else a connector's schema has.
struct ConfigurationReader {
    let configuration: JSONValue

    init(_ configuration: JSONValue) { self.configuration = configuration }

    func baseAddress() throws(ConnectorDiagnostic) -> WebAddress {
        guard let text = configuration["baseAddress"]?.stringValue else {
            throw missing("baseAddress")
        }
        do {
            return try WebAddress(text)
        } catch {
            throw invalid("baseAddress", error.description)
        }
    }

    func tlsSettings() throws(ConnectorDiagnostic) -> OutboundClient.TLSSettings {
        var settings = OutboundClient.TLSSettings(authorities: configuration["trustedCertificates"]?.stringValue)
        if let name = configuration["tlsServerName"]?.stringValue {
            guard let host = HostName(name) else { throw invalid("tlsServerName", "`\(name)` is not a host name") }
            settings.serverName = host
        }
        return settings
    }

    func mailServer() throws(ConnectorDiagnostic) -> MailServer {
        guard let host = configuration["host"]?.stringValue else { throw missing("host") }
        guard let name = HostName(host) else { throw invalid("host", "`\(host)` is not a host name") }
        guard let from = configuration["from"]?.stringValue else { throw missing("from") }
        guard let sender = MailAddress(from) else { throw invalid("from", "`\(from)` is not a mail address") }
        let securityName = configuration["security"]?.stringValue ?? "starttls"
        guard let security = MailServer.Security(rawValue: securityName) else {
            throw invalid("security", "`\(securityName)` is not one of: none, starttls, tls")
        }
        let port = configuration["port"]?.intValue ?? security.usualPort
        guard (1...65535).contains(port) else { throw invalid("port", "the port is not a number from 1 to 65535") }
        return MailServer(
            host: name, port: port, security: security, sender: sender,
            senderName: configuration["fromName"]?.stringValue, tls: try tlsSettings())
    }

    /// The kind that the configuration names, or else the connector's first that fits what there is.
    func authentication(
        of description: ConnectorDescription, hasCredential: Bool
    ) throws(ConnectorDiagnostic) -> AuthenticationKind {
        if let text = configuration["authentication"]?.stringValue {
            guard let kind = AuthenticationKind(rawValue: text), description.authentication.contains(kind) else {
                throw invalid("authentication", "the connector does not take `\(text)`")
            }
            return kind
        }
        if !hasCredential, description.authentication.contains(.none) { return .none }
        return description.authentication.first { $0 != .none } ?? .none
    }

    private func missing(_ key: String) -> ConnectorDiagnostic {
        ConnectorDiagnostic(.missing, at: JSONPointer([key]), "the configuration needs `\(key)`")
    }

    private func invalid(_ key: String, _ message: String) -> ConnectorDiagnostic {
        ConnectorDiagnostic(.invalidValue, at: JSONPointer([key]), message)
    }
}
