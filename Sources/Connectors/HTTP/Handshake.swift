import NIOCore
import Synchronization

/// The wait for TLS on a stream that is being opened. A dialer may configure more than one stream, for one address after
/// the other, before one of them connects: the last counts.
final class Handshake: Sendable {
    private let current = Mutex<EventLoopPromise<Void>?>(nil)

    func promise(on loop: any EventLoop) -> EventLoopPromise<Void> {
        let promise = loop.makePromise(of: Void.self)
        let earlier = current.withLock { current in
            defer { current = promise }
            return current
        }
        earlier?.fail(OutboundFailure(.closed, wasSent: false))
        return promise
    }

    func wait(_ channel: any Channel, _ deadline: NIODeadline) async throws(OutboundFailure) {
        guard let promise = current.withLock({ $0 }) else { throw OutboundFailure(.closed, wasSent: false) }
        let timeout = channel.eventLoop.scheduleTask(deadline: deadline) {
            promise.fail(OutboundFailure(.timedOut, wasSent: false))
            channel.close(promise: nil)
        }
        defer { timeout.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            channel.close(promise: nil)
            throw error as? OutboundFailure ?? OutboundFailure(.closed, wasSent: false)
        }
    }

    deinit {
        // A stream that never connected leaves its promise behind.
        current.withLock { $0 }?.fail(OutboundFailure(.closed, wasSent: false))
    }
}
