import Database
package import Primitives
package import Tenancy

/// Who may do what with a task.
extension HumanTaskService {
    static func checkIsOpen(_ task: HumanTask) throws(Problem) {
        switch task.status {
        case .open, .claimed: return
        case .decided:
            let decision = task.decision
            throw Problem(
                .wrongState,
                "This task was decided by \(decision?.decidedByName ?? "somebody") at \(decision?.decidedAt.description ?? "an earlier time"): \(task.outcome ?? "")."
            )
        case .expired: throw Problem(.wrongState, "This task has expired.")
        case .cancelled: throw Problem(.wrongState, "This task is no longer needed: its run went on without it.")
        }
    }

    static func checkIsForOne(_ task: HumanTask) throws(Problem) {
        guard task.terms.peopleNeeded > 1 || task.terms.quorum != nil else { return }
        throw Problem(.wrongState, "Several people decide this task: nobody takes it. Decide it with the others.")
    }

    /// As far as it can be said without the rest of the run: whom the task is for, and who caused the run.
    package static func checkMayDecide(_ principal: Principal, _ task: HumanTask) throws(Problem) {
        try checkMayDecide(principal, task, family: [])
    }

    static func checkMayDecide(_ principal: Principal, _ task: HumanTask, family: [FamilyDecision]) throws(Problem) {
        _ = try TaskActor(principal).authority(on: task)
        try SegregationOfDuties.check([principal], task, family: family)
    }
}

extension HumanTaskService {
    /// Why the principal may not decide the task, for itself or for somebody who is away; `nil` when it may. The same is
    /// checked again when it decides.
    package func objection(
        to principal: Principal, for absent: PrincipalID? = nil, deciding task: HumanTask
    ) async throws -> Problem? {
        let plant = try PlantKey(task.scope)
        let away = try await self.absent(absent, in: task.scope)
        let now = clock.now()
        let people = [principal.id] + (away.map { [$0.id] } ?? [])
        var statements = [FamilyDecision.selection(besides: task.id, of: people, plant)]
        if let away { statements.append(Substitution.active(of: away.id, by: principal.id, plant, at: now)) }
        let rows = try await database.readPipeline(task.scope, statements)
        let family = try rows[0].map(FamilyDecision.init(row:))
        let substitutions = try rows.count > 1 ? rows[1].map(Substitution.init(row:)) : []
        let actor = TaskActor(principal, for: away, by: substitutions)
        do throws(Problem) {
            _ = try actor.authority(on: task)
            try SegregationOfDuties.check(actor.people + task.giver(of: principal), task, family: family)
            return nil
        } catch {
            return error
        }
    }

    func absent(_ id: PrincipalID?, in scope: TenantScope) async throws -> Principal? {
        guard let id else { return nil }
        guard let absent = try await people.principal(id, in: scope) else {
            throw Problem(.forbidden, "There is nobody here for whom you could act under this identifier.")
        }
        return absent
    }
}

extension HumanTask {
    /// Whoever handed the task on to the principal, which then acts for both.
    func giver(of principal: Principal) -> [Principal] {
        guard let delegatedBy, assignee == principal.id else { return [] }
        return [
            Principal(
                id: delegatedBy.id, kind: .user, displayName: delegatedBy.name, home: scope, createdAt: openedAt)
        ]
    }
}
