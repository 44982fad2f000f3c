import Logging
import Primitives
import Synchronization

/// The connections of one role.
///
/// A pipeline goes straight to the least busy connection; a transaction holds one until it ends. Connections are opened
/// when they are first needed, by threads that live until the pool is shut down.
final class ConnectionPool: Sendable {
    let meter: DatabaseMeter
    /// `nil` but in the simulation.
    let gate: (any RoundTripGate)?
    private let connections: [Connection]
    private let state: Mutex<PoolState>
    private let role: DatabaseConfiguration.Role
    private let configuration: DatabaseConfiguration
    private let logger: Logger
    private let serials = Atomic<UInt64>(0)
    private let threadsAlive = Mutex(ThreadCount())

    init(
        role: DatabaseConfiguration.Role, size: Int, configuration: DatabaseConfiguration, meter: DatabaseMeter,
        gate: (any RoundTripGate)?, logger: Logger
    ) {
        self.gate = gate
        self.role = role
        self.configuration = configuration
        self.meter = meter
        var logger = logger
        logger[metadataKey: "role"] = "\(role.rawValue)"
        self.logger = logger
        connections = (0..<max(size, 1)).map(Connection.init(slot:))
        state = Mutex(
            PoolState(
                size: size, waitingLimit: configuration.limits.waitingRequests,
                jobsLimit: configuration.limits.pipelinesPerConnection))
    }

    var limits: DatabaseConfiguration.Limits { configuration.limits }

    // MARK: The callers' side

    /// Runs a pipeline, or waits for a connection to hold.
    nonisolated(nonsending) func perform(_ job: Job) async throws -> [Rows] {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                job.continuation = continuation
                submit(job)
            }
        } onCancel: {
            cancel(job)
        }
        return try job.outcome()
    }

    /// Runs a part of a transaction on the connection that it holds.
    nonisolated(nonsending) func perform(_ job: Job, on lease: Lease) async throws -> [Rows] {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                job.continuation = continuation
                switch lease.connection.submit(job, serial: lease.serial, opening: lease.opening) {
                case .active: break
                case .expired: job.complete(lease.endedError)
                case .lost: job.complete(Lease.lostError)
                }
            }
        } onCancel: {
            job.cancelRequested.store(true, ordering: .releasing)
            lease.connection.wakeup.signal()
        }
        meter.recordQuery(since: job.submittedAt)
        return try job.outcome()
    }

    func submit(_ job: Job) {
        let (placement, opened) = state.withLock { $0.place(job) }
        if let opened { startThread(opened) }
        switch placement {
        case .slot(let slot): assign(job, slot)
        case .waiting:
            meter.waiting(+1)
            // The first thread keeps the time of the line.
            connections[0].wakeup.signal()
        case .refused(let error): job.complete(error)
        case .cancelled: job.complete(CancellationError())
        }
    }

    private func assign(_ job: Job, _ slot: Int) {
        if job.isPipeline {
            if !connections[slot].submit(job) { resubmit(job, from: slot) }
            return
        }
        let serial = serials.add(1, ordering: .relaxed).newValue
        connections[slot].take(hold: .init(serial: serial, deadline: job.deadline, begunIn: nil))
        job.lease = Lease(
            pool: self, connection: connections[slot], serial: serial, deadline: job.deadline, opening: job.prologue)
        meter.recordWait(since: job.submittedAt)
        meter.held(+1, role)
        job.complete()
    }

    private func cancel(_ job: Job) {
        job.cancelRequested.store(true, ordering: .sequentiallyConsistent)
        if state.withLock({ $0.withdraw(job) }) {
            meter.waiting(-1)
            job.complete(CancellationError())
        } else {
            for connection in connections { connection.wakeup.signal() }
        }
    }

    /// Ends a hold. `jobsLeft` counts its COMMIT or ROLLBACK, which is still on the way.
    func release(_ slot: Int, jobsLeft: Int) {
        meter.held(-1, role)
        state.withLock { $0.release(slot, jobsLeft: jobsLeft) }
        serveWaiting()
    }

    // MARK: The threads' side

    func finished(_ job: Job, on slot: Int) {
        if job.isPipeline { meter.recordQuery(since: job.submittedAt) }
        guard job.isPipeline || job.isCounted else { return }
        let someoneWaits = state.withLock { state in
            state.finished(slot)
            return !state.waiting.isEmpty
        }
        if someoneWaits { serveWaiting() }
    }

    func resubmit(_ job: Job, from slot: Int) {
        guard state.withLock({ $0.putBack(job, from: slot) }) else {
            return job.complete(DatabaseError(.unavailable, "the database is shut down"))
        }
        meter.waiting(+1)
        serveWaiting()
    }

    /// - Returns: whether this ends a time in which connections failed.
    func connectionIsUp(_ slot: Int) -> Bool {
        let isBack = state.withLock { $0.up(slot) }
        meter.connections(+1, role)
        serveWaiting()
        return isBack
    }

    func connectionIsDown(_ slot: Int) {
        state.withLock { $0.down(slot) }
        meter.connections(-1, role)
    }

    /// - Returns: whether it is the first failure since a connection was made.
    func connectionFailed(_ slot: Int, reason: String) -> Bool {
        let isFirst = state.withLock { $0.failed(slot, reason) }
        serveWaiting()
        return isFirst
    }

    private func serveWaiting() {
        while let (job, slot) = state.withLock({ $0.next() }) {
            meter.waiting(-1)
            assign(job, slot)
        }
    }

    /// The next moment at which a waiting request gives up; only the first connection's thread looks after it.
    func nextExpiry(slot: Int) -> ContinuousClock.Instant? {
        guard slot == 0 else { return nil }
        return state.withLock { $0.nextExpiry(patience: limits.unavailablePatience) }
    }

    func expireWaiting(slot: Int) -> ContinuousClock.Instant? {
        guard slot == 0 else { return nil }
        let now = ContinuousClock.now
        let (expired, failure) = state.withLock { state in
            (state.expire(now, patience: limits.unavailablePatience), state.anyUp ? nil : state.lastFailure)
        }
        for job in expired {
            meter.waiting(-1)
            if failure == nil, job.deadline <= now {
                job.complete(ConnectionWorker.timeout)
            } else {
                let reason = failure ?? "no answer yet"
                job.complete(DatabaseError(.unavailable, "PostgreSQL cannot be reached: \(reason)"))
            }
        }
        return nextExpiry(slot: slot)
    }

    // MARK: Life

    private struct ThreadCount {
        var alive = 0
        var whenGone: [CheckedContinuation<Void, Never>] = []
    }

    private func startThread(_ slot: Int) {
        threadsAlive.withLock { $0.alive += 1 }
        let connection = connections[slot]
        let parameters = SessionParameters(configuration, role: role)
        let configuration = configuration
        let logger = logger
        DedicatedThread.start("db-\(role == .app ? "app" : "plat")-\(slot)") {
            ConnectionWorker(
                connection: connection, pool: self, parameters: parameters, configuration: configuration,
                logger: logger
            ).run()
        }
    }

    func threadEnded(_ slot: Int) {
        let waiting = threadsAlive.withLock { threads in
            threads.alive -= 1
            guard threads.alive == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { threads.whenGone = [] }
            return threads.whenGone
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Refuses new requests, waits for those under way, and ends the threads.
    nonisolated(nonsending) func shutdown() async {
        state.withLock { $0.close() }
        let until = ContinuousClock.now + limits.shutdownGrace
        while ContinuousClock.now < until, !state.withLock({ $0.isQuiet }), !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(10))
        }
        stop()
        await withCheckedContinuation { continuation in
            let isGone = threadsAlive.withLock { threads in
                if threads.alive > 0 { threads.whenGone.append(continuation) }
                return threads.alive == 0
            }
            if isGone { continuation.resume() }
        }
    }

    /// Ends the threads without waiting for anything; whoever waits gets an error.
    func stop() {
        let waiting = state.withLock { state in
            state.close()
            return state.takeWaiting()
        }
        for job in waiting {
            meter.waiting(-1)
            job.complete(DatabaseError(.unavailable, "the database is shut down"))
        }
        for connection in connections { connection.stop() }
    }
}
