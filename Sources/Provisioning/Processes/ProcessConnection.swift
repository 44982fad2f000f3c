import NIOCore

/// One connection of a runner to its plant's process socket: one request, one answer, each its length in four bytes (the
/// highest first) and then so many bytes of JSON.
final class ProcessConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    struct Request: Sendable {
        var body: [UInt8]
        var channel: any Channel
    }

    private let maximumBytes: Int
    private let take: @Sendable (Request) -> Void
    private var received = ByteBuffer()
    private var isTaken = false

    init(maximumBytes: Int, _ take: @escaping @Sendable (Request) -> Void) {
        self.maximumBytes = maximumBytes
        self.take = take
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        // A second request, or what follows a first one, is no runner of ours.
        guard !isTaken else { return context.close(promise: nil) }
        received.writeBuffer(&bytes)
        guard let length = received.getInteger(at: received.readerIndex, as: UInt32.self) else { return }
        guard length <= maximumBytes else { return context.close(promise: nil) }
        let total = 4 + Int(length)
        guard received.readableBytes >= total else { return }
        isTaken = true
        guard received.readableBytes == total,
            let body = received.getBytes(at: received.readerIndex + 4, length: total - 4)
        else { return context.close(promise: nil) }
        received = ByteBuffer()
        take(Request(body: body, channel: context.channel))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    static func framed(_ body: [UInt8]) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(body.count))
        frame.writeBytes(body)
        return frame
    }
}
