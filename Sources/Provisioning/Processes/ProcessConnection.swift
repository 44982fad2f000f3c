import JSON
import NIOCore

/// One connection of a runner to its plant's process socket: one request, one answer, each its length in four bytes (the
/// highest first) and then so many bytes of JSON.
final class ProcessConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// A runner has its request whole before it connects.
    static let secondsForRequest: Int64 = 10

    struct Request: Sendable {
        var body: [UInt8]
        var channel: any Channel
        /// Kept until the request's job has ended, and its answer is sent.
        var share: ProcessBudget.Share
    }

    private let maximumBytes: Int
    private let take: @Sendable (Request) -> Void
    private var received = ByteBuffer()
    private var share: ProcessBudget.Share
    private let budget: ProcessBudget
    private var isTaken = false
    private var deadline: Scheduled<Void>?

    init(maximumBytes: Int, budget: ProcessBudget, _ take: @escaping @Sendable (Request) -> Void) {
        self.maximumBytes = maximumBytes
        self.budget = budget
        self.take = take
        share = ProcessBudget.Share(of: budget)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .seconds(Self.secondsForRequest)) {
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        // A second request, or what follows a first one, is no runner of ours.
        guard !isTaken else { return context.close(promise: nil) }
        guard share.take(bytes.readableBytes) else { return refuse(context) }
        received.writeBuffer(&bytes)
        guard let length = received.getInteger(at: received.readerIndex, as: UInt32.self) else { return }
        guard length <= maximumBytes else { return context.close(promise: nil) }
        let total = 4 + Int(length)
        guard received.readableBytes >= total else { return }
        isTaken = true
        deadline?.cancel()
        guard received.readableBytes == total,
            let body = received.getBytes(at: received.readerIndex + 4, length: total - 4)
        else { return context.close(promise: nil) }
        let request = Request(body: body, channel: context.channel, share: share)
        forget()
        take(request)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func refuse(_ context: ChannelHandlerContext) {
        isTaken = true
        forget()
        let answer = ProcessGate.answer(ProcessBudget.exceeded).serializedBytes()
        let channel = context.channel
        channel.writeAndFlush(Self.framed(answer)).whenComplete { _ in channel.close(promise: nil) }
    }

    /// What is no longer held here counts no longer.
    private func forget() {
        received = ByteBuffer()
        share = ProcessBudget.Share(of: budget)
    }

    static func framed(_ body: [UInt8]) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(body.count))
        frame.writeBytes(body)
        return frame
    }
}
