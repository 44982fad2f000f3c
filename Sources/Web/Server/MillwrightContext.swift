package import Hummingbird
import Logging
import NIOCore
import Primitives

/// What a request carries on its way: its identifier, its logger, where it came from, and the values of its path.
package struct MillwrightContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    private let remoteSocketAddress: SocketAddress?
    package let requestID: String

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteSocketAddress = source.channel.remoteAddress
        // The framework's own accessor ends the process under a log handler that keeps no metadata.
        requestID = source.logger[metadataKey: "hb.request.id"]?.description ?? UUIDv7().description
    }

    /// Where the request came from, as the audit writes it.
    package var origin: String { remoteSocketAddress?.ipAddress ?? "unix" }

    package var pathValues: [String: String] {
        var values: [String: String] = [:]
        for (name, value) in coreContext.parameters { values[String(name)] = String(value) }
        return values
    }
}
