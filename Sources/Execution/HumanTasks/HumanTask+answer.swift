import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// What the workflow gets for its task, and the end of the task.
extension HumanTask {
    /// `outcome`, `reason`, `data`, `decidedBy` and `decidedAt` of the decision that stands for the outcome, and all decisions.
    ///
    /// - Parameter decision: `nil` when nobody chose the outcome: nobody decided in time, or a quorum cannot be reached.
    func answer(outcome: String, by decision: Decision?, at now: Timestamp) -> JSONValue {
        [
            "outcome": .string(outcome), "reason": decision?.reason.map(JSONValue.string) ?? .null,
            "data": decision?.data ?? .null, "decidedBy": decision?.person ?? .null,
            "decidedAt": .string(now.description), "decisions": .array(decisions.map(\.json)),
        ]
    }

    /// An answer for the run that waits.
    func answering(_ result: JSONValue, by: JSONValue, _ plant: PlantKey, at now: Timestamp) -> Statement {
        """
        INSERT INTO millwright.run_input (
          partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, answered_by)
        VALUES (\(fragment: plant.values), \(runID), \(waitID), \(now), \(ExactJSON(result)), \(ExactJSON(by)))
        """
    }

    func closing(
        as status: Status, outcome: String, assignee: PersonName?, _ plant: PlantKey, at now: Timestamp
    ) -> Statement {
        """
        UPDATE millwright.human_task AS task
        SET status = \(status), outcome = \(outcome), assignee_principal_id = \(assignee?.id as PrincipalID?),
          assignee_name = \(assignee?.name as String?), next_action_at = NULL, closed_at = \(now),
          delegated_by_principal_id = CASE WHEN \(assignee == nil) THEN NULL ELSE task.delegated_by_principal_id END,
          delegated_by_name = CASE WHEN \(assignee == nil) THEN NULL ELSE task.delegated_by_name END
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
        """
    }
}

extension HumanTask.Decision {
    fileprivate var person: JSONValue {
        [
            "id": .string(decidedBy.description), "name": .string(decidedByName),
            "role": role.map { .string($0.rawValue) } ?? .null,
        ]
    }

    fileprivate var json: JSONValue {
        [
            "person": ["id": .string(decidedBy.description), "name": .string(decidedByName)],
            "role": role.map { .string($0.rawValue) } ?? .null, "outcome": .string(outcome),
            "reason": reason.map(JSONValue.string) ?? .null, "data": data ?? .null,
            "signatureMeaning": signatureMeaning.map(JSONValue.string) ?? .null,
            "onBehalfOf": onBehalfOf.map { ["id": .string($0.id.description), "name": .string($0.name)] } ?? .null,
            "decidedAt": .string(decidedAt.description),
        ]
    }
}
