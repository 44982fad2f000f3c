import Billing
import Database
import Execution
import Primitives

/// What must hold when a seed has come to its end.
struct SimulationFindings {
    let world: SimulationWorld
    var session: MaintenanceSession { world.stage.session }

    /// The first thing that does not hold.
    func first() throws -> String? {
        if let complaint = world.targets.complaint { return complaint }
        for check in [
            journalsAreWhole, transitionsWereComputed, eventsStartedTheirRuns, effectsBelongToTransitions,
            decisionsStand, deadlinesWereActedOnOnce, timersFiredInTime, clocksSpokeOnce, clocksSaidAll,
            momentsStartedOneRun, keysStartedOneRun, limitsWereKept, nothingIsLeft, childrenAnsweredOnce,
            operatorsWereObeyedOnce,
        ] {
            if let complaint = try check() { return complaint }
        }
        return try usageIsTheJournals()
    }

    /// The first row's only text.
    func complaint(_ statement: Statement) throws -> String? {
        try session.query(statement).first?.decode("what", as: String.self)
    }

    private func journalsAreWhole() throws -> String? {
        try complaint(
            """
            SELECT 'the journal of run ' || run.run_id || ' has ' || count(entry.ordinal) || ' entries up to '
              || coalesce(max(entry.ordinal), 0) || ', and the run says ' || run.journal_length AS what
            FROM millwright.run AS run
            LEFT JOIN millwright.journal_entry AS entry ON entry.run_id = run.run_id
            GROUP BY run.run_id, run.journal_length, run.status, run.sequence, run.reopened
            HAVING count(entry.ordinal) <> run.journal_length
              OR coalesce(max(entry.ordinal), 0) <> run.journal_length
              OR count(*) FILTER (WHERE entry.kind IN ('run-completed', 'run-faulted', 'run-cancelled'))
                <> 1 + run.reopened
              OR max(entry.sequence) > run.sequence
            LIMIT 1
            """)
    }

    /// Every recorded transition is one that a runner computed, from the state to which the one before it had led.
    private func transitionsWereComputed() throws -> String? {
        var recorded: [RunID: [Int64: [SimulationLedger.Entry]]] = [:]
        let entries = try session.query(
            """
            SELECT run_id, ordinal, sequence, kind, task_reference, attempt FROM millwright.journal_entry
            ORDER BY run_id, ordinal
            """)
        for row in entries {
            let entry = SimulationLedger.Entry(
                ordinal: try row.decode("ordinal"), kind: try row.decode("kind"),
                task: try row.decode("task_reference", as: String?.self), attempt: try row.decode("attempt"))
            recorded[try row.decode("run_id"), default: [:]][try row.decode("sequence"), default: []].append(entry)
        }
        for row in try session.query("SELECT run_id, sequence FROM millwright.run ORDER BY run_id") {
            let run: RunID = try row.decode("run_id")
            let last: Int64 = try row.decode("sequence")
            // Two runners may have computed the same at different times: each of their states may be the recorded one.
            // After an operator changed the state it is the database's, and any that a runner took up.
            var states: Set<UInt64>? = [0]
            for sequence in stride(from: 1, through: last, by: 1) {
                let entries = recorded[run]?[sequence] ?? []
                let known = world.ledger.transitions[run]?[sequence] ?? []
                let led = known.filter { $0.entries == entries && states?.contains($0.base) ?? true }
                if !led.isEmpty {
                    states = Set(led.map(\.result))
                } else if isOperators(entries) {
                    let isReopened = entries.contains { $0.kind == "run-reopened" }
                    if isReopened || world.plan.workflows.contains(.move) { states = nil }
                } else {
                    return "transition \(sequence) of run \(run) is not what a runner computed on the one before it: "
                        + "\(entries.map(\.words))"
                }
            }
        }
        return nil
    }

    /// Suspending, resuming and taking to another version write nothing; ending a run and opening it again write one entry.
    private func isOperators(_ entries: [SimulationLedger.Entry]) -> Bool {
        entries.isEmpty || (entries.count == 1 && ["run-cancelled", "run-reopened"].contains(entries[0].kind))
    }

    /// What was accepted is stored, and started each of its runs once.
    private func eventsStartedTheirRuns() throws -> String? {
        for event in world.events {
            guard let id = event.id else { return "event \(event.number) was never accepted" }
            let rows = try session.query(
                """
                SELECT event.event_id, event.source_event_id,
                  (SELECT count(*) FROM millwright.event AS other
                    WHERE other.source_event_id = event.source_event_id AND other.source = 'sim') AS stored
                FROM millwright.event AS event WHERE event.event_id = \(id)
                """)
            guard let row = rows.first else { return "event \(event.number) was accepted and is not stored" }
            guard try row.decode("stored", as: Int.self) == 1 else { return "event \(event.number) is stored twice" }
        }
        for workflow in world.plan.workflows {
            if let type = workflow.eventType {
                let found = try complaint(
                    """
                    SELECT 'event ' || event.source_event_id || ' has ' || count(run.run_id) || ' runs' AS what
                    FROM millwright.event AS event
                    LEFT JOIN millwright.run AS run
                      ON run.event_id = event.event_id AND run.workflow_id = \(workflow.id)
                    WHERE event.type = \(type)
                    GROUP BY event.event_id, event.source_event_id
                    HAVING count(run.run_id) <> 1
                    """)
                if let found { return "\(found) of '\(workflow.rawValue)'" }
            }
            guard !workflow.setTypes.isEmpty else { continue }
            let wanted = world.events.count { $0.type == workflow.setTypes[0] }
            let rows = try session.query(
                "SELECT count(*) AS number FROM millwright.run WHERE workflow_id = \(workflow.id)")
            let number = try rows[0].decode("number", as: Int.self)
            if number != wanted { return "\(wanted) pairs of events started \(number) runs" }
        }
        return nil
    }

    private func usageIsTheJournals() throws -> String? {
        let ledger = UsageLedger(database: world.stage.database)
        nonisolated(unsafe) var outcome: Result<UsageReconciliation, any Error>?
        Task {
            do { outcome = .success(try await ledger.reconcile(in: SimulationPlant.scope)) } catch {
                outcome = .failure(error)
            }
        }
        try world.thread.runUntilBlocked()
        guard let found = try outcome?.get() else { return "usage could not be counted" }
        return found.differences.first.map {
            "of \($0.meter) \($0.recorded) are recorded for \($0.subjectID), and the journal has \($0.recounted)"
        }
    }
}
