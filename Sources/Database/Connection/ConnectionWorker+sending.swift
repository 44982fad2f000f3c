import CPostgres
import DequeModule

extension ConnectionWorker {
    /// Sends what may be sent now, in order.
    func sendBacklog() {
        guard let session, !cancels.isUnderWay else { return }
        var sent = false
        while !hasFailed, let job = backlog.first, inFlight.count < limits.pipelinesPerConnection, mayFollow(job) {
            backlog.removeFirst()
            if let refusal = refusal(of: job) {
                pool.finished(job, on: connection.slot)
                job.complete(refusal)
                continue
            }
            if isAtBoundary(job) { deallocateEvicted(session) }
            send(job, on: session)
            sent = true
        }
        if sent {
            hasUnsentBytes = true
            pool.meter.countSend()
        }
    }

    /// A part of a transaction may only be sent when nothing before it can still be cancelled: a cancel request that
    /// comes too late hits whatever runs next, and only a whole pipeline can be run again unnoticed.
    ///
    /// Nothing may follow a commit that brings statements: when one of them fails, the transaction is still open.
    private func mayFollow(_ job: Job) -> Bool {
        if let last = inFlight.last, last.epilogue != nil, !last.statements.isEmpty { return false }
        guard job.isLeased else { return true }
        return inFlight.allSatisfy { $0.isLeased }
    }

    /// Whether no transaction is open before the job.
    private func isAtBoundary(_ job: Job) -> Bool { job.isPipeline || !job.prologue.isEmpty }

    /// The protocol counts them in 16 bits.
    private static let parametersLimit = 65_535

    private func refusal(of job: Job) -> (any Error)? {
        if job.isCancelled { return CancellationError() }
        if job.isLeased, job.generation != generation {
            return DatabaseError(.connectionLost, "the connection broke before the statement was sent")
        }
        if job.isCancellable, job.deadline <= ContinuousClock.now { return ConnectionWorker.timeout }
        if job.statements.contains(where: { $0.parameters.slots.count > Self.parametersLimit }) {
            return DatabaseError(.server, "a statement binds more than \(Self.parametersLimit) values; bind arrays")
        }
        return nil
    }

    private func send(_ job: Job, on session: OpaquePointer) {
        job.cancelsBeforeSend = cancels.count
        inFlight.append(job)
        if usesPreparedStatements { prepareMissing(of: job, on: session) }
        for statement in job.prologue {
            let entry = usable(statement)
            expect(.prologue(entry), when: send(statement, using: entry, on: session))
        }
        for statement in job.statements {
            let entry = usable(statement)
            expect(.statement(entry), when: send(statement, using: entry, on: session))
        }
        if let epilogue = job.epilogue {
            let entry = usable(epilogue)
            expect(.epilogue(entry), when: send(epilogue, using: entry, on: session))
        }
        endSection(session, endsJob: true)
        if hasFailed {
            let isLost = PQstatus(session) == CONNECTION_BAD
            job.error = DatabaseError(isLost ? .connectionLost : .server, session.lastMessage)
        }
    }

    /// Only what libpq has taken will be answered. When it refuses something the end mark is never sent, so that the
    /// server does not commit the rest.
    private func expect(_ expectation: Expectation, when isTaken: Bool) {
        if isTaken { expected.append(expectation) } else { hasFailed = true }
    }

    private func endSection(_ session: OpaquePointer, endsJob: Bool) {
        guard !hasFailed else { return }
        expect(.sync(endsJob: endsJob), when: PQpipelineSync(session) == 1)
    }

    /// Prepares what the session has not seen, in a section of its own before the job: when the server refuses one, the
    /// others are prepared all the same, and the job gets the refusal as its own error.
    private func prepareMissing(of job: Job, on session: OpaquePointer) {
        var prepared = false
        for statement in job.prologue + job.statements where cache.entry(for: statement) == nil {
            prepare(statement, on: session)
            prepared = true
        }
        if let epilogue = job.epilogue, cache.entry(for: epilogue) == nil {
            prepare(epilogue, on: session)
            prepared = true
        }
        if prepared { endSection(session, endsJob: false) }
    }

    private func prepare(_ statement: Statement, on session: OpaquePointer) {
        let entry = cache.insert(statement)
        let types = statement.parameters.slots.map { Oid($0.oid) }
        let isTaken = PQsendPrepare(session, entry.name, statement.sql, Int32(types.count), types) == 1
        expect(.prepared(entry), when: isTaken)
        entry.preparedFor = inFlight.last
        pool.meter.countPrepare()
    }

    private func deallocateEvicted(_ session: OpaquePointer) {
        let names = cache.takeEvicted()
        guard !names.isEmpty else { return }
        for name in names {
            // libpq 15 has no Close message; the names are our own: a letter and a number.
            let isTaken = PQsendQueryParams(session, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) == 1
            expect(.deallocated, when: isTaken)
            endSection(session, endsJob: false)
        }
        pool.meter.countEvictions(names.count)
    }

    /// The prepared form, when the server has it or is about to get it with the same job.
    private func usable(_ statement: Statement) -> StatementCache.Entry? {
        guard usesPreparedStatements, let entry = cache.entry(for: statement) else { return nil }
        return entry.isReady || entry.preparedFor === inFlight.last ? entry : nil
    }

    private func send(_ statement: Statement, using entry: StatementCache.Entry?, on session: OpaquePointer) -> Bool {
        let slots = statement.parameters.slots
        var isTaken: Int32 = 0
        statement.parameters.withValues { values, lengths, formats in
            if let entry {
                isTaken = PQsendQueryPrepared(session, entry.name, Int32(slots.count), values, lengths, formats, 1)
            } else {
                let types = slots.map { Oid($0.oid) }
                isTaken = PQsendQueryParams(
                    session, statement.sql, Int32(slots.count), types, values, lengths, formats, 1)
            }
        }
        return isTaken == 1
    }
}
