import NIOCore
import NIOPosix
import Primitives
import Synchronization

/// A piece of network between two processes of the check: it listens, connects each caller onwards, and can be cut, slow,
/// or half-open. Bytes only; it repeats nothing.
final class FaultyLink: Sendable {
    enum Mode: Sendable, Equatable {
        case open
        /// Connections are closed, and new ones at once.
        case cut
        /// Every piece of bytes is late by so much, in both directions.
        case slow(milliseconds: Int64)
        /// Bytes vanish in both directions, and nobody is told.
        case halfOpen
        /// What is asked arrives; the answers vanish.
        case deaf
    }

    enum Address: Sendable {
        case port(Int)
        case path(String)
    }

    private struct State {
        var mode = Mode.open
        var listener: (any Channel)?
        var callers: [ObjectIdentifier: any Channel] = [:]
        /// Those that have lost bytes: they stay dead, as a connection does whose peer has gone.
        var lost: Set<ObjectIdentifier> = []
        var turn = 0
    }

    private let address: Address
    private let servers: [Address]
    private let point: @Sendable (_ isToServer: Bool, ByteBuffer) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - servers: callers are shared out among them in turn; one that refuses is passed over.
    ///   - point: sees the bytes before they go on.
    init(
        _ address: Address, to servers: [Address],
        point: @escaping @Sendable (_ isToServer: Bool, ByteBuffer) -> Void = { _, _ in }
    ) {
        self.address = address
        self.servers = servers
        self.point = point
    }

    /// How many callers are connected now.
    var callers: Int { state.withLock { $0.callers.count } }

    func open() async throws {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { [self] caller in
                // Not here: until it is registered, what is asked of the channel is forgotten.
                caller.eventLoop.execute { self.accept(caller) }
                return caller.eventLoop.makeSucceededVoidFuture()
            }
        let listener =
            switch address {
            case .port(let port): try await bootstrap.bind(host: "127.0.0.1", port: port).get()
            case .path(let path):
                try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
        state.withLock { $0.listener = listener }
    }

    func set(_ mode: Mode) {
        let closing = state.withLock { state -> [any Channel] in
            state.mode = mode
            return mode == .cut ? Array(state.callers.values) : []
        }
        for caller in closing { caller.close(promise: nil) }
    }

    /// Ends the connections that have lost bytes, as a peer that comes back does.
    func resetLost() {
        let closing = state.withLock { state in state.lost.compactMap { state.callers[$0] } }
        for caller in closing { caller.close(promise: nil) }
    }

    /// A listener on a path removes the path with it, so this waits until it has.
    func close() async {
        let (listener, callers) = state.withLock { ($0.listener, Array($0.callers.values)) }
        try? await listener?.close()
        for caller in callers { caller.close(promise: nil) }
    }

    // MARK: One caller

    private func accept(_ caller: any Channel) {
        let id = ObjectIdentifier(caller)
        let (mode, turn) = state.withLock { state in
            state.turn += 1
            if state.mode != .cut { state.callers[id] = caller }
            return (state.mode, state.turn)
        }
        guard mode != .cut else { return caller.close(promise: nil) }
        caller.closeFuture.whenComplete { [self] _ in
            state.withLock { state in
                state.callers[id] = nil
                state.lost.remove(id)
            }
        }
        connect(caller, turn: turn, left: servers.count)
    }

    private func connect(_ caller: any Channel, turn: Int, left: Int) {
        let bootstrap = ClientBootstrap(group: caller.eventLoop)
            .channelInitializer { [self] server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(
                        LinkEnd(self, isToServer: false, caller: caller, other: caller))
                }
            }
        let connecting =
            switch servers[turn % servers.count] {
            case .port(let port): bootstrap.connect(host: "127.0.0.1", port: port)
            case .path(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        connecting.whenComplete { [self] result in
            switch result {
            case .success(let server):
                do {
                    try caller.pipeline.syncOperations.addHandler(
                        LinkEnd(self, isToServer: true, caller: caller, other: server))
                } catch {
                    return server.close(promise: nil)
                }
                caller.closeFuture.whenComplete { _ in server.close(promise: nil) }
                caller.setOption(.autoRead, value: true).whenFailure { _ in caller.close(promise: nil) }
            case .failure:
                guard left > 1 else { return caller.close(promise: nil) }
                connect(caller, turn: turn + 1, left: left - 1)
            }
        }
    }

    /// What becomes of bytes: when they go on, or `nil` when they vanish.
    fileprivate func delay(_ bytes: ByteBuffer, isToServer: Bool, caller: ObjectIdentifier) -> TimeAmount? {
        let delay = state.withLock { state -> TimeAmount? in
            switch state.mode {
            case .halfOpen: state.lost.insert(caller)
            case .deaf where !isToServer: state.lost.insert(caller)
            default: break
            }
            guard !state.lost.contains(caller) || (state.mode == .deaf && isToServer) else { return nil }
            if case .slow(let milliseconds) = state.mode { return .milliseconds(milliseconds) }
            return .zero
        }
        if delay != nil { point(isToServer, bytes) }
        return delay
    }
}

/// One end of a connection through a link.
private final class LinkEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: FaultyLink
    private let isToServer: Bool
    private let caller: any Channel
    private let other: any Channel
    /// Bytes that are late must not be overtaken.
    private var earliest = NIODeadline.uptimeNanoseconds(0)

    init(_ link: FaultyLink, isToServer: Bool, caller: any Channel, other: any Channel) {
        self.link = link
        self.isToServer = isToServer
        self.caller = caller
        self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard let delay = link.delay(bytes, isToServer: isToServer, caller: ObjectIdentifier(caller)) else { return }
        let due = max(earliest, .now() + delay)
        earliest = due
        guard due > .now() else { return other.writeAndFlush(bytes, promise: nil) }
        let other = other
        context.eventLoop.scheduleTask(deadline: due) { other.writeAndFlush(bytes, promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
