package import NIOCore
import NIOSSL
import Synchronization

/// TLS that verifies. Certificates of the machine's store, or those that a connection brings for a plant's own authority.
package final class TrustedTLS: Sendable {
    package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// One context a set of trusted certificates: the machine's store alone is megabytes when parsed.
    private let contexts = Mutex<[String: NIOSSLContext]>([:])

    package init() {}

    /// - Parameters:
    ///   - authorities: PEM of the only authorities to trust; `nil` for the machine's store.
    ///   - serverName: the name that the certificate must be for.
    package func client(authorities: String?, serverName: HostName) throws(ConfigurationError) -> Client {
        guard case .name = serverName.kind else {
            throw ConfigurationError(
                description: "TLS needs a host name to verify; set `tlsServerName` to the name in the certificate")
        }
        return Client(context: try context(authorities), serverName: serverName.text)
    }

    /// TLS for one connection to one host.
    package struct Client: Sendable {
        let context: NIOSSLContext
        let serverName: String

        /// Puts TLS on a stream; called on the channel's event loop.
        package func configure(_ channel: any Channel, position: ChannelPipeline.SynchronousOperations.Position = .last)
            throws
        {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: serverName)
            try channel.pipeline.syncOperations.addHandler(handler, position: position)
        }
    }

    private func context(_ authorities: String?) throws(ConfigurationError) -> NIOSSLContext {
        let key = authorities ?? ""
        if let context = contexts.withLock({ $0[key] }) { return context }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        do {
            if let authorities {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authorities.utf8)))
            }
            let context = try NIOSSLContext(configuration: configuration)
            contexts.withLock { $0[key] = context }
            return context
        } catch {
            throw ConfigurationError(description: "the trusted certificates cannot be used: \(error)")
        }
    }
}
