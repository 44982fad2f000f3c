/// What Execution counts. Billing rates the same names.
package enum Meter: String, Sendable, Hashable, CaseIterable {
    /// Events accepted from outside. Subject: the accepted batch (`event.ingest_id`).
    case events
    /// Runs that ended. Subject: the run, at the transition that ended it.
    case runs
    /// Tasks that ended. Subject: the run, one record for each transition that ended some.
    case tasks
    /// Calls to other systems. Subject: the run, one record for each transition that recorded some.
    case connectorCalls = "connector-calls"
    /// Decisions by people. Subject: the human task.
    case humanDecisions = "human-decisions"
    /// Seconds of a runner that was ready. Subject: the runner of one epoch.
    case runnerSeconds = "runner-seconds"
    /// Plants in which something happened in a calendar month (UTC). Subject: the plant; sequence: `yyyymm`.
    case activePlants = "active-plants"
}
