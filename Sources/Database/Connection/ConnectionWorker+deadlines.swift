import CPostgres
import DequeModule
import Logging
import Primitives
import Synchronization

extension ConnectionWorker {
    /// When the thread has to look again though nothing arrives.
    func nextDeadline() -> ContinuousClock.Instant? {
        var next = pool.nextExpiry(slot: connection.slot)
        func consider(_ moment: ContinuousClock.Instant?) {
            guard let moment else { return }
            next = next.map { min($0, moment) } ?? moment
        }
        if let head = inFlight.first {
            // A request that is under way for another job ends with a signal; until then this one cannot be cancelled.
            if let drainDeadline = head.drainDeadline {
                consider(drainDeadline)
                consider(cancels.isUnderWay ? nil : head.nextCancel)
            } else if !cancels.isUnderWay {
                consider(head.deadline)
            }
        } else {
            consider(holdDeadline)
        }
        for job in backlog where job.isCancellable { consider(job.deadline) }
        return next
    }

    /// Acts on every deadline and cancellation that has come. Returns `false` when the session must be given up.
    func keepDeadlines() -> Bool {
        let now = ContinuousClock.now
        _ = pool.expireWaiting(slot: connection.slot)
        dropBacklog(now)
        guard let head = inFlight.first else {
            if let holdDeadline, holdDeadline <= now { breakHold() }
            return true
        }
        if let drainDeadline = head.drainDeadline {
            guard drainDeadline <= now else {
                if let nextCancel = head.nextCancel, nextCancel <= now { cancel(head, now) }
                return true
            }
            if head.error == nil, !head.commits { head.error = head.isCancelled ? CancellationError() : Self.timeout }
            logger.warning("a cancelled statement did not end; the connection is replaced")
            return false
        }
        guard head.isCancellable else {
            if head.deadline <= now { logger.warning("COMMIT or ROLLBACK did not end; the connection is replaced") }
            return head.deadline > now
        }
        if head.isCancelled || head.deadline <= now { cancel(head, now) }
        return true
    }

    /// Asks the server to cancel the head, and again after a while: a request that arrives before the server has begun
    /// with the statement, or while a pooler still looks for a server, does nothing.
    private func cancel(_ head: Job, _ now: ContinuousClock.Instant) {
        guard let session, !cancels.isUnderWay else { return }
        if !head.cancelIssued { pool.meter.countCancel() }
        head.cancelIssued = true
        head.drainDeadline = head.drainDeadline ?? now + limits.drainGrace
        head.nextCancel = now + limits.cancelRepeat
        let connection = self.connection
        cancels.send(to: session) { connection.wakeup.signal() }
    }

    private func dropBacklog(_ now: ContinuousClock.Instant) {
        guard backlog.contains(where: { $0.isCancelled || ($0.isCancellable && $0.deadline <= now) }) else { return }
        let dropped = backlog.filter { $0.isCancelled || ($0.isCancellable && $0.deadline <= now) }
        backlog.removeAll { $0.isCancelled || ($0.isCancellable && $0.deadline <= now) }
        for job in dropped {
            pool.finished(job, on: connection.slot)
            job.complete(job.isCancelled ? CancellationError() : Self.timeout)
        }
    }

    /// A transaction whose body outlived its deadline without a query under way: it is rolled back here, so that a
    /// stuck caller cannot keep a connection. The body learns of it with its next query.
    private func breakHold() {
        let now = ContinuousClock.now
        let (isBroken, rollback): (Bool, Job?) = connection.mailbox.withLock { mail in
            guard let hold = mail.hold, hold.deadline <= now, mail.jobs.isEmpty else { return (false, nil) }
            mail.hold = nil
            guard hold.begunIn == mail.generation else { return (true, nil) }
            let job = Job(
                .leased(serial: hold.serial), epilogue: Control.rollback, isCancellable: false, isCounted: true,
                deadline: now + limits.drainGrace, submittedAt: now)
            job.generation = mail.generation
            return (true, job)
        }
        guard isBroken else { return }
        holdDeadline = nil
        logger.warning("a transaction outlived its deadline and was rolled back")
        if let rollback { backlog.append(rollback) }
        pool.release(connection.slot, jobsLeft: rollback == nil ? 0 : 1)
    }
}
