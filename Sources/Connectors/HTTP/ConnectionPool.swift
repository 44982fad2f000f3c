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
        var number: UInt64
    }

    private struct State {
        var waiting: [Origin: [Waiting]] = [:]
        var count = 0
        var nextNumber: UInt64 = 0
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
        let number: UInt64? = state.withLock { state in
            guard !state.isClosed, state.count < maximumIdle, connection.isActive else { return nil }
            state.nextNumber += 1
            state.count += 1
            state.waiting[origin, default: []].append(Waiting(connection: connection, number: state.nextNumber))
            return state.nextNumber
        }
        guard let number else { return connection.close() }
        connection.channel.eventLoop.scheduleTask(in: idleTimeout) { [self] in expire(number, of: origin) }
        connection.channel.closeFuture.whenComplete { [self] _ in expire(number, of: origin) }
    }

    private func expire(_ number: UInt64, of origin: Origin) {
        let expired: HTTPConnection? = state.withLock { state in
            guard let index = state.waiting[origin]?.firstIndex(where: { $0.number == number }) else { return nil }
            state.count -= 1
            let connection = state.waiting[origin]?.remove(at: index).connection
            if state.waiting[origin]?.isEmpty == true { state.waiting[origin] = nil }
            return connection
        }
        expired?.close()
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
