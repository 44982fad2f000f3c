package import HummingbirdCore
import NIOCore

/// What one client may take of the server: connections, headers and time. The bodies' sizes are the operations' own.
package struct HTTPLimits: Sendable {
    /// Connections at once. One more waits in the kernel's queue until another ends.
    package static let maximumConnections = 4096
    /// Of the request line and the headers together. Keys, cursors and reasons fit several times.
    package static let maximumHeaderBytes = 32 << 10
    package static let maximumHeaders = 100

    /// From the connection to the end of its first request's headers.
    package var headSeconds = 15.0
    /// From the headers to the end of the body: 8 MiB over a slow line of a plant.
    package var bodySeconds = 60.0
    /// From the first to the last byte of an answer.
    package var answerSeconds = 60.0
    /// Between two requests of a connection; longer than clients keep one themselves, so that it is they who end it.
    package var idleSeconds = 120.0

    package init() {}

    /// The server that keeps them.
    package var server: HTTPServerBuilder {
        let limits = self
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestPace(limits)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Self.maximumHeaderBytes, maxHeaderListSize: Self.maximumHeaderBytes,
                maxHeaderFieldCount: Self.maximumHeaders))
        return HTTPServerBuilder { LoopBoundChannel(HTTP1Channel(responder: $0, configuration: configuration)) }
    }
}
