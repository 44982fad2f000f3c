import NIOCore
import NIOHTTP1
import NIOTLS

/// One request with its bounds, and where the answer goes.
struct Exchange: Sendable {
    var head: HTTPRequestHead
    var body: ByteBuffer?
    var maximumResponseBytes: Int
    var readTimeout: TimeAmount
    var deadline: NIODeadline
    var answer: EventLoopPromise<Answer>

    struct Answer: Sendable {
        var response: OutboundResponse
        /// Whether the connection can carry another exchange.
        var isReusable: Bool
    }
}

/// Carries exchanges over one connection, one at a time, and enforces their bounds.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    private struct Current {
        var exchange: Exchange
        var head: HTTPResponseHead?
        var body: ByteBuffer?
        var lastRead: NIODeadline
        var deadlineTask: Scheduled<Void>
        var silenceTask: Scheduled<Void>?
    }

    /// Waits for TLS; `nil` when there is none, or no longer anything to wait for.
    private var secured: EventLoopPromise<Void>?
    private var current: Current?
    private var failure: OutboundFailure?

    /// - Parameter secured: succeeds when TLS is established, fails with an `OutboundFailure` when it cannot be. No
    ///   exchange may begin before.
    init(secured: EventLoopPromise<Void>?) { self.secured = secured }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard current == nil, failure == nil, context.channel.isActive else {
            // An idle connection that the other side ended: nothing of this request went out.
            exchange.answer.fail(failure ?? OutboundFailure(.closed, wasSent: false))
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let deadlineTask = context.eventLoop.scheduleTask(deadline: exchange.deadline) {
            let (handler, context) = loopBound.value
            handler.end(context, with: .timedOut)
        }
        current = Current(exchange: exchange, lastRead: .now(), deadlineTask: deadlineTask)
        watchSilence(context, after: exchange.readTimeout)
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        if let body = exchange.body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard current != nil else {
            // Nobody asked for this: an answer after the answer.
            context.close(promise: nil)
            return
        }
        current?.lastRead = .now()
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head, context)
        case .body(let part): receive(part, context)
        case .end: complete(context)
        }
    }

    private func receive(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
        guard var current else { return }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }),
            length > current.exchange.maximumResponseBytes, current.exchange.head.method != .HEAD
        {
            return endTooLarge(context, current)
        }
        current.head = head
        self.current = current
    }

    private func receive(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let current else { return }
        let received = (current.body?.readableBytes ?? 0) + part.readableBytes
        guard received <= current.exchange.maximumResponseBytes else { return endTooLarge(context, current) }
        if self.current?.body == nil {
            self.current?.body = part
        } else {
            self.current?.body?.writeImmutableBuffer(part)
        }
    }

    private func endTooLarge(_ context: ChannelHandlerContext, _ current: Current) {
        let limit = current.exchange.maximumResponseBytes
        end(context, with: .responseTooLarge(limitBytes: limit))
    }

    private func complete(_ context: ChannelHandlerContext) {
        guard let current, let head = current.head else { return }
        current.deadlineTask.cancel()
        current.silenceTask?.cancel()
        self.current = nil
        let response = OutboundResponse(
            status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) },
            body: current.body.map { Array($0.readableBytesView) } ?? [])
        current.exchange.answer.succeed(Exchange.Answer(response: response, isReusable: head.isKeepAlive))
        if !head.isKeepAlive { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, with: .closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, with: Self.kind(of: error))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.handshakeCompleted) = event as? TLSUserEvent {
            secured?.succeed()
            secured = nil
        }
        context.fireUserInboundEventTriggered(event)
    }

    private static func kind(of error: any Error) -> OutboundFailure.Kind {
        if let error = error as? HTTPParserError {
            if error == .headerOverflow { return .malformed("its headers are too long") }
            // The stream ended inside a message.
            return error == .invalidEOFState ? .closed : .malformed("\(error)")
        }
        return TLSFailure.reason(error).map { .tls($0) } ?? .closed
    }

    private func watchSilence(_ context: ChannelHandlerContext, after amount: TimeAmount) {
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        current?.silenceTask = context.eventLoop.scheduleTask(in: amount) {
            let (handler, context) = loopBound.value
            guard let current = handler.current else { return }
            let silence = NIODeadline.now() - current.lastRead
            if silence >= current.exchange.readTimeout {
                handler.end(context, with: .timedOut)
            } else {
                handler.watchSilence(context, after: current.exchange.readTimeout - silence)
            }
        }
    }

    /// Fails what is under way and ends the connection: a late answer must not be taken for the next one's.
    private func end(_ context: ChannelHandlerContext, with kind: OutboundFailure.Kind) {
        if failure == nil { failure = OutboundFailure(kind, wasSent: false) }
        secured?.fail(OutboundFailure(kind, wasSent: false))
        secured = nil
        if let current {
            self.current = nil
            current.deadlineTask.cancel()
            current.silenceTask?.cancel()
            current.exchange.answer.fail(OutboundFailure(kind, wasSent: true))
        }
        context.close(promise: nil)
    }
}
