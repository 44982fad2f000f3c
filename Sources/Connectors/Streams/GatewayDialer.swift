import JSON
package import NIOCore
import NIOPosix

/// Opens streams through the plant's egress gateway: HTTP CONNECT over a Unix socket.
package struct GatewayDialer: EgressDialer {
    private let socketPath: String
    private let group: any EventLoopGroup

    package init(socketPath: String, group: any EventLoopGroup) {
        self.socketPath = socketPath
        self.group = group
    }

    package func open(
        to host: HostName, port: Int, deadline: NIODeadline, configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(EgressRefusal) -> any Channel {
        let destination = "\(host.bracketed):\(port)"
        let loop = group.next()
        let opened = loop.makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(deadline - .now())
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ConnectTunnelHandler(
                        destination: destination, deadline: deadline, opened: opened, configure: configure)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(unixDomainSocketPath: socketPath).get()
        } catch {
            // The gateway lives in the control plane: while that restarts, nobody listens.
            opened.fail(error)
            throw EgressRefusal(.unreachable, destination: destination)
        }
        do {
            try await opened.futureResult.get()
            return channel
        } catch {
            channel.close(promise: nil)
            throw error as? EgressRefusal ?? EgressRefusal(.unreachable, destination: destination)
        }
    }
}

/// Asks the gateway for a tunnel, waits for its answer, and leaves the pipeline to whoever uses the stream.
private final class ConnectTunnelHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The gateway answers with a status line and, when it refuses, a short problem document.
    private static let maximumAnswerBytes = 16 << 10

    private let destination: String
    private let deadline: NIODeadline
    private let opened: EventLoopPromise<Void>
    private let configure: (any Channel) throws -> Void
    private var answer: [UInt8] = []
    private var timeout: Scheduled<Void>?

    init(
        destination: String, deadline: NIODeadline, opened: EventLoopPromise<Void>,
        configure: @escaping (any Channel) throws -> Void
    ) {
        self.destination = destination
        self.deadline = deadline
        self.opened = opened
        self.configure = configure
    }

    func channelActive(context: ChannelHandlerContext) {
        let request = context.channel.allocator.buffer(
            string: "CONNECT \(destination) HTTP/1.1\r\nHost: \(destination)\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timeout = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = loopBound.value
            handler.fail(.timedOut, context)
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        answer += buffer.readBytes(length: buffer.readableBytes) ?? []
        guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
            if answer.count > Self.maximumAnswerBytes { fail(.unreachable, context) }
            return
        }
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        guard head.hasPrefix("HTTP/1.1 200") else {
            // The refusal's body may still be on its way; the gateway closes after it.
            if answer.count > Self.maximumAnswerBytes { fail(.unreachable, context) }
            return
        }
        finish(context, rest: Array(answer[end.upperBound...]))
    }

    func channelInactive(context: ChannelHandlerContext) {
        refuse(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.unreachable, context)
    }

    private func finish(_ context: ChannelHandlerContext, rest: [UInt8]) {
        timeout?.cancel()
        do {
            try configure(context.channel)
        } catch {
            opened.fail(error)
            context.close(promise: nil)
            return
        }
        opened.succeed()
        // A mail server greets at once: what came with the gateway's answer belongs to the stream.
        if !rest.isEmpty {
            context.fireChannelRead(NIOAny(context.channel.allocator.buffer(bytes: rest)))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        timeout?.cancel()
        if let end = answer.firstRange(of: Array("\r\n\r\n".utf8)),
            let problem = try? JSONValue(parsing: Array(answer[end.upperBound...])),
            let refusal = EgressRefusal(problem: problem)
        {
            opened.fail(refusal)
        } else {
            opened.fail(EgressRefusal(.unreachable, destination: destination))
        }
    }

    private func fail(_ reason: EgressRefusal.Reason, _ context: ChannelHandlerContext) {
        timeout?.cancel()
        opened.fail(EgressRefusal(reason, destination: destination))
        context.close(promise: nil)
    }
}
