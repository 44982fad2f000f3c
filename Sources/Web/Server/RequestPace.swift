import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends connections whose client is too slow: with its headers, its body, reading its answer, or in coming back.
///
/// Each bound is for the whole of the part and not for the pause between two bytes: who sends a byte now and then is
/// never idle, and would hold a connection for ever.
final class RequestPace: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: HTTPLimits
    /// Runs while the client has to do something; none runs while an operation is at work, which has its own bound.
    private var deadline: Scheduled<Void>?
    /// Requests whose answer has not left yet: clients may send the next one before.
    private var unanswered = 0

    init(_ limits: HTTPLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { expect(within: limits.headSeconds, context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelActive(context: ChannelHandlerContext) {
        expect(within: limits.headSeconds, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            expect(within: limits.bodySeconds, context)
        case .body: break
        case .end: stop()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind != .informational:
            expect(within: limits.answerSeconds, context)
            context.write(data, promise: promise)
        case .head, .body: context.write(data, promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise()
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            written.futureResult.whenSuccess {
                let (pace, context) = bound.value
                pace.answerHasLeft(context)
            }
            context.write(data, promise: written)
        }
    }

    private func answerHasLeft(_ context: ChannelHandlerContext) {
        unanswered = max(0, unanswered - 1)
        if unanswered == 0 { expect(within: limits.idleSeconds, context) } else { stop() }
    }

    private func expect(within seconds: Double, _ context: ChannelHandlerContext) {
        stop()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) {
            bound.value.close(promise: nil)
        }
    }

    private func stop() {
        deadline?.cancel()
        deadline = nil
    }
}
