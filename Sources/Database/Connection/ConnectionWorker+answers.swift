import CPostgres
import Glibc
import Logging

/// The bounds of one answer.
///
/// libpq shows a result only when it has all of it. So what arrives is counted while it arrives, roughly and never too
/// high, and a session that goes on and on is ended; what arrived whole is then measured exactly.
extension ConnectionWorker {
    /// libpq makes room for this much before each read (`pqReadData`): so much it took when something is left.
    private static let leastRead = 8192

    /// How many bytes a read took at the least, of those that were waiting before it.
    static func consumedBytes(of waiting: Int, left: Int) -> Int {
        left == 0 ? waiting : max(waiting - left, min(waiting, leastRead))
    }

    /// `false` when the answer that is arriving is beyond the limit: the session must be ended to be rid of it.
    func isAnswerBounded() -> Bool {
        guard arrivedBytes > limits.answerBytes else { return true }
        guard let job = inFlight.first else { return true }
        let excess = "more than \(limits.answerBytes) bytes"
        logger.warning("an answer was too large; the connection is replaced", metadata: ["answer": "\(excess)"])
        job.error = job.error ?? tooLarge(excess, for: job)
        return false
    }

    /// What of the result is beyond a limit; `nil` when nothing is.
    func excess(of result: OpaquePointer) -> String? {
        if PQntuples(result) > limits.answerRows { return "more than \(limits.answerRows) rows" }
        if PQresultMemorySize(result) > limits.answerBytes { return "more than \(limits.answerBytes) bytes" }
        return nil
    }

    /// When the commit was sent along, it may have happened.
    func tooLarge(_ excess: String, for job: Job) -> DatabaseError {
        DatabaseError(
            job.commits ? .outcomeUnknown : .answerTooLarge, "the answer to a statement has \(excess); read it in pages"
        )
    }
}

extension OpaquePointer {
    /// What has arrived on the session's socket and was not read; with TLS in its encrypted form.
    var unreadBytes: Int {
        var count: Int32 = 0
        return withUnsafeMutablePointer(to: &count) { ioctl(PQsocket(self), UInt(FIONREAD), $0) } == 0 ? Int(count) : 0
    }
}
