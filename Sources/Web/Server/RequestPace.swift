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
    /// Set while the client has to do something, and not while an operation is at work, which has its own bound.
    private var deadline: NIODeadline?
    /// One alarm outlasts many deadlines: a busy connection moves its deadline several times a request, and a timer for
    /// each would cost more than the request's own parsing. An alarm that rings early looks again later.
    private var alarm: (moment: NIODeadline, scheduled: Scheduled<Void>)?
    /// Requests whose answer has not left yet: clients may send the next one before.
    private var unanswered = 0

    init(_ limits: HTTPLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { expect(within: limits.headSeconds, context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelActive(context: ChannelHandlerContext) {
        expect(within: limits.headSeconds, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
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
        let moment = NIODeadline.now() + .milliseconds(Int64(seconds * 1000))
        deadline = moment
        if let alarm, alarm.moment <= moment { return }
        alarm?.scheduled.cancel()
        setAlarm(at: moment, context)
    }

    private func setAlarm(at moment: NIODeadline, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let scheduled = context.eventLoop.scheduleTask(deadline: moment) {
            let (pace, context) = bound.value
            pace.rang(context)
        }
        alarm = (moment, scheduled)
    }

    private func rang(_ context: ChannelHandlerContext) {
        alarm = nil
        guard let deadline else { return }
        if deadline <= .now() { context.close(promise: nil) } else { setAlarm(at: deadline, context) }
    }

    private func stop() { deadline = nil }

    private func end() {
        stop()
        alarm?.scheduled.cancel()
        alarm = nil
    }
}
