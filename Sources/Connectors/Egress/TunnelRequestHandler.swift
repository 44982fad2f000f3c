import JSON
import NIOCore

/// Reads one CONNECT request, has the door decide, and joins both sides or answers with the reason.
final class TunnelRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let maximumRequestBytes = 4096

    private enum State {
        case reading
        /// Bytes that came after the request wait for the tunnel.
        case connecting
        case done
    }

    private let door: TunnelDoor
    private var state = State.reading
    private var received: [UInt8] = []
    private var isInputClosed = false
    private var timeout: Scheduled<Void>?
    private var connecting: Task<Void, Never>?

    init(door: TunnelDoor) { self.door = door }

    func channelActive(context: ChannelHandlerContext) {
        door.entered(context.channel)
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timeout = context.eventLoop.scheduleTask(in: TimeAmount(seconds: door.limits.requestTimeoutSeconds)) {
            loopBound.value.1.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received += buffer.readBytes(length: buffer.readableBytes) ?? []
        switch state {
        case .reading: readRequest(context)
        case .connecting:
            // A client that does not wait for the answer: hold it back instead of holding all it sends.
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        case .done: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { isInputClosed = true }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        connecting?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func readRequest(_ context: ChannelHandlerContext) {
        guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else {
            if received.count > Self.maximumRequestBytes { refuse(malformed(""), context) }
            return
        }
        timeout?.cancel()
        let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
        received.removeSubrange(..<end.upperBound)
        let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count == 3, words[0] == "CONNECT", words[2].hasPrefix("HTTP/1.") else {
            return refuse(malformed(words.count > 1 ? String(words[1].prefix(300)) : ""), context)
        }
        state = .connecting
        connect(to: String(words[1]), context)
    }

    private func malformed(_ destination: String) -> EgressRefusal {
        EgressRefusal(.malformedRequest, destination: destination)
    }

    private func connect(to destination: String, _ context: ChannelHandlerContext) {
        guard door.counters.begin(limit: door.limits.maximumTunnels) else {
            return refuse(EgressRefusal(.tooManyTunnels, destination: destination), context)
        }
        let loop = context.eventLoop
        let loopBound = NIOLoopBound((self, context), eventLoop: loop)
        // The channel owns this task: `channelInactive` cancels it, and it ends by the connect deadline at the latest.
        connecting = Task { [door] in
            do throws(EgressRefusal) {
                let outside = try await door.connect(to: destination, on: loop)
                loop.execute { loopBound.value.0.join(outside, loopBound.value.1) }
            } catch {
                loop.execute {
                    door.counters.ended()
                    loopBound.value.0.refuse(error, loopBound.value.1)
                }
            }
        }
    }

    private func join(_ outside: any Channel, _ context: ChannelHandlerContext) {
        state = .done
        guard context.channel.isActive else {
            door.counters.ended()
            outside.close(promise: nil)
            return
        }
        door.counters.opened()
        let (inner, outer) = TunnelSide.pair(
            idleTimeout: TimeAmount(seconds: door.limits.idleTimeoutSeconds), counters: door.counters)
        let buffer = context.channel.allocator.buffer(string: "HTTP/1.1 200 Connection established\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        do {
            try outside.pipeline.syncOperations.addHandler(outer)
            try context.pipeline.syncOperations.addHandler(inner)
        } catch {
            outside.close(promise: nil)
            context.close(promise: nil)
            return
        }
        if !received.isEmpty {
            context.fireChannelRead(NIOAny(context.channel.allocator.buffer(bytes: received)))
            received = []
            context.fireChannelReadComplete()
        }
        // A client that had nothing more to send said so before there was anybody to tell.
        if isInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        outside.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    private func refuse(_ refusal: EgressRefusal, _ context: ChannelHandlerContext) {
        state = .done
        door.refused(refusal)
        guard context.channel.isActive else { return }
        let body = refusal.problem.serialized()
        let text =
            "HTTP/1.1 \(refusal.httpStatus) Refused\r\nContent-Type: application/problem+json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n" + body
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text)))
            .whenComplete { _ in loopBound.value.close(promise: nil) }
    }
}
