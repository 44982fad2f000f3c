import CPostgres
import DequeModule
import Glibc
import Logging
import Synchronization

/// The thread behind a connection: it connects, sends what the mailbox holds, and hands the answers back.
///
/// Confined to its thread; everything shared is in `Connection` and in the pool. One turn of `serve` is: take the mail,
/// send, wait for the socket or the mailbox, read.
final class ConnectionWorker {
    enum Expectation {
        case prepared(StatementCache.Entry)
        case deallocated
        case prologue(StatementCache.Entry?)
        case statement(StatementCache.Entry?)
        case epilogue(StatementCache.Entry?)
        /// The end of a section. `endsJob` is the one after which the head of `inFlight` is done.
        case sync(endsJob: Bool)
    }

    /// How long a thread may not notice that somebody holds its connection without having sent anything.
    static let holdCheckInterval: Duration = .seconds(1)

    let connection: Connection
    let pool: ConnectionPool
    let parameters: SessionParameters
    let limits: DatabaseConfiguration.Limits
    let usesPreparedStatements: Bool
    var logger: Logger

    var session: OpaquePointer?
    var cache: StatementCache
    /// Taken from the mailbox, not sent yet.
    var backlog: Deque<Job> = []
    /// Sent; answers arrive in this order.
    var inFlight: Deque<Job> = []
    var expected: Deque<Expectation> = []
    var hasUnsentBytes = false
    /// libpq refused to take a statement: the session cannot be used any more.
    var hasFailed = false
    /// Bytes of the answer that is arriving, at the least.
    var arrivedBytes = 0
    /// A statement's result was read and libpq still owes the NULL that ends it.
    var awaitsTerminator = false
    var holdDeadline: ContinuousClock.Instant?
    var generation: UInt64 = 0
    var isStopping = false
    var cancels = CancelRequests()
    var backoff: Backoff
    var generator = SystemRandomNumberGenerator()

    init(
        connection: Connection, pool: ConnectionPool, parameters: SessionParameters,
        configuration: DatabaseConfiguration,
        logger: Logger
    ) {
        self.connection = connection
        self.pool = pool
        self.parameters = parameters
        self.limits = configuration.limits
        self.usesPreparedStatements = configuration.preparedStatements
        self.logger = logger
        cache = StatementCache(limit: limits.preparedStatementsPerConnection)
        backoff = Backoff(base: limits.reconnectBase, ceiling: limits.reconnectCeiling)
    }

    /// The life of the thread.
    func run() {
        while !isStopping {
            if let reason = connect() {
                let isFirst = pool.connectionFailed(connection.slot, reason: reason)
                // Of all the connections and tries of one outage, one is worth a line.
                if !isStopping {
                    logger.log(
                        level: isFirst ? .warning : .debug, "cannot connect to PostgreSQL",
                        metadata: ["reason": "\(reason)"])
                }
            } else {
                backoff.reset()
                connection.mailbox.withLock { $0.isOpen = true }
                if pool.connectionIsUp(connection.slot) { logger.notice("connected to PostgreSQL again") }
                serve()
                pool.connectionIsDown(connection.slot)
            }
            abandonSession()
            if !isStopping { rest() }
        }
        pool.threadEnded(connection.slot)
    }

    private func serve() {
        while true {
            takeMail()
            if isStopping { return }
            sendBacklog()
            guard flush(), wait(), keepDeadlines() else { return }
        }
    }

    /// From here on new mail wakes the thread: what comes while it is sending only makes the next wait short.
    private func takeMail() {
        connection.mailbox.withLock { mail in
            isStopping = mail.isStopping
            holdDeadline = mail.hold?.deadline
            generation = mail.generation
            mail.isAsleep = true
            guard !mail.jobs.isEmpty else { return }
            backlog.append(contentsOf: mail.jobs)
            mail.jobs.removeAll(keepingCapacity: true)
        }
    }

    private func flush() -> Bool {
        guard !hasFailed else { return false }
        guard let session, hasUnsentBytes else { return true }
        switch PQflush(session) {
        case 0: hasUnsentBytes = false
        case 1: break
        default: return false
        }
        return true
    }

    /// Waits for something to do and reads what has arrived. Returns `false` when the session is lost.
    private func wait() -> Bool {
        guard let session else { return false }
        let events = Int32(POLLIN) | (hasUnsentBytes ? Int32(POLLOUT) : 0)
        let latest = ContinuousClock.now + Self.holdCheckInterval
        let until = nextDeadline().map { min($0, latest) } ?? latest
        let ready = connection.wakeup.wait(socket: PQsocket(session), events: events, until: until)
        if ready.socketIsReady {
            let waitingBytes = session.unreadBytes
            guard PQconsumeInput(session) == 1 else {
                // What arrived before the end of the stream still has to be read: it says why the server went away.
                readResults()
                return false
            }
            arrivedBytes += Self.consumedBytes(of: waitingBytes, left: session.unreadBytes)
            guard readResults(), isAnswerBounded(), flush() else { return false }
        }
        return PQstatus(session) == CONNECTION_OK
    }

    /// Waits out the backoff; requests that give up in the meantime are told so.
    private func rest() {
        let until = ContinuousClock.now + backoff.next(using: &generator)
        while ContinuousClock.now < until, !isStopping {
            let tick = pool.expireWaiting(slot: connection.slot)
            _ = connection.wakeup.wait(socket: nil, until: min(until, tick ?? until))
            isStopping = connection.mailbox.withLock { $0.isStopping }
        }
    }
}
