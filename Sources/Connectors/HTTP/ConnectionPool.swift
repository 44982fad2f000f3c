import NIOCore
import Synchronization

/// Connections that wait for their next exchange, by where they lead. Bounded in number and in time.
package final class ConnectionPool: Sendable {
    package struct Origin: Sendable, Hashable {
        package var scheme: WebAddress.Scheme
        package var host: HostName
        package var port: Int
        /// Connections that trust other certificates are other connections.
        package var authorities: String?
        package var serverName: HostName?
    }

    private struct Waiting {
        var connection: HTTPConnection
        var since: NIODeadline

        var identity: ObjectIdentifier { ObjectIdentifier(connection.channel) }
    }

    private struct State {
        var waiting: [Origin: [Waiting]] = [:]
        var count = 0
        /// Connections whose end is listened for: once each, however often they are given back.
        var watched: Set<ObjectIdentifier> = []
        /// One timer looks after all of them. One for each give-back outlives its exchange by the whole idle time, and
        /// an event loop looks at every timer when it cancels one: at thousands of calls a second nothing else is done.
        var isSweepPlanned = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let maximumIdle: Int
    private let idleTimeout: TimeAmount

    /// - Parameter idleSeconds: shorter than the keep-alive of usual servers, so that a request seldom meets a
    ///   connection that is just being closed.
    package init(maximumIdle: Int = 64, idleSeconds: Double = 15) {
        self.maximumIdle = maximumIdle
        idleTimeout = TimeAmount(seconds: idleSeconds)
    }

    package var idleCount: Int { state.withLock { $0.count } }

    /// A waiting connection that is still open, the most recent first.
    func take(_ origin: Origin) -> HTTPConnection? {
        state.withLock { state in
            while let last = state.waiting[origin]?.popLast() {
                state.count -= 1
                if last.connection.isActive { return last.connection }
            }
            state.waiting[origin] = nil
            return nil
        }
    }

    func giveBack(_ connection: HTTPConnection, to origin: Origin) {
        let waiting = Waiting(connection: connection, since: .now())
        let todo: (watch: Bool, sweep: Bool)? = state.withLock { state in
            guard !state.isClosed, state.count < maximumIdle, connection.isActive else { return nil }
            state.count += 1
            state.waiting[origin, default: []].append(waiting)
            defer { state.isSweepPlanned = true }
            return (state.watched.insert(waiting.identity).inserted, !state.isSweepPlanned)
        }
        guard let todo else { return connection.close() }
        let loop = connection.channel.eventLoop
        if todo.sweep { planSweep(on: loop, in: idleTimeout) }
        if todo.watch {
            connection.channel.closeFuture.whenComplete { [self] _ in forget(waiting.identity, of: origin) }
        }
    }

    private func forget(_ identity: ObjectIdentifier, of origin: Origin) {
        state.withLock { state in
            state.watched.remove(identity)
            guard let index = state.waiting[origin]?.firstIndex(where: { $0.identity == identity }) else { return }
            state.count -= 1
            state.waiting[origin]?.remove(at: index)
            if state.waiting[origin]?.isEmpty == true { state.waiting[origin] = nil }
        }
    }

    private func planSweep(on loop: any EventLoop, in amount: TimeAmount) {
        loop.scheduleTask(in: amount) { [self] in sweep(on: loop) }
    }

    /// Ends the connections that have waited for too long, and comes back when the next one will have.
    private func sweep(on loop: any EventLoop) {
        let now = NIODeadline.now()
        let limit = now - idleTimeout
        let (expired, next) = state.withLock { state -> ([Waiting], NIODeadline?) in
            var expired: [Waiting] = []
            for (origin, all) in state.waiting {
                let kept = all.filter { $0.since > limit }
                guard kept.count < all.count else { continue }
                expired += all.filter { $0.since <= limit }
                state.waiting[origin] = kept.isEmpty ? nil : kept
            }
            state.count -= expired.count
            let next = state.waiting.values.lazy.flatMap { $0 }.map(\.since).min()
            state.isSweepPlanned = next != nil
            return (expired, next)
        }
        for waiting in expired { waiting.connection.close() }
        if let next { planSweep(on: loop, in: next + idleTimeout - now) }
    }

    package func close() {
        let all = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:]; state.count = 0 }
            return state.waiting.values.flatMap { $0 }
        }
        for waiting in all { waiting.connection.close() }
    }
}
