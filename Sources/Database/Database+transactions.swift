package import Primitives

extension Database {
    /// How long a transaction may take, from the wait for a connection to the commit, unless told otherwise.
    package static let defaultDeadline: Duration = .seconds(30)

    /// Runs `body` in a transaction of the scope: it commits when `body` returns and rolls back when it throws.
    ///
    /// BEGIN and the scope travel with the first statement, so that a body of n round trips costs n + 1. Nothing is
    /// repeated: see `retrying`. Throws `Problem(.timeout)` at the deadline, `CancellationError` when the task is
    /// cancelled during a query, and `DatabaseError` for everything else.
    package nonisolated(nonsending) func transaction<Value>(
        _ scope: TenantScope, isolation: IsolationLevel = .readCommitted, deadline: Duration = defaultDeadline,
        _ body: nonisolated(nonsending) (TenantTransaction) async throws -> Value
    ) async throws -> Value {
        let lease = try await lease(scope, deadline, Control.begin(isolation))
        do {
            let value = try await body(TenantTransaction(scope: scope, lease: lease))
            try await CommitWitness.watching { try await lease.commit() }
            return value
        } catch {
            // After a commit that failed this does nothing.
            await lease.rollback()
            throw error
        }
    }

    /// The same for a body that only reads: the server refuses to write, and nobody waits for the end.
    package nonisolated(nonsending) func read<Value>(
        _ scope: TenantScope, deadline: Duration = defaultDeadline,
        _ body: nonisolated(nonsending) (TenantTransaction) async throws -> Value
    ) async throws -> Value {
        let lease = try await lease(scope, deadline, Control.beginReadOnly)
        do {
            let value = try await body(TenantTransaction(scope: scope, lease: lease))
            try lease.commitReads()
            return value
        } catch {
            await lease.rollback()
            throw error
        }
    }

    /// Runs the statements as one transaction of the scope in one round trip: all of them happen, or none.
    package nonisolated(nonsending) func pipeline(
        _ scope: TenantScope, deadline: Duration = defaultDeadline, _ statements: [Statement]
    ) async throws -> [Rows] {
        try await pipeline(scope, deadline, statements, readOnly: false)
    }

    /// The same for statements that only read.
    package nonisolated(nonsending) func readPipeline(
        _ scope: TenantScope, deadline: Duration = defaultDeadline, _ statements: [Statement]
    ) async throws -> [Rows] {
        try await pipeline(scope, deadline, statements, readOnly: true)
    }

    private nonisolated(nonsending) func pipeline(
        _ scope: TenantScope, _ deadline: Duration, _ statements: [Statement], readOnly: Bool
    ) async throws -> [Rows] {
        guard !statements.isEmpty else { return [] }
        let now = ContinuousClock.now
        let job = Job(
            .pipeline, prologue: Control.pipelinePrologue(scope, readOnly: readOnly), statements: statements,
            commits: !readOnly, deadline: now + deadline, submittedAt: now)
        let pool = pool(for: scope)
        if readOnly { return try await pool.gate.pass(.reading) { try await pool.perform(job) } }
        return try await CommitWitness.watching {
            try await pool.gate.pass(.writing) { try await pool.perform(job) }
        }
    }

    private nonisolated(nonsending) func lease(
        _ scope: TenantScope, _ deadline: Duration, _ begin: Statement
    ) async throws -> Lease {
        let now = ContinuousClock.now
        let job = Job(
            .lease, prologue: Control.opening(scope, begin), deadline: now + deadline, submittedAt: now)
        let pool = pool(for: scope)
        do {
            _ = try await pool.gate.pass(.hold) { try await pool.perform(job) }
        } catch {
            // The hold may have been given just as the task was cancelled.
            await job.lease?.rollback()
            throw error
        }
        guard let lease = job.lease else { preconditionFailure("a hold was granted without a connection") }
        return lease
    }

    /// Attempts of `retrying` that are made unless told otherwise, and the pause before the second one, which doubles.
    package static let defaultAttempts = 5
    static let retryPause: Duration = .milliseconds(10)

    /// Runs `body`, a whole transaction, again while it fails with an error that says nothing was committed and another
    /// try may help: a serialization failure, a deadlock, a connection lost before the commit.
    package nonisolated(nonsending) func retrying<Value>(
        _ attempts: Int = defaultAttempts, _ body: nonisolated(nonsending) () async throws -> Value
    ) async throws -> Value {
        var generator = SystemRandomNumberGenerator()
        var backoff = Backoff(base: Self.retryPause, ceiling: .seconds(1))
        for _ in 1..<max(attempts, 2) {
            do {
                return try await body()
            } catch let error as DatabaseError where error.isRetryable {
                try await Task.sleep(for: backoff.next(using: &generator))
            }
        }
        return try await body()
    }
}
