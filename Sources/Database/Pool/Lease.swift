import Primitives
import Synchronization

/// A transaction's hold on a connection, until it is committed, rolled back, or its deadline has passed.
final class Lease: Sendable {
    let pool: ConnectionPool
    let connection: Connection
    let serial: UInt64
    let deadline: ContinuousClock.Instant
    /// BEGIN and the scope, for the first statement to take with it.
    let opening: [Statement]
    private let hasEnded = Atomic<Bool>(false)

    init(
        pool: ConnectionPool, connection: Connection, serial: UInt64, deadline: ContinuousClock.Instant,
        opening: [Statement]
    ) {
        self.pool = pool
        self.connection = connection
        self.serial = serial
        self.deadline = deadline
        self.opening = opening
    }

    static let lostError = DatabaseError(.connectionLost, "the connection broke during the transaction")

    /// Why nothing can be sent any more.
    var endedError: any Error {
        hasEnded.load(ordering: .acquiring)
            ? DatabaseError(.transactionEnded, "the transaction has ended") : ConnectionWorker.timeout
    }

    nonisolated(nonsending) func run(_ statements: [Statement]) async throws -> [Rows] {
        guard !statements.isEmpty else { return [] }
        try Task.checkCancellation()
        let job = Job(.leased(serial: serial), statements: statements, deadline: deadline, submittedAt: .now)
        return try await pool.gate.pass(.part) { try await pool.perform(job, on: self) }
    }

    /// Sends COMMIT and waits for it; a cancelled task waits too.
    nonisolated(nonsending) func commit() async throws {
        guard !hasEnded.load(ordering: .acquiring) else { return }
        try await pool.gate.pass(.commit) {
            guard !hasEnded.exchange(true, ordering: .acquiringAndReleasing) else { return }
            let job = ending(Control.commit, commits: true)
            await finish(job, opening: nil)
            _ = try job.outcome()
        }
    }

    /// Sends the last statements and COMMIT in one round trip.
    nonisolated(nonsending) func commit(with statements: [Statement]) async throws -> [Rows] {
        guard !hasEnded.load(ordering: .acquiring) else { throw endedError }
        return try await pool.gate.pass(.commit) {
            guard !hasEnded.exchange(true, ordering: .acquiringAndReleasing) else { throw endedError }
            let job = ending(Control.commit, commits: true, statements)
            await finish(job, opening: opening)
            return try job.outcome()
        }
    }

    /// Rolls back and waits until the locks are gone. A failure is not reported: the connection is replaced then, and
    /// that rolls back as well.
    nonisolated(nonsending) func rollback() async {
        guard !hasEnded.exchange(true, ordering: .acquiringAndReleasing) else { return }
        try? await pool.gate.pass(.rollback) { await finish(ending(Control.rollback, commits: false), opening: nil) }
    }

    /// Ends a transaction that only read: nobody has to wait for the answer.
    func commitReads() throws {
        guard !hasEnded.exchange(true, ordering: .acquiringAndReleasing) else { return }
        switch end(with: ending(Control.commit, commits: false)) {
        case .queued, .nothingToEnd: break
        case .expired: throw ConnectionWorker.timeout
        case .lost: throw Self.lostError
        }
    }

    private nonisolated(nonsending) func finish(_ job: Job, opening: [Statement]?) async {
        await withUnsafeContinuation { continuation in
            job.continuation = continuation
            switch end(with: job, opening: opening) {
            case .queued: break
            case .nothingToEnd: job.complete()
            case .expired: job.complete(ConnectionWorker.timeout)
            case .lost: job.complete(Self.lostError)
            }
        }
    }

    private func ending(_ statement: Statement, commits: Bool, _ statements: [Statement] = []) -> Job {
        let now = ContinuousClock.now
        return Job(
            .leased(serial: serial), statements: statements, epilogue: statement, commits: commits,
            isCancellable: false, isCounted: true,
            deadline: max(deadline, now + pool.limits.drainGrace), submittedAt: now)
    }

    private func end(with job: Job, opening: [Statement]? = nil) -> Connection.Ending {
        let ending = connection.end(serial: serial, with: job, opening: opening)
        // An expired hold was released by the connection's thread.
        if ending != .expired { pool.release(connection.slot, jobsLeft: ending == .queued ? 1 : 0) }
        return ending
    }
}
