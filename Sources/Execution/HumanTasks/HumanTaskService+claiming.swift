import Database
import JSON
package import Primitives
package import Tenancy
import Workflow

extension HumanTaskService {
    /// Takes the task for oneself.
    /// - Throws: `.forbidden` for somebody whom it is not for, `.segregationOfDuties` for somebody who may not decide it,
    ///   `.wrongState` when somebody else has it, several people decide it, or it is closed.
    package func claim(_ id: HumanTaskID, in scope: TenantScope, by principal: Principal, from origin: String? = nil)
        async throws -> HumanTask
    {
        try await change(id, in: scope, "human-task.claimed", by: principal, from: origin) { held, plant in
            let task = held.task
            try Self.checkMayDecide(principal, task, family: held.family)
            if task.status == .claimed {
                guard task.assignee != principal.id else { return nil }
                throw Problem(.wrongState, "\(task.assigneeName ?? "Somebody") has claimed this task.")
            }
            try Self.checkIsForOne(task)
            return Self.assigning(task, to: principal, delegatedBy: nil, plant, at: clock.now())
        }
    }

    /// Gives the task back to everybody whom it is for. Whoever operates runs may also release somebody else's.
    package func release(_ id: HumanTaskID, in scope: TenantScope, by principal: Principal, from origin: String? = nil)
        async throws -> HumanTask
    {
        try await change(id, in: scope, "human-task.released", by: principal, from: origin) { held, plant in
            let task = held.task
            guard task.status == .claimed else { throw Problem(.wrongState, "Nobody has claimed this task.") }
            guard task.assignee == principal.id || principal.allows(.runsOperate, in: scope) else {
                throw Problem(.forbidden, "\(task.assigneeName ?? "Somebody else") has claimed this task.")
            }
            return """
                UPDATE millwright.human_task AS task
                SET status = 'open', assignee_principal_id = NULL, assignee_name = NULL, claimed_at = NULL,
                  delegated_by_principal_id = NULL, delegated_by_name = NULL
                WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
                """
        }
    }

    /// Gives the task to somebody who may decide it, whoever has it now. The caller operates runs in the scope.
    /// - Parameter name: a principal's identifier or mail address.
    package func reassign(
        _ id: HumanTaskID, in scope: TenantScope, to name: String, reason: String? = nil, by principal: Principal,
        from origin: String? = nil
    ) async throws -> HumanTask {
        let target = try await receiver(name, in: scope)
        return try await change(
            id, in: scope, "human-task.reassigned", people: [target.id], reason: reason, by: principal, from: origin
        ) { held, plant in
            try Self.checkIsForOne(held.task)
            try Self.checkMayReceive(target, held.task, held.family)
            guard held.task.assignee != target.id else { return nil }
            return Self.assigning(held.task, to: target, delegatedBy: nil, plant, at: clock.now())
        }
    }

    /// Hands the task on to somebody else who may decide it. Whoever hands it on counts as having decided it too.
    /// - Throws: `.forbidden` where the template does not allow it, and for a task that somebody else has.
    package func delegate(
        _ id: HumanTaskID, in scope: TenantScope, to name: String, reason: String? = nil, by principal: Principal,
        from origin: String? = nil
    ) async throws -> HumanTask {
        let target = try await receiver(name, in: scope)
        return try await change(
            id, in: scope, "human-task.delegated", people: [target.id, principal.id], reason: reason, by: principal,
            from: origin
        ) { held, plant in
            let task = held.task
            guard task.terms.allowsDelegation else {
                throw Problem(
                    .forbidden, "This task cannot be handed on. Give it back, so that somebody else takes it.")
            }
            guard task.status == .claimed, task.assignee == principal.id else {
                throw Problem(.forbidden, "Only whoever has the task can hand it on. Take it first.")
            }
            guard task.delegatedBy == nil else {
                throw Problem(.wrongState, "This task was handed on once. Give it back instead.")
            }
            guard target.id != principal.id else { throw Problem(.invalidRequest, "You have this task already.") }
            try Self.checkMayDecide(principal, task, family: held.family)
            try Self.checkMayReceive(target, task, held.family)
            let giver = HumanTask.PersonName(id: principal.id, name: principal.displayName)
            return Self.assigning(task, to: target, delegatedBy: giver, plant, at: clock.now())
        }
    }

    /// A name that nobody has in the scope answers as one who may not have the task.
    private func receiver(_ name: String, in scope: TenantScope) async throws -> Principal {
        _ = try PlantKey(scope)
        guard let target = try await people.principal(named: name, in: scope),
            target.allows(.humanTasksDecide, in: scope)
        else { throw Self.cannotReceive }
        return target
    }

    private static let cannotReceive = Problem(
        .invalidRequest, "This person cannot have the task.",
        items: [.init(path: "/to", message: "Name somebody who may decide tasks here, by identifier or mail address.")])

    private static func checkMayReceive(
        _ target: Principal, _ task: HumanTask, _ family: [FamilyDecision]
    ) throws(Problem) {
        guard task.place(of: target) != nil else { throw cannotReceive }
        do {
            try SegregationOfDuties.check([target], task, family: family)
        } catch {
            throw Problem(
                .segregationOfDuties, "\(target.displayName) may not decide this task: duties must be kept apart.")
        }
    }

    private func change(
        _ id: HumanTaskID, in scope: TenantScope, _ action: String, people: [PrincipalID]? = nil,
        reason: String? = nil, by principal: Principal, from origin: String?,
        _ update: @Sendable (Held, PlantKey) throws -> Statement?
    ) async throws -> HumanTask {
        let plant = try PlantKey(scope)
        let now = clock.now()
        let (task, isTold) = try await database.transaction(scope) { transaction in
            let held = try await Self.held(
                id, plant, people: people ?? [principal.id], at: now, transaction)
            let old = held.task
            try Self.checkIsOpen(old)
            guard let statement = try update(held, plant) else { return (old, false) }
            try await transaction.execute(statement)
            let new = try await Self.task(id, plant, transaction)
            try await transaction.record(
                AuditEntry(
                    action, objectType: "human-task", objectID: id.description, old: old.audited, new: new.audited,
                    reason: reason, by: principal.actor(origin: origin)))
            guard new.assignee != nil, new.assignee != principal.id,
                let telling = TaskAnnouncement.insertion(
                    .assigned, of: new, ["by": .string(principal.displayName)], plant, at: now)
            else { return (new, false) }
            try await transaction.execute(telling)
            return (new, true)
        }
        if isTold { bell.announce(now) }
        return task
    }

    private static func assigning(
        _ task: HumanTask, to principal: Principal, delegatedBy giver: HumanTask.PersonName?, _ plant: PlantKey,
        at now: Timestamp
    ) -> Statement {
        """
        UPDATE millwright.human_task AS task
        SET status = 'claimed', assignee_principal_id = \(principal.id), assignee_name = \(principal.displayName),
          claimed_at = \(now), delegated_by_principal_id = \(giver?.id as PrincipalID?),
          delegated_by_name = \(giver?.name as String?)
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(task.id)
        """
    }
}
