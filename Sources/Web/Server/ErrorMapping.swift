import Database
import Hummingbird
package import Logging
package import Primitives

/// The one place where an error of a lower part becomes a problem that a caller may see. The cause goes to the log.
package enum ErrorMapping {
    package static func problem(for error: any Error, logger: Logger) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as DatabaseError where error.kind == .answerTooLarge: return error.problem
        case let error as DatabaseError:
            logger.error("database error", metadata: ["reason": "\(error)"])
            if error.kind == .outcomeUnknown {
                return Problem(
                    .unavailable,
                    "The database went away while this was stored: it may have been done. Look, or send it again under its "
                        + "Idempotency-Key.")
            }
            return error.isRetryable
                ? Problem(.unavailable, "The database is not available at this moment. Try again.")
                : Problem(.internalError, "Something went wrong on our side; it is logged with this request's id.")
        case is CancellationError: return Problem(.timeout, "The request was cancelled.")
        case let error as HTTPError where error.status == .contentTooLarge:
            return Problem(.payloadTooLarge, "The body is too large.")
        default:
            logger.error("unexpected error", metadata: ["reason": "\(error)"])
            return Problem(.internalError, "Something went wrong on our side; it is logged with this request's id.")
        }
    }
}
