import Database
import Primitives

/// What people decided.
extension SimulationFindings {
    /// A decision as it is recorded.
    private struct Recorded {
        var outcome: String
        var person: PrincipalID
        var closes: Bool
    }

    /// A decision that somebody was told is taken is recorded, once, and the run went on with what they came to.
    func decisionsStand() throws -> String? {
        for (task, told) in world.ledger.decisions.sorted(by: { $0.key < $1.key }) {
            let recorded = try decisions(on: task)
            if recorded.isEmpty { return "the decision of human task \(task) is lost" }
            for decision in told {
                let same = recorded.count { $0.person == decision.person && $0.outcome == decision.outcome }
                if same != 1 {
                    return "human task \(task) has \(same) times the decision that was taken, of \(recorded.count)"
                }
            }
        }
        for row in try session.query(
            """
            SELECT task.human_task_id, task.status, task.outcome, task.workflow_id, run.status AS run_status, EXISTS (
              SELECT FROM millwright.journal_entry AS entry
              WHERE entry.run_id = task.run_id AND entry.kind = 'task-completed'
                AND entry.output ->> 'outcome' = task.outcome
                AND entry.task_reference = split_part(task.wait_id, '#', 1)) AS is_taken
            FROM millwright.human_task AS task
            JOIN millwright.run AS run ON run.run_id = task.run_id
            WHERE EXISTS (
              SELECT FROM millwright.human_task_decision AS decision WHERE decision.human_task_id = task.human_task_id)
            """)
        {
            let task = try row.decode("human_task_id", as: HumanTaskID.self)
            let isPanels = try row.decode("workflow_id", as: WorkflowID.self) == SimulationWorkflow.panel.id
            let recorded = try decisions(on: task)
            if Set(recorded.map(\.person)).count < recorded.count { return "somebody decided human task \(task) twice" }
            if let found = objection(to: recorded, isPanels: isPanels) { return "human task \(task) \(found)" }
            guard let last = recorded.last, last.closes else { continue }
            let (status, outcome): (String, String?) = (try row.decode("status"), try row.decode("outcome"))
            if status != "decided" { return "the decision of human task \(task) went to a task that is \(status)" }
            if outcome != last.outcome {
                return "human task \(task) came to \(outcome ?? "nothing"), not to \(last.outcome)"
            }
            if try row.decode("run_status", as: String.self) == "completed", try !row.decode("is_taken", as: Bool.self)
            {
                return "the run went on without the decision of human task \(task)"
            }
        }
        return nil
    }

    private func decisions(on task: HumanTaskID) throws -> [Recorded] {
        try session.query(
            """
            SELECT outcome, decided_by_principal_id, closes FROM millwright.human_task_decision
            WHERE human_task_id = \(task)
            ORDER BY ordinal
            """
        ).map {
            Recorded(
                outcome: try $0.decode("outcome"), person: try $0.decode("decided_by_principal_id"),
                closes: try $0.decode("closes"))
        }
    }

    /// Counted again: a panel is closed by two who agree, or by one who says stop; other tasks by anybody.
    private func objection(to recorded: [Recorded], isPanels: Bool) -> String? {
        var votes: [String: Int] = [:]
        for (index, decision) in recorded.enumerated() {
            votes[decision.outcome, default: 0] += 1
            let closes = !isPanels || decision.outcome == "stop" || votes[decision.outcome] == 2
            if closes != decision.closes {
                return "was\(closes ? " not" : "") closed by decision \(index + 1): \(recorded.map(\.outcome))"
            }
            if closes, index + 1 < recorded.count {
                return "was decided after it was closed: \(recorded.map(\.outcome))"
            }
        }
        return nil
    }
}
