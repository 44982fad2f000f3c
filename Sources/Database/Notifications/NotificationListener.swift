import CPostgres
import Glibc
import Logging
import Synchronization

/// One session that listens for everybody in the process, on a thread that starts with the first listener.
final class NotificationListener: Sendable {
    /// Notifications that a slow listener may have before it; then the oldest go, and it is told to look for itself.
    static let bufferLimit = 1024

    private struct Subscriber {
        let id: UInt64
        let channel: String
        let continuation: AsyncStream<Notification>.Continuation
    }

    private struct State {
        var subscribers: [Subscriber] = []
        var nextID: UInt64 = 0
        var isStarted = false
        var isStopped = false
        /// Channels of new subscribers that the session does not listen to yet.
        var hasNews = false
    }

    private let state = Mutex(State())
    private let wakeup = Wakeup()
    private let parameters: SessionParameters
    private let limits: DatabaseConfiguration.Limits
    private let logger: Logger

    init(_ configuration: DatabaseConfiguration, logger: Logger) {
        parameters = SessionParameters(configuration, role: .app, directly: true)
        limits = configuration.limits
        self.logger = logger
    }

    func listen(_ channel: String) -> AsyncStream<Notification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notification.self, bufferingPolicy: .bufferingNewest(Self.bufferLimit))
        let (id, mustStart): (UInt64?, Bool) = state.withLock { state in
            guard !state.isStopped else { return (nil, false) }
            state.nextID += 1
            state.subscribers.append(Subscriber(id: state.nextID, channel: channel, continuation: continuation))
            state.hasNews = true
            defer { state.isStarted = true }
            return (state.nextID, !state.isStarted)
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        if mustStart { DedicatedThread.start("db-listen") { self.run() } } else { wakeup.signal() }
        return stream
    }

    func stop() {
        let subscribers = state.withLock { state in
            state.isStopped = true
            defer { state.subscribers = [] }
            return state.subscribers
        }
        for subscriber in subscribers { subscriber.continuation.finish() }
        wakeup.signal()
    }

    private func remove(_ id: UInt64) {
        state.withLock { state in
            state.subscribers.removeAll { $0.id == id }
            // Its channel is given up at the next look, if nobody else listens to it.
            state.hasNews = true
        }
        wakeup.signal()
    }

    // MARK: On the thread

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func run() {
        var backoff = Backoff(base: limits.reconnectBase, ceiling: limits.reconnectCeiling)
        var generator = SystemRandomNumberGenerator()
        while !isStopped {
            do {
                let session = try BlockingSession(parameters)
                backoff.reset()
                try serve(session)
            } catch {
                logger.warning("the session for notifications broke", metadata: ["reason": "\(error)"])
            }
            let until = ContinuousClock.now + backoff.next(using: &generator)
            while !isStopped, ContinuousClock.now < until { _ = wakeup.wait(socket: nil, until: until) }
        }
    }

    private func serve(_ session: BlockingSession) throws(DatabaseError) {
        var listening: Set<String> = []
        var greeted: Set<UInt64> = []
        state.withLock { $0.hasNews = true }
        while !isStopped {
            try followSubscribers(session, &listening, &greeted)
            deliver(session)
            let ready = wakeup.wait(socket: PQsocket(session.session), events: Int32(POLLIN), until: nil)
            if ready.socketIsReady, PQconsumeInput(session.session) == 0 {
                throw DatabaseError(.connectionLost, session.session.lastMessage)
            }
        }
    }

    private func followSubscribers(
        _ session: BlockingSession, _ listening: inout Set<String>, _ greeted: inout Set<UInt64>
    ) throws(DatabaseError) {
        let subscribers: [Subscriber]? = state.withLock { state in
            defer { state.hasNews = false }
            return state.hasNews ? state.subscribers : nil
        }
        guard let subscribers else { return }
        let wanted = Set(subscribers.map(\.channel))
        for channel in wanted.subtracting(listening) {
            try session.run("LISTEN \(session.quoted(identifier: channel))")
        }
        for channel in listening.subtracting(wanted) {
            try session.run("UNLISTEN \(session.quoted(identifier: channel))")
        }
        listening = wanted
        for subscriber in subscribers where greeted.insert(subscriber.id).inserted {
            subscriber.continuation.yield(.reconnected)
        }
    }

    private func deliver(_ session: BlockingSession) {
        while let notify = PQnotifies(session.session) {
            let channel = String(cString: notify.pointee.relname)
            let payload = String(cString: notify.pointee.extra)
            PQfreemem(notify)
            let subscribers = state.withLock { $0.subscribers }
            for subscriber in subscribers where subscriber.channel == channel {
                if case .dropped = subscriber.continuation.yield(.received(payload: payload)) {
                    subscriber.continuation.yield(.reconnected)
                }
            }
        }
    }
}
