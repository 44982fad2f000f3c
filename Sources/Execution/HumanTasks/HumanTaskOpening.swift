import Database
import JSON
import Primitives
import Workflow

/// Opens the tasks that the commits of one call ask for, as steps of the statement that moves the runs (`moved`).
struct HumanTaskOpening {
    typealias Asked = (run: RunID, wait: String, task: HumanTaskSpecification)

    let plant: PlantKey
    let asked: [Asked]
    let now: Timestamp

    var fragment: Statement {
        guard !asked.isEmpty else { return "" }
        return "\(fragment: opening)\(fragment: announcing)"
    }

    private var opening: Statement {
        let tasks = asked.map(\.task)
        let arguments = tasks.map(\.arguments)
        return """
            , opened_tasks AS (
              INSERT INTO millwright.human_task (
                partner_id, client_id, plant_id, human_task_id, run_id, wait_id, workflow_id, status, role,
                candidate_roles, candidate_people, title, description, form, evidence, outcomes, priority, four_eyes,
                terms, task_name, family_run_id, initiator_principal_id, further_initiators, requested_by,
                further_requesters, opened_at, due_at, on_due, follow_up_at, reminders, escalation, escalation_level,
                next_action_at)
              SELECT
                \(fragment: plant.values), given.human_task_id, given.run_id, given.wait_id, moved.workflow_id, 'open',
                given.role, ARRAY(SELECT json_array_elements_text(given.candidate_roles)),
                ARRAY(SELECT json_array_elements_text(given.candidate_people)), given.title, given.description,
                given.form, given.evidence, given.outcomes, given.priority, given.four_eyes, given.terms, given.task_name,
                coalesce(moved.root_run_id, moved.run_id), moved.initiator_principal_id,
                coalesce(moved.further_initiators, '{}'), coalesce(given.requested_by, moved.requested_by),
                coalesce(moved.further_requesters, '{}')
                  || CASE WHEN given.requested_by <> moved.requested_by THEN ARRAY[moved.requested_by] ELSE '{}' END,
                \(now), given.due_at, given.on_due, given.follow_up_at,
                ARRAY(SELECT json_array_elements_text(given.reminders)::timestamptz), given.escalation, 0,
                given.next_action_at
              FROM unnest(
                \(tasks.map { _ in HumanTaskID() }), \(asked.map(\.run)), \(asked.map(\.wait)),
                \(arguments.map(\.candidates.roles.first)),
                \(arguments.map { JSONBytes(.texts(Array($0.candidates.roles.dropFirst()))) }),
                \(arguments.map { JSONBytes(.texts($0.candidates.people)) }), \(arguments.map(\.title)),
                \(arguments.map(\.description)), \(arguments.map { $0.form.map(JSONBytes.init) }),
                \(arguments.map { $0.evidence.map(JSONBytes.init) }), \(arguments.map { JSONBytes($0.outcomesJSON) }),
                \(arguments.map { Int32($0.priority) }), \(arguments.map(\.fourEyes)),
                \(arguments.map { JSONBytes(HumanTaskTerms($0).json) }), \(tasks.map(\.taskName)),
                \(arguments.map(\.requestedBy)), \(tasks.map(\.dueAt)), \(arguments.map(\.onDue.rawValue)),
                \(tasks.map(\.followUpAt)), \(tasks.map { JSONBytes(.texts($0.reminders.map(\.description))) }),
                \(arguments.map { $0.escalationJSON.map(JSONBytes.init) }), \(tasks.map(\.nextActionAt))
              ) AS given (
                human_task_id, run_id, wait_id, role, candidate_roles, candidate_people, title, description, form,
                evidence, outcomes, priority, four_eyes, terms, task_name, requested_by, due_at, on_due, follow_up_at,
                reminders, escalation, next_action_at)
              JOIN moved ON moved.run_id = given.run_id
              RETURNING human_task_id, run_id, wait_id
            )
            """
    }

    /// Whether one of them is to be told as an event.
    var announces: Bool { asked.contains { $0.task.arguments.announce.contains(.opened) } }

    private var announcing: Statement {
        guard announces else { return "" }
        let announced = asked.filter { $0.task.arguments.announce.contains(.opened) }
        return """
            , announced_tasks AS (
              INSERT INTO millwright.human_task_announcement (
                partner_id, client_id, plant_id, announcement_id, human_task_id, kind, detail, made_at)
              SELECT
                \(fragment: plant.values), given.announcement_id, opened_tasks.human_task_id,
                \(HumanTaskArguments.Announcement.opened.rawValue), '{}', \(now)
              FROM unnest(\(announced.map { _ in UUIDv7() }), \(announced.map(\.run)), \(announced.map(\.wait)))
                AS given (announcement_id, run_id, wait_id)
              JOIN opened_tasks ON opened_tasks.run_id = given.run_id AND opened_tasks.wait_id = given.wait_id
            )
            """
    }
}
