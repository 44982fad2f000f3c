import Database
import JSON
import Primitives

/// A decision of another task of the same run, or of a run that is its parent or child.
struct FamilyDecision: Sendable, Hashable {
    var taskName: String?
    var fourEyes: Bool
    var separateFrom: [String]
    var people: Set<PrincipalID>

    /// Whether whoever made it must keep away from the task. It holds either way round: two tasks that are to be kept
    /// apart are, whichever is decided first.
    func excludes(_ task: HumanTask) -> Bool {
        if fourEyes, task.fourEyes { return true }
        if let taskName, task.terms.separateFrom.contains(taskName) { return true }
        return task.taskName.map(separateFrom.contains) ?? false
    }
}

extension FamilyDecision {
    /// Holds the family against everybody else who decides, until the transaction ends: otherwise one person could
    /// decide two of its tasks at the same moment.
    static func lock(_ id: HumanTaskID, _ plant: PlantKey) -> Statement {
        """
        SELECT pg_advisory_xact_lock(hashtextextended(coalesce(task.family_run_id, task.run_id)::text, 20))
        FROM millwright.human_task AS task
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
        """
    }

    /// - Parameter people: whose decisions are asked for, with those of whoever handed the task on; `nil` for everybody's.
    static func selection(besides id: HumanTaskID, of people: [PrincipalID]?, _ plant: PlantKey) -> Statement {
        """
        SELECT DISTINCT other.task_name, other.four_eyes, other.terms::text AS terms, decision.decided_by_principal_id,
          decision.on_behalf_of_principal_id
        FROM millwright.human_task AS task
        JOIN millwright.human_task AS other
          ON other.partner_id = task.partner_id AND other.client_id = task.client_id AND other.plant_id = task.plant_id
          AND coalesce(other.family_run_id, other.run_id) = coalesce(task.family_run_id, task.run_id)
          AND other.human_task_id <> task.human_task_id
        JOIN millwright.human_task_decision AS decision
          ON decision.partner_id = other.partner_id AND decision.client_id = other.client_id
          AND decision.plant_id = other.plant_id AND decision.human_task_id = other.human_task_id
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
          AND (\(people as [PrincipalID]?)::uuid[] IS NULL OR decision.decided_by_principal_id = ANY (\(people as [PrincipalID]?))
            OR decision.on_behalf_of_principal_id = ANY (\(people as [PrincipalID]?))
            OR task.delegated_by_principal_id IN (decision.decided_by_principal_id, decision.on_behalf_of_principal_id))
        """
    }

    init(row: Row) throws {
        let terms = try JSONValue(parsing: try row.decode("terms", as: String.self))
        let people = [
            try row.decode("decided_by_principal_id", as: PrincipalID?.self),
            try row.decode("on_behalf_of_principal_id", as: PrincipalID?.self),
        ]
        self.init(
            taskName: try row.decode("task_name", as: String?.self), fourEyes: try row.decode("four_eyes"),
            separateFrom: terms["separateFrom"].texts, people: Set(people.compactMap { $0 }))
    }
}
