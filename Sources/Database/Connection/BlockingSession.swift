import CPostgres
import Glibc

/// A plain session for the few tasks that need one: migrations, the bootstrap, LISTEN. Every call blocks its thread:
/// use it inside `DedicatedThread` only.
final class BlockingSession {
    let session: OpaquePointer

    init(_ parameters: SessionParameters) throws(DatabaseError) {
        guard let session = parameters.start() else { throw DatabaseError(.unavailable, "libpq has no memory left") }
        self.session = session
        let until = ContinuousClock.now + parameters.connectTimeout
        let wakeup = Wakeup()
        var events = Int32(POLLOUT)
        while PQstatus(session) != CONNECTION_BAD, ContinuousClock.now < until {
            guard wakeup.wait(socket: PQsocket(session), events: events, until: until).socketIsReady else { continue }
            switch PQconnectPoll(session) {
            case PGRES_POLLING_OK:
                PQsetNoticeReceiver(session, { _, _ in }, nil)
                return
            case PGRES_POLLING_READING: events = Int32(POLLIN)
            case PGRES_POLLING_WRITING: events = Int32(POLLOUT)
            default: break
            }
        }
        throw DatabaseError(.unavailable, "PostgreSQL cannot be reached: \(session.lastMessage)")
    }

    deinit { PQfinish(session) }

    /// Runs a script of any number of statements, without parameters.
    func run(_ script: String) throws(DatabaseError) {
        let result = PQexec(session, script)
        defer { PQclear(result) }
        try check(result)
    }

    func query(_ statement: Statement) throws(DatabaseError) -> Rows {
        let slots = statement.parameters.slots
        let types = slots.map { Oid($0.oid) }
        var result: OpaquePointer?
        statement.parameters.withValues { values, lengths, formats in
            result = PQexecParams(session, statement.sql, Int32(slots.count), types, values, lengths, formats, 1)
        }
        do {
            try check(result)
        } catch {
            PQclear(result)
            throw error
        }
        guard let result else { throw DatabaseError(.connectionLost, session.lastMessage) }
        return Rows(result: QueryResult(result))
    }

    var isInTransaction: Bool { PQtransactionStatus(session) == PQTRANS_INTRANS }

    func quoted(identifier: String) -> String {
        guard let text = PQescapeIdentifier(session, identifier, identifier.utf8.count) else { return "\"\"" }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    func quoted(literal: String) -> String {
        guard let text = PQescapeLiteral(session, literal, literal.utf8.count) else { return "''" }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    private func check(_ result: OpaquePointer?) throws(DatabaseError) {
        guard let result else { throw DatabaseError(.connectionLost, session.lastMessage) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default:
            if PQstatus(session) == CONNECTION_BAD { throw DatabaseError(.connectionLost, session.lastMessage) }
            throw DatabaseError(result: result)
        }
    }
}
