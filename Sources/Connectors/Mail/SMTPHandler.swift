import NIOCore
import NIOTLS

/// Why a session ended without the server's word.
struct SMTPFailure: Error {
    var failure: CallFailure
    /// Whether the letter may have been taken.
    var isUnknown: Bool
}

/// Moves the bytes of one SMTP session and performs what the conversation says.
final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var conversation: SMTPConversation
    private let tls: TrustedTLS.Client?
    private let deadline: NIODeadline
    private let outcome: EventLoopPromise<SMTPConversation.Outcome>
    private var reader = SMTPReplyReader()
    private var timeout: Scheduled<Void>?
    private var isFinished = false

    /// - Parameter tls: for STARTTLS; TLS from the start is already on the stream.
    init(
        conversation: SMTPConversation, tls: TrustedTLS.Client?, deadline: NIODeadline,
        outcome: EventLoopPromise<SMTPConversation.Outcome>
    ) {
        self.conversation = conversation
        self.tls = tls
        self.deadline = deadline
        self.outcome = outcome
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timeout = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = loopBound.value
            handler.fail(CallFailure(.timeout, "the mail server did not answer in time"), context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        reader.append(buffer.readBytes(length: buffer.readableBytes) ?? [])
        do {
            while !isFinished, let reply = try reader.next() { perform(conversation.receive(reply), context) }
        } catch {
            fail(CallFailure(.communication, "the mail server's answer is not SMTP"), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.handshakeCompleted) = event as? TLSUserEvent, tls != nil {
            perform(conversation.secured(), context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(CallFailure(.communication, "the mail server ended the connection", cause: .closed), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let reason = TLSFailure.reason(error) else {
            return fail(
                CallFailure(.communication, "the connection to the mail server broke", cause: .closed), context)
        }
        fail(CallFailure(.communication, "no trusted TLS connection: \(reason)", cause: .tls(reason)), context)
    }

    private func perform(_ action: SMTPConversation.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let text):
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
        case .startTLS: startTLS(context)
        case .finish(let result):
            isFinished = true
            timeout?.cancel()
            outcome.succeed(result)
            let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: "QUIT\r\n")))
                .whenComplete { _ in loopBound.value.close(promise: nil) }
        }
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        // What came in plain text after the server's «go ahead» was put there by somebody else (CVE-2011-0411).
        guard !reader.hasLeftover, let tls else {
            return fail(
                CallFailure(.communication, "the mail server sent something before TLS was established"), context)
        }
        do {
            try tls.configure(context.channel, position: .first)
        } catch {
            fail(CallFailure(.configuration, "TLS cannot be used: \(error)"), context)
        }
    }

    private func fail(_ failure: CallFailure, _ context: ChannelHandlerContext) {
        guard !isFinished else { return }
        isFinished = true
        timeout?.cancel()
        outcome.fail(SMTPFailure(failure: failure, isUnknown: conversation.isLetterOnItsWay))
        context.close(promise: nil)
    }
}
