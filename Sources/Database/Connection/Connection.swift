import DequeModule
import Synchronization

/// The shared end of one connection: a mailbox, and the thread that empties it.
final class Connection: Sendable {
    /// A transaction's hold on the connection.
    struct Hold {
        let serial: UInt64
        let deadline: ContinuousClock.Instant
        /// Whether BEGIN has been queued, and in which generation of the connection.
        var begunIn: UInt64?
    }

    struct Mailbox {
        var jobs: Deque<Job> = []
        var hold: Hold?
        /// Counts the sessions; a transaction cannot outlive the one it began in.
        var generation: UInt64 = 0
        var isAsleep = false
        var isStopping = false
        /// Whether there is a session; without one nothing is accepted, because nobody would take it out again.
        var isOpen = false
    }

    let mailbox = Mutex(Mailbox())
    let wakeup = Wakeup()
    let slot: Int

    init(slot: Int) { self.slot = slot }

    /// Queues a pipeline. Returns `false` when the session has just been lost.
    func submit(_ job: Job) -> Bool {
        let (isAccepted, mustWake): (Bool, Bool) = mailbox.withLock { mail in
            guard mail.isOpen else { return (false, false) }
            mail.jobs.append(job)
            return (true, mail.takeSleep())
        }
        if mustWake { wakeup.signal() }
        return isAccepted
    }

    /// The thread looks for the hold's deadline when it wakes, at the latest after
    /// `ConnectionWorker.holdCheckInterval`.
    func take(hold: Hold) { mailbox.withLock { $0.hold = hold } }

    enum HoldState {
        case active
        case expired
        case lost
    }

    /// Queues a part of a transaction, with `opening` before it when it is the first.
    func submit(_ job: Job, serial: UInt64, opening: [Statement]) -> HoldState {
        let (state, mustWake): (HoldState, Bool) = mailbox.withLock { mail in
            guard mail.hold?.serial == serial else { return (.expired, false) }
            guard mail.isOpen else { return (.lost, false) }
            if let begunIn = mail.hold?.begunIn {
                guard begunIn == mail.generation else { return (.lost, false) }
            } else {
                job.prologue = opening
                mail.hold?.begunIn = mail.generation
            }
            job.generation = mail.generation
            mail.jobs.append(job)
            return (.active, mail.takeSleep())
        }
        if mustWake { wakeup.signal() }
        return state
    }

    enum Ending {
        /// `job` was queued; its answer is the transaction's.
        case queued
        /// Nothing had been sent, so there is nothing to end.
        case nothingToEnd
        case expired
        case lost
    }

    /// Ends the hold. `job` is the COMMIT or the ROLLBACK; with `opening` it brings statements of its own and may be
    /// the transaction's first.
    func end(serial: UInt64, with job: Job, opening: [Statement]?) -> Ending {
        let (ending, mustWake): (Ending, Bool) = mailbox.withLock { mail in
            guard let hold = mail.hold, hold.serial == serial else { return (.expired, false) }
            mail.hold = nil
            if let begunIn = hold.begunIn {
                guard begunIn == mail.generation else { return (.lost, false) }
            } else {
                guard let opening else { return (.nothingToEnd, false) }
                guard mail.isOpen else { return (.lost, false) }
                job.prologue = opening
            }
            job.generation = mail.generation
            mail.jobs.append(job)
            return (.queued, mail.takeSleep())
        }
        if mustWake { wakeup.signal() }
        return ending
    }

    func stop() {
        mailbox.withLock { $0.isStopping = true }
        wakeup.signal()
    }
}

extension Connection.Mailbox {
    /// Whether the thread has to be woken; only the first one to add something has to do it.
    mutating func takeSleep() -> Bool {
        defer { isAsleep = false }
        return isAsleep
    }
}
