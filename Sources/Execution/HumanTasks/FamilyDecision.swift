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

    /// Each step is a look-up of its own, whatever the planner believes of the tables.
    ///
    /// - Parameter people: whose decisions are asked for, with those of whoever handed the task on; `nil` for everybody's.
    static func selection(besides id: HumanTaskID, of people: [PrincipalID]?, _ plant: PlantKey) -> Statement {
        """
        SELECT DISTINCT other.task_name, other.four_eyes, other.terms::text AS terms, decision.decided_by_principal_id,
          decision.on_behalf_of_principal_id
        FROM (
          SELECT coalesce(held.family_run_id, held.run_id) AS family_run_id, held.delegated_by_principal_id AS giver
          FROM millwright.human_task AS held
          WHERE \(fragment: plant.owns("held")) AND held.human_task_id = \(id)
          LIMIT 1
        ) AS task
        CROSS JOIN LATERAL (
          SELECT other.human_task_id, other.task_name, other.four_eyes, other.terms
          FROM millwright.human_task AS other
          WHERE \(fragment: plant.owns("other")) AND coalesce(other.family_run_id, other.run_id) = task.family_run_id
            AND other.human_task_id <> \(id)
          OFFSET 0
        ) AS other
        CROSS JOIN LATERAL (
          SELECT decision.decided_by_principal_id, decision.on_behalf_of_principal_id
          FROM millwright.human_task_decision AS decision
          WHERE \(fragment: plant.owns("decision")) AND decision.human_task_id = other.human_task_id
          OFFSET 0
        ) AS decision
        WHERE \(people as [PrincipalID]?)::uuid[] IS NULL
          OR decision.decided_by_principal_id = ANY (\(people as [PrincipalID]?))
          OR decision.on_behalf_of_principal_id = ANY (\(people as [PrincipalID]?))
          OR task.giver IN (decision.decided_by_principal_id, decision.on_behalf_of_principal_id)
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
