package import Logging
package import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// The one way out of a plant's runner: an HTTP CONNECT proxy on a Unix socket that the runner's sandbox shows it.
///
/// One gateway serves any number of plants, a socket each, with the rules of that plant as they are at each request.
/// An idle plant costs a listening socket.
package final class EgressGateway: Sendable {
    package struct Limits: Sendable, Hashable {
        package var maximumTunnels: Int
        package var requestTimeoutSeconds: Double
        package var connectTimeoutSeconds: Double
        package var idleTimeoutSeconds: Double

        package init(
            maximumTunnels: Int = 128, requestTimeoutSeconds: Double = 10, connectTimeoutSeconds: Double = 10,
            idleTimeoutSeconds: Double = 120
        ) {
            self.maximumTunnels = maximumTunnels
            self.requestTimeoutSeconds = requestTimeoutSeconds
            self.connectTimeoutSeconds = connectTimeoutSeconds
            self.idleTimeoutSeconds = idleTimeoutSeconds
        }
    }

    private let group: any EventLoopGroup
    private let resolver: any HostResolver
    private let limits: Limits
    private let logger: Logger

    package init(
        group: any EventLoopGroup, resolver: any HostResolver = SystemResolver(), limits: Limits = Limits(),
        logger: Logger
    ) {
        self.group = group
        self.resolver = resolver
        self.limits = limits
        self.logger = logger
    }

    /// Serves one plant's socket until the task is cancelled. A socket that an earlier process left is replaced.
    ///
    /// - Parameters:
    ///   - plant: for the log.
    ///   - counters: where the traffic is counted.
    ///   - policy: the plant's rules, asked at each connection, so that a change counts at once.
    ///   - onReady: called once runners can connect.
    package func serve(
        plant: String, socketPath: String, counters: EgressCounters = EgressCounters(),
        policy: @escaping @Sendable () async throws -> EgressPolicy, onReady: @Sendable () -> Void = {}
    ) async throws {
        let plantLogger = logger
        let door = TunnelDoor(
            plant: plant, policy: policy, resolver: resolver, limits: limits, counters: counters, logger: plantLogger)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TunnelRequestHandler(door: door))
                }
            }
            .bind(unixDomainSocketPath: socketPath, cleanupExistingSocketFile: true).get()
        // The runner has an account of its own; the directory, which only it may enter, keeps everybody else out.
        chmod(socketPath, 0o666)
        onReady()
        try await withTaskCancellationHandler {
            try await listener.closeFuture.get()
        } onCancel: {
            listener.close(promise: nil)
        }
        door.closeAll()
        unlink(socketPath)
    }
}
