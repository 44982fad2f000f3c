import Database
import JSON
import Primitives
import Workflow

/// The clocks of runs, inside the transaction that moves the runs or acts on a clock.
struct ServiceLevels: Sendable {
    /// In one run.
    static let maximumClocks = 50

    let plant: PlantKey
    let zones: any TimeZoneSource
    let now: Timestamp

    /// A request of a run that has moved.
    struct Request: Sendable {
        var runID: RunID
        var workflowID: WorkflowID
        var waitID: String
        var arguments: JSONValue
    }

    /// What clocks had to say: events for the plant, each with the run that it is about.
    typealias Told = [(run: RunID, event: JSONValue)]

    // MARK: Requests of runs

    /// Sets clocks, and answers the runs that asked. Several requests of a run are followed in their order.
    func follow(_ requests: [Request], in transaction: TenantTransaction) async throws -> Told {
        var told: Told = []
        for request in requests {
            do {
                let answer = try await follow(request, &told, in: transaction)
                try await transaction.execute(self.answer(request, result: answer, error: nil))
            } catch let error as WorkflowError {
                try await transaction.execute(self.answer(request, result: nil, error: error))
            }
        }
        return told
    }

    private func follow(_ wanted: Request, _ told: inout Told, in transaction: TenantTransaction) async throws
        -> JSONValue
    {
        let request = try ServiceLevelRequest(arguments: wanted.arguments)
        var row = try await locked(wanted.runID, request.name, in: transaction)
        if let known = row {
            // What it had to say by now is said before it changes.
            let time = try await time(known.calendar, in: transaction)
            var spoken = known
            told += try await speak(&spoken, time, in: transaction)
            row = spoken
        }
        let calendar = request.action == .start ? request.calendar : row?.calendar ?? request.calendar
        let time = try await time(calendar, in: transaction)
        var clock = row?.clock
        try ServiceLevelClock.follow(request, &clock, at: now, time)
        guard let clock else { return .null }
        if row == nil { try await checkNumber(of: wanted.runID, in: transaction) }
        let changed = ServiceLevelRow(
            runID: wanted.runID, name: request.name, workflowID: wanted.workflowID, calendar: calendar,
            onWarning: request.action == .start ? request.onWarning : row?.onWarning ?? request.onWarning,
            onBreach: request.action == .start ? request.onBreach : row?.onBreach ?? request.onBreach, clock: clock)
        var statements = [changed.storing(in: plant, time)]
        if clock != row?.clock {
            statements.append(occurrence(of: changed, Self.occasion(request.action, at: now), at: now, time))
        }
        try await transaction.batch(statements)
        return clock.json(name: request.name, at: now, time)
    }

    /// A definition that makes up names in a loop must end.
    private func checkNumber(of run: RunID, in transaction: TenantTransaction) async throws {
        let row = try await transaction.one(
            """
            SELECT count(*)::integer AS number FROM millwright.sla_clock AS clock
            WHERE \(fragment: plant.owns("clock")) AND clock.run_id = \(run)
            """)
        guard try row?.decode("number", as: Int.self) ?? 0 < Self.maximumClocks else {
            throw WorkflowError(.validation, detail: "A run has at most \(Self.maximumClocks) clocks.")
        }
    }

    private static func occasion(_ action: ServiceLevelRequest.Action, at now: Timestamp) -> String {
        switch action {
        case .start: "started"
        case .pause: "paused-\(now.unixMicroseconds)"
        case .resume: "resumed-\(now.unixMicroseconds)"
        case .stop: "stopped"
        case .read: "read-\(now.unixMicroseconds)"
        }
    }

    private func answer(_ request: Request, result: JSONValue?, error: WorkflowError?) -> Statement {
        """
        INSERT INTO millwright.run_input (
          partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, error)
        VALUES (
          \(fragment: plant.values), \(request.runID), \(request.waitID), \(now), \(ExactJSON(result) as ExactJSON?),
          \(ExactJSON(error?.json) as ExactJSON?))
        """
    }

    // MARK: What clocks say

    /// Says everything that the clock has to say by now, each once, and does what the workflow wants then. The row is changed and
    /// stored.
    func speak(
        _ row: inout ServiceLevelRow, _ time: ServiceLevelClock.Time, in transaction: TenantTransaction
    ) async throws -> Told {
        var told: Told = []
        while let next = row.clock.next(time), next.at <= now {
            let due = row.clock.dueAt(time)
            row.clock.say(next.occasion, at: next.at)
            let response = row.response(to: next.occasion)
            let statements = [occurrence(of: row, next.occasion.word, at: next.at, time)] + raising(row.runID, response)
            try await transaction.batch(statements)
            if response.escalates {
                try await HumanTaskService.escalateTasks(of: row.runID, plant, in: transaction, at: now)
            }
            guard response.emits else { continue }
            told.append(
                (
                    row.runID,
                    next.occasion.event(
                        of: row.clock, name: row.name, run: row.runID.description,
                        workflow: row.workflowID.description, at: next.at, dueAt: due)
                ))
        }
        try await transaction.execute(row.storing(in: plant, time))
        return told
    }

    /// The open human tasks of the run become more urgent.
    private func raising(_ run: RunID, _ response: ServiceLevelRequest.Response) -> [Statement] {
        guard let priority = response.priority else { return [] }
        return [
            """
            UPDATE millwright.human_task AS task
            SET priority = greatest(task.priority, \(Int32(priority)))
            WHERE \(fragment: plant.owns("task")) AND task.run_id = \(run) AND task.status IN ('open', 'claimed')
            """
        ]
    }

    /// What is asked for again at the same moment, by branches of one commit, stands once.
    private func occurrence(
        of row: ServiceLevelRow, _ occasion: String, at moment: Timestamp, _ time: ServiceLevelClock.Time
    ) -> Statement {
        """
        INSERT INTO millwright.sla_occurrence (
          partner_id, client_id, plant_id, run_id, name, started_at, occasion, occurred_at, recorded_at, due_at)
        VALUES (
          \(fragment: plant.values), \(row.runID), \(row.name), \(row.clock.startedAt), \(occasion), \(moment), \(now),
          \(row.clock.dueAt(time) as Timestamp?))
        ON CONFLICT ON CONSTRAINT sla_occurrence_pkey DO NOTHING
        """
    }

    // MARK: Reading

    /// The clock, held against everybody else until the transaction ends. Whoever calls this holds the run's row.
    func locked(_ run: RunID, _ name: String, in transaction: TenantTransaction) async throws -> ServiceLevelRow? {
        try await transaction.one(
            """
            SELECT \(raw: ServiceLevelRow.columns)
            FROM millwright.sla_clock AS clock
            WHERE \(fragment: plant.owns("clock")) AND clock.run_id = \(run) AND clock.name = \(name)
            FOR UPDATE
            """
        ).map { try ServiceLevelRow(row: $0) }
    }

    func time(_ calendar: TimeKind, in transaction: TenantTransaction) async throws
        -> ServiceLevelClock.Time
    {
        try await PlantTime(plant: plant, zones: zones).time(calendar, in: transaction)
    }
}

extension ServiceLevelClock.Occasion {
    /// As `sla_occurrence` names it.
    var word: String {
        switch self {
        case .warning(let index): "warning-\(index + 1)"
        case .breach: "breached"
        }
    }
}
