import Database
package import JSON
package import Primitives
package import Tenancy
import Workflow

extension HumanTaskService {
    package static let maximumReasonCharacters = 10_000

    /// Decides the task: the decision, the answer to the run, the audit entry and the usage record are one transaction.
    /// - Parameter data: what was filled into the form.
    /// - Throws: `.invalidRequest` with every mistake in outcome, reason and form; `.forbidden`, `.segregationOfDuties`; and
    ///   `.wrongState`, which says who was first, for a task that is closed or that somebody else has claimed.
    package func decide(
        _ id: HumanTaskID, in scope: TenantScope, outcome: String, reason: String? = nil, data: JSONValue? = nil,
        by principal: Principal, from origin: String? = nil
    ) async throws -> HumanTask {
        let plant = try PlantKey(scope)
        let now = clock.now()
        let notification = board.notification(for: plant)
        let decided = try await database.transaction(scope) { transaction in
            let task = try await Self.lockedTask(id, plant, transaction)
            try Self.checkIsOpen(task)
            try Self.checkMayDecide(principal, task)
            if task.status == .claimed, task.assignee != principal.id {
                throw Problem(.wrongState, "\(task.assigneeName ?? "Somebody else") has claimed this task.")
            }
            let filled = try Self.check(outcome, reason, data, task)
            let decision = HumanTask.Decision(
                outcome: outcome, reason: reason, data: filled, decidedBy: principal.id,
                decidedByName: principal.displayName, role: task.role, decidedAt: now)
            var statements = [
                Self.closing(task, as: .decided, assignee: principal, plant, at: now),
                decision.insertion(of: task, plant), decision.answer(to: task, plant),
                UsageRecord(.humanDecisions, of: id.raw, sequence: 1, quantity: 1, at: now).insertion(in: plant),
                AuditEntry(
                    "human-task.decided", objectType: "human-task", objectID: id.description, old: task.audited,
                    new: ["status": "decided", "outcome": .string(outcome)], reason: reason,
                    by: principal.actor(origin: origin)
                ).insertion(in: scope),
            ]
            if let notification { statements.append(notification) }
            try await transaction.commit(with: statements)
            return task.decided(decision)
        }
        board.wake(.inputs, plant.plantID)
        return decided
    }

    /// The form's values with the schema's defaults.
    private static func check(_ outcome: String, _ reason: String?, _ data: JSONValue?, _ task: HumanTask)
        throws(Problem) -> JSONValue?
    {
        var items: [Problem.Item] = []
        if let chosen = task.outcomes.first(where: { $0.name == outcome }) {
            if chosen.requiresReason, reason?.contains(where: { !$0.isWhitespace }) != true {
                items.append(.init(path: "/reason", message: "Give a reason: this outcome needs one."))
            }
        } else {
            let names = task.outcomes.map(\.name).joined(separator: ", ")
            items.append(.init(path: "/outcome", message: "Must be one of: \(names)."))
        }
        if let reason, reason.unicodeScalars.count > maximumReasonCharacters || reason.unicodeScalars.contains("\0") {
            items.append(
                .init(path: "/reason", message: "Must have at most \(maximumReasonCharacters) characters."))
        }
        let filled = fill(task.form, with: data, &items)
        guard items.isEmpty else { throw Problem(.invalidRequest, "The decision is incomplete.", items: items) }
        return filled
    }

    private static func fill(_ form: JSONValue?, with data: JSONValue?, _ items: inout [Problem.Item]) -> JSONValue? {
        guard let form else {
            if let data, !data.isNull, data.objectValue?.isEmpty != true {
                items.append(.init(path: "/data", message: "This task has no form. Leave it out."))
            }
            return nil
        }
        if let data, data.depth(within: EventLimits.maximumDataDepth) == nil {
            items.append(.init(path: "/data", message: "Is nested too deep."))
            return nil
        }
        guard let schema = try? JSONSchema(form) else {
            items.append(.init(path: "/data", message: "The form of this task cannot be read."))
            return nil
        }
        let filled = schema.applyingDefaults(to: data ?? .object([:]))
        items += schema.validate(filled).map {
            .init(path: "/data" + $0.instancePath.description, message: $0.message)
        }
        return filled
    }

    static func closing(
        _ task: HumanTask, as status: HumanTask.Status, assignee: Principal?, _ plant: PlantKey, at now: Timestamp
    ) -> Statement {
        """
        UPDATE millwright.human_task AS task
        SET status = \(status), assignee_principal_id = \(assignee?.id as PrincipalID?), assignee_name = \(assignee?.displayName as String?),
          next_action_at = NULL, closed_at = \(now)
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(task.id)
        """
    }
}

extension HumanTask {
    fileprivate func decided(_ decision: Decision) -> HumanTask {
        var task = self
        task.status = .decided
        task.assignee = decision.decidedBy
        task.assigneeName = decision.decidedByName
        task.closedAt = decision.decidedAt
        task.decision = decision
        return task
    }

    /// An answer for the run that waits.
    func answer(_ result: JSONValue, by: JSONValue, _ plant: PlantKey, at now: Timestamp) -> Statement {
        """
        INSERT INTO millwright.run_input (
          partner_id, client_id, plant_id, run_id, wait_id, arrived_at, result, answered_by)
        VALUES (\(fragment: plant.values), \(runID), \(waitID), \(now), \(ExactJSON(result)), \(ExactJSON(by)))
        """
    }
}

extension HumanTask.Decision {
    fileprivate func insertion(of task: HumanTask, _ plant: PlantKey) -> Statement {
        """
        INSERT INTO millwright.human_task_decision (
          partner_id, client_id, plant_id, human_task_id, outcome, reason, form_values, decided_by_principal_id,
          decided_by_name, decided_as_role, decided_at)
        VALUES (
          \(fragment: plant.values), \(task.id), \(outcome), \(reason as String?),
          \(ExactJSON(data) as ExactJSON?), \(decidedBy), \(decidedByName), \(role), \(decidedAt))
        """
    }

    fileprivate func answer(to task: HumanTask, _ plant: PlantKey) -> Statement {
        let result: JSONValue = [
            "outcome": .string(outcome), "reason": reason.map(JSONValue.string) ?? .null, "data": data ?? .null,
            "decidedBy": [
                "id": .string(decidedBy.description), "name": .string(decidedByName), "role": .string(role.rawValue),
            ],
            "decidedAt": .string(decidedAt.description),
        ]
        let by: JSONValue = [
            "principal": .string(decidedBy.description), "name": .string(decidedByName),
            "role": .string(role.rawValue), "humanTask": .string(task.id.description),
        ]
        return task.answer(result, by: by, plant, at: decidedAt)
    }
}
