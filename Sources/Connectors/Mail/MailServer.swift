/// Where mail is handed in, and in whose name.
package struct MailServer: Sendable, Hashable {
    package enum Security: String, Sendable, Hashable, CaseIterable {
        /// Plain text: for a relay inside the plant.
        case none
        /// Plain text at first, TLS before anything that matters; a server that does not offer it is refused.
        case starttls
        case tls

        package var usualPort: Int {
            switch self {
            case .none: 25
            case .starttls: 587
            case .tls: 465
            }
        }
    }

    package var host: HostName
    package var port: Int
    package var security: Security
    package var sender: MailAddress
    package var senderName: String?
    package var tls: OutboundClient.TLSSettings

    package init(
        host: HostName, port: Int, security: Security, sender: MailAddress, senderName: String? = nil,
        tls: OutboundClient.TLSSettings = OutboundClient.TLSSettings()
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.sender = sender
        self.senderName = senderName
        self.tls = tls
    }
}
