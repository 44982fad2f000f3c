import Database
package import Primitives

/// One counted fact, as it was recorded.
package struct UsageEntry: Sendable, Hashable {
    package var plant: TenantScope
    package var meter: UsageMeter
    /// The batch, run, human task, runner or plant that was counted.
    package var subjectID: UUIDv7
    package var sequence: Int64
    package var quantity: Int64
    package var occurredAt: Timestamp
    package var recordedAt: Timestamp
    /// The order of recording: the cursor of a list.
    package var position: Int64
    /// The run that caused it, where one did.
    package var runID: RunID?
}

extension UsageEntry {
    init(row: Row) throws {
        let meter = try row.decode("meter", as: UsageMeter.self)
        let subject = try row.decode("subject_id", as: UUIDv7.self)
        let runID: RunID? =
            switch meter {
            case .runs, .tasks, .connectorCalls: RunID(subject)
            case .humanDecisions: try row.decode("task_run_id", as: RunID?.self)
            case .events, .runnerSeconds, .activePlants: nil
            }
        self.init(
            plant: .plant(
                try row.decode("partner_id"), try row.decode("client_id"), try row.decode("plant_id")),
            meter: meter, subjectID: subject, sequence: try row.decode("sequence"),
            quantity: try row.decode("quantity"), occurredAt: try row.decode("occurred_at"),
            recordedAt: try row.decode("recorded_at"), position: try row.decode("position"), runID: runID)
    }
}

/// What one meter of one plant counted in a stretch of time.
package struct UsageTotal: Sendable, Hashable {
    package var plant: TenantScope
    package var plantName: String
    package var meter: UsageMeter
    /// The beginning of the day or month, when the totals were asked for by day or month.
    package var startsAt: Timestamp?
    package var quantity: Int64
    /// How many records it is the sum of.
    package var records: Int64
}
