package import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection, whatever it runs over. Carries one exchange at a time.
package struct HTTPConnection: Sendable {
    let channel: any Channel

    package var isActive: Bool { channel.isActive }

    package func close() { channel.close(promise: nil) }

    /// Puts HTTP on a stream; called on the channel's event loop.
    ///
    /// - Parameter tls: with the promise of it being established, which the caller waits for before the first exchange.
    package static func configure(
        _ channel: any Channel, maximumHeaderBytes: Int, tls: (TrustedTLS.Client, EventLoopPromise<Void>)? = nil
    ) throws {
        try tls?.0.configure(channel)
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = maximumHeaderBytes
        limits.maxHeaderListSize = maximumHeaderBytes
        limits.maxHeaderFieldCount = 100
        let decoder = HTTPResponseDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandlers([
            HTTPRequestEncoder(), ByteToMessageHandler(decoder), ExchangeHandler(secured: tls?.1),
        ])
    }

    package init(channel: any Channel) { self.channel = channel }

    /// Sends a request and waits for the whole answer. Cancelling ends the connection.
    package func send(
        _ request: OutboundRequest, limits: CallLimits, deadline: NIODeadline
    ) async throws(OutboundFailure) -> (response: OutboundResponse, isReusable: Bool) {
        let answer = channel.eventLoop.makePromise(of: Exchange.Answer.self)
        let exchange = Exchange(
            head: head(of: request), body: request.body.map { channel.allocator.buffer(bytes: $0) },
            maximumResponseBytes: limits.maximumResponseBytes,
            readTimeout: TimeAmount(seconds: limits.readTimeoutSeconds),
            deadline: deadline, answer: answer)
        channel.writeAndFlush(exchange).whenFailure { _ in
            // The handler may be gone already; failing twice is harmless.
            answer.fail(OutboundFailure(.closed, wasSent: false))
        }
        do {
            let answer = try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: { [channel] in
                channel.close(promise: nil)
            }
            return (answer.response, answer.isReusable)
        } catch {
            if Task.isCancelled { throw OutboundFailure(.cancelled, wasSent: true) }
            throw error as? OutboundFailure ?? OutboundFailure(.closed, wasSent: true)
        }
    }

    private func head(of request: OutboundRequest) -> HTTPRequestHead {
        var head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.address.target)
        head.headers.reserveCapacity(request.headers.count + 4)
        head.headers.add(name: "Host", value: request.address.authority)
        for (name, value) in request.headers { head.headers.add(name: name, value: value) }
        // Compressed answers would let a small answer become a large one.
        head.headers.add(name: "Accept-Encoding", value: "identity")
        if let body = request.body {
            head.headers.add(name: "Content-Length", value: String(body.count))
        } else if !request.isSafe {
            head.headers.add(name: "Content-Length", value: "0")
        }
        return head
    }
}
