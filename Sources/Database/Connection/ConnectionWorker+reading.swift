import CPostgres
import DequeModule
import Primitives

extension ConnectionWorker {
    static let timeout = Problem(.timeout, "The database did not answer in time.")

    /// libpq may answer with nothing once while it moves on to the next command; never for long.
    private static let emptyAnswersLimit = 4

    /// Reads every result that has arrived whole. Returns `false` when libpq and this side no longer agree.
    @discardableResult
    func readResults() -> Bool {
        guard let session else { return false }
        var emptyAnswers = 0
        while let expectation = expected.first, PQisBusy(session) == 0 {
            guard let result = PQgetResult(session) else {
                if awaitsTerminator {
                    awaitsTerminator = false
                    emptyAnswers = 0
                    // After an error at the end of a section the section's own mark is still to come.
                    if case .sync = expectation { continue }
                    expected.removeFirst()
                    continue
                }
                emptyAnswers += 1
                guard emptyAnswers < Self.emptyAnswersLimit else { return false }
                continue
            }
            emptyAnswers = 0
            take(result, for: expectation)
        }
        return true
    }

    private func take(_ result: OpaquePointer, for expectation: Expectation) {
        let status = PQresultStatus(result)
        if status == PGRES_PIPELINE_SYNC {
            PQclear(result)
            guard case .sync(let endsJob) = expectation else { return }
            expected.removeFirst()
            if endsJob { finishHead() }
            return
        }
        awaitsTerminator = true
        arrivedBytes = 0
        let isRefused = status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE
        if isRefused {
            refuse(result, for: expectation)
        } else if status != PGRES_PIPELINE_ABORTED {
            accept(result, for: expectation)
            return
        } else if case .prepared(let entry) = expectation {
            cache.forget(entry, deallocate: false)
        }
        PQclear(result)
    }

    /// Takes over the result.
    private func accept(_ result: OpaquePointer, for expectation: Expectation) {
        switch expectation {
        case .statement:
            guard let job = inFlight.first else { break }
            if let excess = excess(of: result) {
                job.error = job.error ?? tooLarge(excess, for: job)
            } else {
                job.results.append(Rows(result: QueryResult(result)))
                return
            }
        case .prepared(let entry): entry.isReady = true
        case .epilogue:
            // COMMIT of a transaction that has failed is answered with ROLLBACK, and no error.
            if let job = inFlight.first, job.commits, String(cString: PQcmdStatus(result)) != "COMMIT" {
                job.error = job.error ?? DatabaseError(.transactionEnded, "a statement failed: nothing was committed")
            }
        case .deallocated, .prologue, .sync: break
        }
        PQclear(result)
    }

    private func refuse(_ result: OpaquePointer, for expectation: Expectation) {
        var error = DatabaseError(result: result)
        let isFatal = DatabaseError.isFatal(result)
        switch expectation {
        case .prepared(let entry): cache.forget(entry, deallocate: false)
        case .deallocated: return
        case .prologue(let entry?), .statement(let entry?), .epilogue(let entry?):
            if isStale(entry, error, result) {
                error = DatabaseError(.stalePlan, error.message, sqlState: error.sqlState)
            }
        case .prologue, .statement, .epilogue, .sync: break
        }
        if isFatal, isAtCommit(expectation), let job = inFlight.first, job.commits {
            error = DatabaseError(.outcomeUnknown, "the session ended during the commit: \(error.message)")
        }
        guard let job = inFlight.first else { return }
        // The connection's end is told by what it means for the job, not by libpq's words for it.
        if isFatal, error.sqlState == nil, error.kind == .server { return }
        if job.error == nil { job.error = error }
    }

    /// Whether the server was deciding over the transaction when the answer came.
    private func isAtCommit(_ expectation: Expectation) -> Bool {
        switch expectation {
        case .epilogue, .sync(endsJob: true): true
        default: false
        }
    }

    /// Whether the prepared form is no longer valid on this session; then the next use prepares anew.
    private func isStale(_ entry: StatementCache.Entry, _ error: DatabaseError, _ result: OpaquePointer) -> Bool {
        guard entry.isReady else { return false }
        let isForgotten = error.sqlState == SQLState.unknownPreparedStatement
        let function = PQresultErrorField(result, Int32(UInt8(ascii: "R"))).map { String(cString: $0) }
        guard isForgotten || (error.sqlState == SQLState.featureNotSupported && function == "RevalidateCachedQuery")
        else { return false }
        // A name that the server does not know was not the only one that somebody took away.
        if isForgotten { cache.forgetAll() } else { cache.forget(entry, deallocate: true) }
        return true
    }

    /// The head's last answer has arrived.
    private func finishHead() {
        guard let job = inFlight.popFirst() else { return }
        if let error = job.error as? DatabaseError {
            if error.sqlState == SQLState.queryCanceled, job.cancelIssued {
                job.error = job.isCancelled ? CancellationError() : Self.timeout
            } else if mayRunAgain(job, after: error) {
                job.error = nil
                job.results.removeAll(keepingCapacity: true)
                backlog.prepend(job)
                return
            }
        }
        if job.isPipeline || job.epilogue != nil { rollBackLeftover() }
        pool.finished(job, on: connection.slot)
        job.complete()
    }

    /// A pipeline was rolled back as a whole, so that it can be run again unnoticed: when a cancel request for another
    /// job came late and hit this one, and when its plan was stale, which is repaired by then.
    private func mayRunAgain(_ job: Job, after error: DatabaseError) -> Bool {
        guard job.isPipeline else { return false }
        if error.kind == .stalePlan {
            defer { job.wasStale = true }
            return !job.wasStale
        }
        return error.sqlState == SQLState.queryCanceled && cancels.count > job.cancelsBeforeSend
    }

    /// A transaction that should have ended and is still open, because the commit was skipped after a failed statement.
    private func rollBackLeftover() {
        guard inFlight.isEmpty, let session else { return }
        let status = PQtransactionStatus(session)
        guard status == PQTRANS_INERROR || status == PQTRANS_INTRANS else { return }
        let now = ContinuousClock.now
        let rollback = Job(
            .leased(serial: 0), epilogue: Control.rollback, isCancellable: false, deadline: now + limits.drainGrace,
            submittedAt: now)
        rollback.generation = generation
        backlog.prepend(rollback)
    }
}
