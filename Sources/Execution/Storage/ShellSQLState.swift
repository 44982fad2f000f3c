import Database
package import Primitives

/// The conditions that the functions of migration 0005 raise; each fails its transaction as a whole.
enum ShellSQLState {
    /// The runner's epoch is not the current one.
    static let staleEpoch = "MW001"
    /// The plant, its client or its partner is not active, or there is no such plant.
    static let inactivePlant = "MW002"
    /// The plant's workflows changed since its triggers were read.
    static let staleTriggers = "MW003"
    /// A run listens for one of the event types, so that the events must be matched inside the transaction.
    static let hasListeners = "MW004"
}

extension Error {
    /// Whether this is the database's answer with the given SQLSTATE.
    func isDatabaseError(_ sqlState: String) -> Bool {
        (self as? DatabaseError)?.sqlState == sqlState
    }

    /// The commit may have happened: the same must be done again in a way that changes nothing when it did.
    var isOutcomeUnknown: Bool {
        (self as? DatabaseError)?.kind == .outcomeUnknown
    }
}

extension Problem {
    package static let inactivePlant = Problem(
        .tenantSuspended, "The plant, its client or its partner is suspended: nothing is accepted or started there.")
    package static let staleEpoch = Problem(.staleEpoch, "A newer runner has taken over this plant. Stop.")
}
