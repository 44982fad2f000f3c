import Database
import Execution
import Primitives
import RunnerProtocol
import Workflow

/// An event that was sent while runs listened for it.
struct SimulatedListening {
    let event: SimulatedEvent
    /// Those of them that listen still.
    var runs: Set<RunID>
}

/// What must hold after each commit, and what no look at the end would show.
extension SimulationWorld {
    func watch() throws {
        guard failure == nil else { return }
        try watchListeners()
        if failure == nil, plan.workflows.contains(.limited) { failure = try tooMany() }
        if failure == nil, plan.workflows.contains(.sole) { failure = try twins() }
    }

    // MARK: Listeners

    /// Before the event is sent for the first time. Whoever listens now and goes on listening must hear it.
    func noteListeners(of event: SimulatedEvent) throws {
        guard event.type == SimulationWorkflow.goType else { return }
        let runs = try stage.session.query(
            """
            SELECT run_id FROM millwright.run_listener
            WHERE event_type = \(event.type) AND attributes ->> 'subject' = \(event.subject)
            """
        ).map { try $0.decode("run_id", as: RunID.self) }
        if !runs.isEmpty { listening.append(SimulatedListening(event: event, runs: Set(runs))) }
    }

    private func watchListeners() throws {
        for (index, expected) in listening.enumerated().reversed() {
            let rows = try stage.session.query(
                """
                SELECT 'stored' AS what, NULL::uuid AS run_id FROM millwright.event
                WHERE source = 'sim' AND source_event_id = \(expected.event.name)
                UNION ALL
                SELECT 'listens', run_id FROM millwright.run_listener
                WHERE event_type = \(expected.event.type) AND attributes ->> 'subject' = \(expected.event.subject)
                UNION ALL
                SELECT 'heard', run_id FROM millwright.run_input
                WHERE result ->> 'source' = 'sim' AND result ->> 'id' = \(expected.event.name)
                """)
            var found: [String: Set<RunID>] = [:]
            for row in rows {
                let run = try row.decode("run_id", as: RunID?.self)
                found[try row.decode("what"), default: []].formUnion(run.map { [$0] } ?? [])
            }
            guard found["stored"] != nil else {
                listening[index].runs.formIntersection(found["listens"] ?? [])
                continue
            }
            listening.remove(at: index)
            if let deaf = expected.runs.subtracting(found["heard"] ?? []).min() {
                failure =
                    "event \(expected.event.number) was accepted, and run \(deaf), which listened, did not hear it"
            }
        }
    }

    // MARK: Limits

    private func tooMany() throws -> String? {
        let open = try stage.session.query(
            """
            SELECT count(*) AS number FROM millwright.run
            WHERE workflow_id = \(SimulationWorkflow.limited.id)
              AND status IN ('pending', 'running', 'waiting', 'suspended')
              AND (admitted_at IS NOT NULL OR started_at IS NOT NULL)
            """)[0].decode("number", as: Int.self)
        return open > SimulationPlant.limitAtOnce
            ? "\(open) runs of a workflow go on at once that may have \(SimulationPlant.limitAtOnce)" : nil
    }

    private func twins() throws -> String? {
        try stage.session.query(
            """
            SELECT coalesce(business_key, 'none') AS business_key FROM millwright.run
            WHERE workflow_id = \(SimulationWorkflow.sole.id)
              AND status IN ('pending', 'running', 'waiting', 'suspended')
            GROUP BY business_key
            HAVING count(*) > 1
            """
        ).first.map { "two runs with the key \(try $0.decode("business_key", as: String.self)) are open at once" }
    }

    // MARK: Timers

    /// A timer that is answered was due by the clock of whoever answers.
    /// - Parameter latest: what that clock has shown while the call was answered.
    func checkTimers(in outcome: Result<[UInt8], any Error>, _ latest: Timestamp) {
        guard case .success(let bytes) = outcome, let response = try? SyncResponse(decoding: bytes) else { return }
        for item in response.work {
            // Answers that nobody stored are those of timers.
            for input in item.inputs where input.number == 0 {
                guard case .succeeded(let wait, _, _) = input.input.kind else { continue }
                guard let due = ledger.dues[item.runID]?[wait] else {
                    failure = failure ?? "run \(item.runID) is told of the timer \(wait), which it has not set"
                    return
                }
                if due > latest {
                    failure =
                        failure ?? "the timer \(wait) of run \(item.runID) fires at \(latest) and is due at \(due)"
                }
            }
        }
    }
}
