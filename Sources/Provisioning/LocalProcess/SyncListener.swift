package import Logging
package import NIOCore
import NIOHTTP1
import NIOPosix
package import Primitives
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Serves `POST /sync` on one plant's Unix socket. Whoever can open the socket *is* that plant's runner, so the socket
/// stands in a directory that only the runner's account and the control plane can enter.
package struct SyncListener: Sendable {
    /// A batch of commits of a busy runner stays far below this.
    package static let maximumBodyBytes = 64 << 20
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

    private typealias Inbound = HTTPServerRequestPart
    private typealias Outbound = HTTPServerResponsePart
    private typealias Connection = NIOAsyncChannel<Inbound, Outbound>

    /// Listens until cancelled. `ready` is called once the socket accepts connections.
    package func run(ready: @Sendable () -> Void) async throws {
        let unserved = UnservedConnections()
        defer { unserved.close() }
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16)
            .childChannelOption(.autoRead, value: false)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: true)
                    // Wrapped only when it is served: a runner that connects while this ends would leave a wrapper that
                    // nobody uses, which NIO takes for a mistake and ends the process for.
                    try unserved.add(channel)
                    return channel
                }
            }
        ready()
        try await withTaskCancellationHandler {
            try await server.executeThenClose { connections in
                let places = Places(Self.maximumConnections)
                try await withThrowingDiscardingTaskGroup { children in
                    for try await channel in connections {
                        unserved.remove(channel)
                        guard places.take() else {
                            logger.warning("a runner has too many connections", metadata: ["plant": "\(plant)"])
                            channel.close(promise: nil)
                            continue
                        }
                        children.addTask {
                            await serve(channel)
                            places.give()
                        }
                    }
                }
            }
        } onCancel: {
            server.channel.close(promise: nil)
        }
        unlink(path)
    }

    private func serve(_ channel: any Channel) async {
        do {
            let connection = try await channel.eventLoop.submit {
                guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
                return try Connection(wrappingChannelSynchronously: channel)
            }.get()
            try await connection.executeThenClose { inbound, outbound in
                try await channel.setOption(.autoRead, value: true).get()
                var body: [UInt8] = []
                for try await part in inbound {
                    switch part {
                    case .head: body.removeAll(keepingCapacity: true)
                    case .body(let bytes):
                        guard body.count + bytes.readableBytes <= Self.maximumBodyBytes else { return }
                        body.append(contentsOf: bytes.readableBytesView)
                    case .end:
                        try await write(await endpoint.respond(to: body, of: plant), to: outbound)
                    }
                }
            }
        } catch {
            logger.debug("sync connection ended", metadata: ["plant": "\(plant)", "reason": "\(error)"])
        }
    }

    private func write(_ reply: SyncReply, to outbound: NIOAsyncChannelOutboundWriter<Outbound>) async throws {
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: reply.status))
        head.headers = ["content-type": "application/json", "content-length": String(reply.body.count)]
        try await outbound.write(contentsOf: [
            .head(head), .body(.byteBuffer(ByteBuffer(bytes: reply.body))), .end(nil),
        ])
    }
}

/// How many more connections there may be.
private final class Places: Sendable {
    private let free: Mutex<Int>

    init(_ count: Int) { free = Mutex(count) }

    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func give() { free.withLock { $0 += 1 } }
}

/// Connections that were accepted and that nobody serves yet. They are closed when nobody will.
private final class UnservedConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    func add(_ channel: any Channel) throws {
        try state.withLock { state in
            guard !state.isClosed else { throw ChannelError.ioOnClosedChannel }
            state.channels[ObjectIdentifier(channel)] = channel
        }
    }

    func remove(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = nil } }

    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.channels = [:] }
            return state.channels.values.map { $0 }
        }
        for channel in left { channel.close(promise: nil) }
    }
}
