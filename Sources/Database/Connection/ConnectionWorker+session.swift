import CPostgres
import DequeModule
import Glibc
import Synchronization

extension ConnectionWorker {
    /// Opens a session and enters pipeline mode. Returns why it failed.
    func connect() -> String? {
        let until = ContinuousClock.now + limits.connectTimeout
        guard let session = parameters.start() else { return "libpq has no memory left" }
        self.session = session
        if let reason = handshake(session, until: until) { return reason }
        // The default prints to standard error.
        PQsetNoticeReceiver(session, { _, _ in }, nil)
        guard PQsetnonblocking(session, 1) == 0, PQenterPipelineMode(session) == 1 else { return session.lastMessage }
        pool.meter.countConnect()
        return nil
    }

    /// Returns why it failed.
    private func handshake(_ session: OpaquePointer, until: ContinuousClock.Instant) -> String? {
        var events = Int32(POLLOUT)
        while PQstatus(session) != CONNECTION_BAD {
            let tick = pool.expireWaiting(slot: connection.slot)
            let ready = connection.wakeup.wait(
                socket: PQsocket(session), events: events, until: min(until, tick ?? until))
            isStopping = connection.mailbox.withLock { $0.isStopping }
            if isStopping { return "the pool is closing" }
            if ContinuousClock.now >= until { return "no answer within \(limits.connectTimeout)" }
            guard ready.socketIsReady else { continue }
            switch PQconnectPoll(session) {
            case PGRES_POLLING_OK: return nil
            case PGRES_POLLING_READING: events = Int32(POLLIN)
            case PGRES_POLLING_WRITING: events = Int32(POLLOUT)
            default: return session.lastMessage
            }
        }
        return session.lastMessage
    }

    /// Ends the session, whatever state it is in, and gives every job of it an answer.
    func abandonSession() {
        let reason = session.map { PQstatus($0) == CONNECTION_BAD ? $0.lastMessage : "" } ?? ""
        // A request that is still under way names a process that is gone; the next session must not wait for it.
        cancels = CancelRequests()
        if let session { PQfinish(session) }
        session = nil
        cache = StatementCache(limit: limits.preparedStatementsPerConnection)
        expected.removeAll()
        awaitsTerminator = false
        arrivedBytes = 0
        hasUnsentBytes = false
        hasFailed = false
        let unsent = connection.mailbox.withLock { mail in
            mail.generation += 1
            mail.isOpen = false
            defer { mail.jobs.removeAll() }
            return backlog + mail.jobs
        }
        backlog.removeAll()
        let sent = inFlight
        inFlight.removeAll()
        for job in sent { finishLost(job, reason: reason) }
        for job in unsent {
            if job.isPipeline {
                pool.resubmit(job, from: connection.slot)
            } else {
                pool.finished(job, on: connection.slot)
                job.complete(DatabaseError(.connectionLost, "the connection broke: \(reason)"))
            }
        }
    }

    private func finishLost(_ job: Job, reason: String) {
        pool.finished(job, on: connection.slot)
        if job.error != nil {
            job.complete()
        } else if job.commits {
            job.complete(
                DatabaseError(.outcomeUnknown, "the connection broke while the transaction was committing: \(reason)"))
        } else if job.isCancelled {
            job.complete(CancellationError())
        } else {
            job.complete(DatabaseError(.connectionLost, "the connection broke: \(reason)"))
        }
    }
}
