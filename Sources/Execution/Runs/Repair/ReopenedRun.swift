import Database
import JSON
import Primitives
import Workflow

/// What a run that goes on again gets, and what is put right around it, in the transaction that reopens it.
struct ReopenedRun: Sendable {
    /// Under this name the runner gets the `Reopening`; no wait of the engine is called so.
    static let waitID = "#reopen"

    let plant: PlantKey
    let run: RunID
    let reopening: Reopening
    /// The open waits of the state that it goes on from; empty when they are given up.
    let waits: [Wait]
    /// Answers that had come before the end and were not taken.
    let inputs: [JSONValue]
    let by: JSONValue
    let now: Timestamp

    var statements: [Statement] {
        var statements = [forget, deliver, goOnCounting]
        if !inputs.isEmpty { statements.append(deliverAgain) }
        let tasks = waits.compactMap { wait in if case .humanTask = wait.kind { wait.id } else { nil } }
        let children = waits.compactMap { wait in if case .childRun = wait.kind { wait.id } else { nil } }
        if !tasks.isEmpty { statements.append(openAgain(tasks)) }
        if !children.isEmpty { statements.append(answers(of: children)) }
        return statements
    }

    /// Whatever came for the run while it had ended.
    private var forget: Statement {
        """
        DELETE FROM millwright.run_input AS input
        WHERE \(fragment: plant.owns("input")) AND input.run_id = \(run)
        """
    }

    private var deliver: Statement {
        """
        INSERT INTO millwright.run_input (
          partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, answered_by)
        VALUES (
          \(fragment: plant.values), \(run), \(Self.waitID), \(now), \(ExactJSON(reopening.json)), \(ExactJSON(by)))
        """
    }

    private var deliverAgain: Statement {
        let moments = inputs.map { Timestamp(unixMicroseconds: Int64($0["at"]?.intValue ?? 0)) }
        func column(_ name: String) -> [JSONBytes?] {
            inputs.map { input in
                let other = name == "result" ? input["error"] : input["result"]
                guard let value = input[name], !value.isNull || (name == "result" && other?.isNull != false) else {
                    return nil
                }
                return JSONBytes(value)
            }
        }
        return """
            INSERT INTO millwright.run_input (
              partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, error, answered_by)
            SELECT \(fragment: plant.values), \(run), given.wait_id, given.arrived_at, given.result, given.error, given.by
            FROM unnest(
              \(inputs.map { $0["wait"]?.stringValue ?? "" }), \(moments), \(column("result")), \(column("error")),
              \(column("by"))
            ) WITH ORDINALITY AS given (wait_id, arrived_at, result, error, by, place)
            ORDER BY given.place
            """
    }

    /// Clocks that the run's end had stopped: its promises stand, and the time in between counts.
    private var goOnCounting: Statement {
        """
        UPDATE millwright.sla_clock AS clock
        SET status = CASE WHEN clock.running_since IS NULL THEN 'paused' ELSE 'running' END, stopped_at = NULL,
          next_action_at = CASE WHEN clock.running_since IS NOT NULL AND clock.breached_at IS NULL THEN \(now) END
        WHERE \(fragment: plant.owns("clock")) AND clock.run_id = \(run) AND clock.status = 'stopped'
          AND NOT EXISTS (
            SELECT
            FROM millwright.sla_occurrence AS occurrence
            WHERE \(fragment: plant.owns("occurrence"))
              AND occurrence.run_id = clock.run_id AND occurrence.name = clock.name
              AND occurrence.started_at = clock.started_at AND occurrence.occasion = 'stopped')
        """
    }

    /// People's tasks that were withdrawn when the run ended: nobody has them. What their clocks ask for is looked at anew.
    private func openAgain(_ waits: [String]) -> Statement {
        """
        UPDATE millwright.human_task AS task
        SET status = 'open', closed_at = NULL, claimed_at = NULL, delegated_by_principal_id = NULL,
          delegated_by_name = NULL, next_action_at = \(now)
        WHERE \(fragment: plant.owns("task")) AND task.run_id = \(run) AND task.wait_id = ANY (\(waits))
          AND task.status = 'cancelled'
        """
    }

    /// Other runs that it waits for and that have ended meanwhile.
    private func answers(of waits: [String]) -> Statement {
        """
        INSERT INTO millwright.run_input (
          partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, error, answered_by)
        SELECT
          \(fragment: plant.values), child.parent_run_id, child.parent_wait_id, \(now), child.output,
          CASE WHEN child.status = 'completed' THEN NULL
            ELSE coalesce(child.error, \(ExactJSON(ChildRun.cancelledError.json))) END,
          json_build_object('run', child.run_id)
        FROM millwright.run AS child
        WHERE \(fragment: plant.owns("child"))
          AND child.parent_run_id = \(run) AND child.parent_wait_id = ANY (\(waits))
          AND child.status IN ('completed', 'faulted', 'cancelled')
        """
    }
}
