import NIOCore

/// One side of a tunnel. Bytes go to the other side; reading stops while the other side cannot take more, so that a
/// tunnel holds a bounded number of bytes however fast one side sends.
final class TunnelSide: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What both sides share: both are on one event loop.
    private final class Tunnel {
        let idleTimeout: TimeAmount
        var lastTraffic = NIODeadline.now()
        let counters: EgressCounters
        var watch: Scheduled<Void>?
        private var isOpen = true

        init(idleTimeout: TimeAmount, counters: EgressCounters) {
            self.idleTimeout = idleTimeout
            self.counters = counters
        }

        func end() {
            watch?.cancel()
            watch = nil
            if isOpen { counters.ended() }
            isOpen = false
        }
    }

    private let tunnel: Tunnel
    private let isInner: Bool
    private weak var peer: TunnelSide?
    private var context: ChannelHandlerContext?
    private var hasPendingRead = false

    /// The side of the runner and the side of the world. The place in `counters` is given back at the end.
    static func pair(
        idleTimeout: TimeAmount, counters: EgressCounters
    ) -> (inner: TunnelSide, outer: TunnelSide) {
        let tunnel = Tunnel(idleTimeout: idleTimeout, counters: counters)
        let inner = TunnelSide(tunnel, isInner: true)
        let outer = TunnelSide(tunnel, isInner: false)
        inner.peer = outer
        outer.peer = inner
        return (inner, outer)
    }

    private init(_ tunnel: Tunnel, isInner: Bool) {
        self.tunnel = tunnel
        self.isInner = isInner
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if isInner { watchIdleness(context, after: tunnel.idleTimeout) }
        if !context.channel.isActive { peer?.closeAfterPeer() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = Int64(unwrapInboundIn(data).readableBytes)
        tunnel.counters.moved(up: isInner ? count : 0, down: isInner ? 0 : count)
        tunnel.lastTraffic = .now()
        peer?.context?.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { peer?.context?.flush() }

    func read(context: ChannelHandlerContext) {
        if peer?.context?.channel.isWritable ?? true {
            context.read()
        } else {
            hasPendingRead = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { peer?.readPending() }
        context.fireChannelWritabilityChanged()
    }

    private func readPending() {
        guard hasPendingRead else { return }
        hasPendingRead = false
        context?.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            // One direction ended; the other may still have an answer to deliver.
            peer?.context?.close(mode: .output, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        tunnel.end()
        peer?.closeAfterPeer()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Whatever is still to be written goes out before the connection ends.
    private func closeAfterPeer() {
        guard let context else { return }
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)))
            .whenComplete { _ in loopBound.value.close(promise: nil) }
    }

    private func watchIdleness(_ context: ChannelHandlerContext, after amount: TimeAmount) {
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        tunnel.watch = context.eventLoop.scheduleTask(in: amount) {
            let (side, context) = loopBound.value
            let silence = NIODeadline.now() - side.tunnel.lastTraffic
            if silence >= side.tunnel.idleTimeout {
                context.close(promise: nil)
            } else {
                side.watchIdleness(context, after: side.tunnel.idleTimeout - silence)
            }
        }
    }
}
