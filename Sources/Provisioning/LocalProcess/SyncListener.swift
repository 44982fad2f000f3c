package import Logging
package import NIOCore
import NIOHTTP1
import NIOPosix
package import Primitives

#if canImport(Glibc)
    import Glibc
#endif

/// Serves `POST /sync` on one plant's Unix socket. Whoever can open the socket *is* that plant's runner, so the socket
/// stands in a directory that only the runner's account and the control plane can enter.
///
/// Handlers and not NIO's async channels: one of those that is accepted while the listener closes is dropped unused, and
/// that is a fatal error of the whole process.
package struct SyncListener: Sendable {
    /// A batch of commits of a busy runner stays far below this.
    package static let maximumBodyBytes = 64 << 20
    /// Of all connections together, from the first byte until the answer: one call of the largest size, and others beside it.
    /// The connection that would pass it is closed; its runner calls again.
    package static let maximumBytesUnderWay = maximumBodyBytes + (16 << 20)
    /// A runner has two calls under way at the most; the rest is for those that it left behind.
    package static let maximumConnections = 8

    private let plant: TenantScope
    private let path: String
    private let endpoint: any SyncEndpoint
    private let group: any EventLoopGroup
    private let logger: Logger

    package init(
        plant: TenantScope, path: String, endpoint: any SyncEndpoint, group: any EventLoopGroup, logger: Logger
    ) {
        self.plant = plant
        self.path = path
        self.endpoint = endpoint
        self.group = group
        self.logger = logger
    }

    /// Listens until cancelled. `ready` is called once the socket accepts connections.
    package func run(ready: @Sendable () -> Void) async throws {
        // Bounded by the connections: each has one request under way.
        let (requests, incoming) = AsyncStream<SyncConnection.Request>.makeStream()
        let connections = SyncConnections(limit: Self.maximumConnections)
        let bodies = SyncBodies(limit: Self.maximumBytesUnderWay)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16)
            .childChannelInitializer { [plant, logger] channel in
                guard connections.enter(channel) else {
                    logger.warning("a runner has too many connections", metadata: ["plant": "\(plant)"])
                    return channel.close()
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: true, withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(
                        SyncConnection(maximumBodyBytes: Self.maximumBodyBytes, bodies) { incoming.yield($0) })
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        server.closeFuture.whenComplete { _ in incoming.finish() }
        ready()
        await withDiscardingTaskGroup { children in
            // Ends when this task is cancelled, and the answers under way with it, or when the socket fails.
            for await request in requests {
                children.addTask { request.answer(await endpoint.respond(to: request.body, of: plant)) }
            }
        }
        // Waited for, because closing removes the socket's file: late, it would be that of the next listener.
        try? await server.close()
        connections.closeAll()
        unlink(path)
    }
}
