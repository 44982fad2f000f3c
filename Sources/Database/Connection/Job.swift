import Synchronization

/// One hand-over to a connection: a batch of statements that travels in one round trip, and who waits for the answer.
///
/// Unchecked because its mutable fields have one owner at a time: the submitting task until the job is queued, then the
/// pool under its lock, then the connection's thread until it resumes the continuation, then the task again. Each
/// hand-over goes through a lock or the continuation, which order the accesses. `cancelRequested` alone is shared.
final class Job: @unchecked Sendable {
    enum Purpose: Sendable {
        /// Waits for a connection of its own; nothing is sent.
        case lease
        /// A whole transaction in one round trip. It may stand behind others on a shared connection.
        case pipeline
        /// A part of a transaction that holds its connection.
        case leased(serial: UInt64)
    }

    let purpose: Purpose
    let statements: [Statement]
    /// BEGIN and the scope, sent before the first statements of a transaction; their answers are not kept.
    var prologue: [Statement]
    /// COMMIT or ROLLBACK.
    let epilogue: Statement?
    /// Whether the answer decides over a commit, so that losing the connection leaves the outcome unknown.
    let commits: Bool
    /// COMMIT and ROLLBACK run to their end.
    let isCancellable: Bool
    /// Whether the pool counts it as under way on its connection.
    let isCounted: Bool
    let deadline: ContinuousClock.Instant
    let submittedAt: ContinuousClock.Instant
    let cancelRequested = Atomic<Bool>(false)

    var continuation: UnsafeContinuation<Void, Never>?
    /// The connection's generation when a leased job was queued; a later one has lost the transaction.
    var generation: UInt64 = 0
    var lease: Lease?
    var results: [Rows] = []
    var error: (any Error)?
    /// Set when a cancel request of this job was sent to the server.
    var cancelIssued = false
    var drainDeadline: ContinuousClock.Instant?
    var nextCancel: ContinuousClock.Instant?
    /// Set when it was run again because of a stale plan; a second time is an error.
    var wasStale = false
    /// The count of cancel requests on the connection when the job was sent.
    var cancelsBeforeSend = 0

    init(
        _ purpose: Purpose, prologue: [Statement] = [], statements: [Statement] = [], epilogue: Statement? = nil,
        commits: Bool = false, isCancellable: Bool = true, isCounted: Bool = false,
        deadline: ContinuousClock.Instant, submittedAt: ContinuousClock.Instant
    ) {
        self.purpose = purpose
        self.prologue = prologue
        self.statements = statements
        self.epilogue = epilogue
        self.commits = commits
        self.isCancellable = isCancellable
        self.isCounted = isCounted
        self.deadline = deadline
        self.submittedAt = submittedAt
        results.reserveCapacity(statements.count)
    }

    var isLeased: Bool { if case .leased = purpose { true } else { false } }
    var isPipeline: Bool { if case .pipeline = purpose { true } else { false } }
    var isCancelled: Bool { isCancellable && cancelRequested.load(ordering: .acquiring) }

    /// Hands the job back to its task. Call it once, outside every lock.
    func complete(_ failure: (any Error)? = nil) {
        if let failure { error = failure }
        let waiting = continuation
        continuation = nil
        waiting?.resume()
    }

    func outcome() throws -> [Rows] {
        if let error { throw error }
        return results
    }
}
