import Database
import JSON
package import Primitives
package import Tenancy

extension HumanTaskService {
    /// Takes the task for oneself.
    /// - Throws: `.forbidden` without the task's role, `.segregationOfDuties` for somebody who may not decide it,
    ///   `.wrongState` when somebody else has it or it is closed.
    package func claim(_ id: HumanTaskID, in scope: TenantScope, by principal: Principal, from origin: String? = nil)
        async throws -> HumanTask
    {
        try await change(id, in: scope, "human-task.claimed", by: principal, from: origin) { task, plant in
            try Self.checkMayDecide(principal, task)
            if task.status == .claimed {
                guard task.assignee != principal.id else { return nil }
                throw Problem(.wrongState, "\(task.assigneeName ?? "Somebody") has claimed this task.")
            }
            return """
                UPDATE millwright.human_task AS task
                SET status = 'claimed', assignee_principal_id = \(principal.id), assignee_name = \(principal.displayName),
                  claimed_at = \(self.clock.now())
                WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
                """
        }
    }

    /// Gives the task back to everybody with its role. Whoever operates runs may also release somebody else's.
    package func release(_ id: HumanTaskID, in scope: TenantScope, by principal: Principal, from origin: String? = nil)
        async throws -> HumanTask
    {
        try await change(id, in: scope, "human-task.released", by: principal, from: origin) { task, plant in
            guard task.status == .claimed else { throw Problem(.wrongState, "Nobody has claimed this task.") }
            guard task.assignee == principal.id || principal.allows(.runsOperate, in: scope) else {
                throw Problem(.forbidden, "\(task.assigneeName ?? "Somebody else") has claimed this task.")
            }
            return """
                UPDATE millwright.human_task AS task
                SET status = 'open', assignee_principal_id = NULL, assignee_name = NULL, claimed_at = NULL
                WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
                """
        }
    }

    private func change(
        _ id: HumanTaskID, in scope: TenantScope, _ action: String, by principal: Principal, from origin: String?,
        _ update: @Sendable (HumanTask, PlantKey) throws -> Statement?
    ) async throws -> HumanTask {
        let plant = try PlantKey(scope)
        return try await database.transaction(scope) { transaction in
            let old = try await Self.lockedTask(id, plant, transaction)
            try Self.checkIsOpen(old)
            guard let statement = try update(old, plant) else { return old }
            try await transaction.execute(statement)
            let new = try await Self.task(id, plant, transaction)
            try await transaction.record(
                AuditEntry(
                    action, objectType: "human-task", objectID: id.description, old: old.audited, new: new.audited,
                    by: principal.actor(origin: origin)))
            return new
        }
    }

    // MARK: Who may do what

    static func checkIsOpen(_ task: HumanTask) throws(Problem) {
        switch task.status {
        case .open, .claimed: return
        case .decided:
            let decision = task.decision
            throw Problem(
                .wrongState,
                "This task was decided by \(decision?.decidedByName ?? "somebody") at \(decision?.decidedAt.description ?? "an earlier time"): \(decision?.outcome ?? "")."
            )
        case .expired: throw Problem(.wrongState, "This task has expired.")
        case .cancelled: throw Problem(.wrongState, "This task is no longer needed: its run went on without it.")
        }
    }

    /// The role, and four eyes: whoever caused the run may not be the one who decides.
    package static func checkMayDecide(_ principal: Principal, _ task: HumanTask) throws(Problem) {
        guard principal.holds(task.role, in: task.scope) else {
            throw Problem(.forbidden, "This task is for the role \(task.role.rawValue).")
        }
        guard task.fourEyes else { return }
        if task.initiator == principal.id || task.names(principal) {
            throw Problem(
                .segregationOfDuties, "You started what is to be decided here. Another person must decide it.")
        }
    }
}

extension HumanTask {
    /// Whether the data says that this person asked for it: by identifier, mail address or name.
    fileprivate func names(_ principal: Principal) -> Bool {
        guard let requestedBy else { return false }
        let wanted = requestedBy.lowercased()
        return [principal.id.description, principal.email?.lowercased(), principal.displayName.lowercased()]
            .contains(wanted)
    }

    /// What the audit shows of a task.
    var audited: JSONValue {
        [
            "status": .string(status.rawValue), "role": .string(role.rawValue),
            "assignee": assignee.map { .string($0.description) } ?? .null,
            "escalationLevel": JSONValue(escalationLevel),
        ]
    }
}
