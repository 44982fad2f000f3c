import JSON
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One request to the plant's process socket and its answer, on a connection of their own: each its length in four bytes
/// (the highest first) and then so many bytes. Cancelling the task closes the connection, which ends the job.
struct ProcessExchange {
    enum Failure: Error {
        case noSocket, tooLarge, timedOut, broken
    }

    static let maximumRequestBytes = 12 << 20
    private static let connectSeconds: Int64 = 5
    /// Both outputs of a process, with room for what JSON must escape.
    static let limits = JSONLimits(maximumBytes: 16 << 20, maximumDepth: 8, maximumKeys: 100)

    let socketPath: String
    let loop: any EventLoop

    func send(_ request: [UInt8], within seconds: Double) async throws(Failure) -> [UInt8] {
        guard request.count <= Self.maximumRequestBytes else { throw Failure.tooLarge }
        let answered = loop.makePromise(of: [UInt8].self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .connectTimeout(.seconds(Self.connectSeconds))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ProcessAnswerHandler(answered))
                    }
                }
                .connect(unixDomainSocketPath: socketPath).get()
        } catch {
            answered.fail(error)
            // Refused: its file is there a moment before somebody listens.
            let code = (error as? IOError)?.errnoCode
            throw code == ENOENT || code == ECONNREFUSED ? Failure.noSocket : .broken
        }
        let timeout = loop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) {
            answered.fail(Failure.timedOut)
            channel.close(promise: nil)
        }
        defer {
            timeout.cancel()
            channel.close(promise: nil)
        }
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(request.count))
        frame.writeBytes(request)
        channel.writeAndFlush(frame, promise: nil)
        do {
            return try await withTaskCancellationHandler {
                try await answered.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            throw error as? Failure ?? .broken
        }
    }
}

/// Collects the answer; a connection that closes before it is whole is a failure.
private final class ProcessAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answered: EventLoopPromise<[UInt8]>
    private var received = ByteBuffer()

    init(_ answered: EventLoopPromise<[UInt8]>) { self.answered = answered }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        guard let length = received.getInteger(at: received.readerIndex, as: UInt32.self) else { return }
        guard length <= ProcessExchange.limits.maximumBytes else { return context.close(promise: nil) }
        guard let body = received.getBytes(at: received.readerIndex + 4, length: Int(length)) else { return }
        answered.succeed(body)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Too late where there was an answer.
        answered.fail(ProcessExchange.Failure.broken)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
