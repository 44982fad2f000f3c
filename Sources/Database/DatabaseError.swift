package import Primitives

/// What can go wrong between this process and PostgreSQL. A deadline that passed is `Problem(.timeout)` instead, and a
/// cancelled task gets `CancellationError`.
///
/// The server's DETAIL is never kept: it quotes whole rows.
package struct DatabaseError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The server refused the statement; `sqlState` says why.
        case server
        /// The connection broke before the transaction could have committed: nothing happened.
        case connectionLost
        /// The connection broke while the commit was under way: it may or may not have happened. Look before repeating.
        case outcomeUnknown
        /// No connection could be had: the server cannot be reached, too many are waiting, or the pool is closed.
        case unavailable
        /// A table has changed its shape under a prepared statement, which is prepared anew the next time: nothing
        /// happened.
        case stalePlan
        /// The answer has more bytes or rows than `limits` allow: read it in pages. Nothing happened.
        case answerTooLarge
        /// The transaction has ended, or a failed statement left it nothing to commit.
        case transactionEnded
        /// A value of the answer is not what the reader asked for.
        case decoding
        /// A migration or the bootstrap was refused.
        case migration
    }

    package let kind: Kind
    /// The five characters of the standard, for instance `23505` for a unique violation.
    package let sqlState: String?
    package let message: String
    /// The name of the violated constraint, which is how a caller tells one fact from another.
    package let constraint: String?
    package let table: String?
    package let column: String?

    package init(
        _ kind: Kind, _ message: String, sqlState: String? = nil, constraint: String? = nil, table: String? = nil,
        column: String? = nil
    ) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
        self.constraint = constraint
        self.table = table
        self.column = column
    }

    /// Whether running the whole transaction again is safe and may help. Never true when it may have committed.
    package var isRetryable: Bool {
        switch kind {
        case .connectionLost, .unavailable, .stalePlan: true
        case .server: sqlState.map(SQLState.retryable.contains) ?? false
        case .outcomeUnknown, .answerTooLarge, .transactionEnded, .decoding, .migration: false
        }
    }

    package func violates(constraint name: String) -> Bool { constraint == name }
    package var isUniqueViolation: Bool { sqlState == SQLState.uniqueViolation }
    package var isForeignKeyViolation: Bool { sqlState == SQLState.foreignKeyViolation }

    /// The answer for a reader outside, when nobody nearer to the domain has said it better.
    package var problem: Problem {
        switch kind {
        case .connectionLost, .unavailable, .outcomeUnknown:
            Problem(.unavailable, "The database cannot be reached at the moment. Try again later.")
        case .server where sqlState.map(SQLState.unavailable.contains) ?? false:
            Problem(.unavailable, "The database cannot take this at the moment. Try again later.")
        case .answerTooLarge:
            Problem(
                .invalidParameters,
                "The answer is larger than one answer may be. Ask for less at a time: a smaller limit, or less time.")
        case .server where isRetryable, .stalePlan:
            Problem(.conflict, "Somebody else changed the same thing at the same time. Try again.")
        default: Problem(.internalError, "The operation failed. The log has the reason.")
        }
    }

    package var description: String {
        var text = message
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let constraint { text += ", constraint \(constraint)" }
        if let table { text += ", table \(table)" }
        return text
    }
}

/// The conditions that the code branches on (PostgreSQL documentation, appendix A).
package enum SQLState {
    package static let uniqueViolation = "23505"
    package static let foreignKeyViolation = "23503"
    package static let checkViolation = "23514"
    package static let insufficientPrivilege = "42501"
    package static let queryCanceled = "57014"
    static let adminShutdown = "57P01"
    static let crashShutdown = "57P02"
    static let cannotConnectNow = "57P03"
    static let unknownPreparedStatement = "26000"
    static let featureNotSupported = "0A000"

    /// Nothing was committed, and the cause is another transaction, a lock, or the server's own state.
    static let retryable: Set<String> = unavailable.union(["40001", "40P01", "55P03"])

    /// A server that became a standby, or lost its primary, under a session of ours.
    static let readOnly = "25006"
    /// A full disk, no memory, or an error of the operating system below: it passes when the cause does.
    static let outOfResources: Set<String> = ["53000", "53100", "53200", "58000", "58030"]
    /// The server cannot work now, whoever else is there.
    static let unavailable: Set<String> = outOfResources.union([
        "53300", adminShutdown, crashShutdown, cannotConnectNow, readOnly,
    ])
}
