import NIOCore
import NIOHTTP1
import Synchronization

/// One connection of a runner: collects a request, hands it on, and writes the answer. The pipeline before it holds the
/// next request back until then.
final class SyncConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    struct Request: Sendable {
        var body: [UInt8]
        /// May be called from anywhere, also when the runner has gone.
        var answer: @Sendable (SyncReply) -> Void
    }

    private let maximumBodyBytes: Int
    private let bodies: SyncBodies
    private let take: @Sendable (Request) -> Void
    private var body: [UInt8] = []
    /// What `body` counts for; whoever answers the request gives it back.
    private var share: SyncBodies.Share
    /// Sent away: what was read already counts no more.
    private var isClosing = false

    init(maximumBodyBytes: Int, _ bodies: SyncBodies, _ take: @escaping @Sendable (Request) -> Void) {
        self.maximumBodyBytes = maximumBodyBytes
        self.bodies = bodies
        self.take = take
        share = bodies.share()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isClosing { return }
        switch unwrapInboundIn(data) {
        case .head: forget()
        case .body(let bytes):
            guard body.count + bytes.readableBytes <= maximumBodyBytes, share.add(bytes.readableBytes) else {
                isClosing = true
                forget()
                return context.close(promise: nil)
            }
            body.append(contentsOf: bytes.readableBytesView)
        case .end:
            let channel = context.channel
            let taken = share
            take(
                Request(body: body) {
                    taken.giveBack()
                    Self.write($0, to: channel)
                })
            body = []
            share = bodies.share()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        forget()
        context.fireChannelInactive()
    }

    private func forget() {
        body = []
        share.giveBack()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private static func write(_ reply: SyncReply, to channel: any Channel) {
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: reply.status))
        head.headers = ["content-type": "application/json", "content-length": String(reply.body.count)]
        channel.write(OutboundOut.head(head), promise: nil)
        channel.write(OutboundOut.body(.byteBuffer(ByteBuffer(bytes: reply.body))), promise: nil)
        channel.writeAndFlush(OutboundOut.end(nil), promise: nil)
    }
}

/// The open connections of one runner, up to a limit.
final class SyncConnections: Sendable {
    private let limit: Int
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(limit: Int) { self.limit = limit }

    /// Whether there is a place; it is given back when the channel closes.
    func enter(_ channel: any Channel) -> Bool {
        let isIn = open.withLock { open in
            guard open.count < limit else { return false }
            open[ObjectIdentifier(channel)] = channel
            return true
        }
        if isIn {
            channel.closeFuture.whenComplete { [self] _ in
                _ = open.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
            }
        }
        return isIn
    }

    func closeAll() {
        for channel in open.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}
