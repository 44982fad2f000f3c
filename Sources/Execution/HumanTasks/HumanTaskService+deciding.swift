import Database
package import JSON
package import Primitives
package import Tenancy
import Workflow

extension HumanTaskService {
    package static let maximumReasonCharacters = DecisionCheck.maximumReasonCharacters

    /// What somebody decides.
    package struct Choice: Sendable {
        package var outcome: String
        package var reason: String?
        /// What was filled into the form.
        package var data: JSONValue?
        /// Who is away, for whom the principal stands in.
        package var onBehalfOf: PrincipalID?
        package var signature: SigningStatement?

        package init(
            outcome: String, reason: String? = nil, data: JSONValue? = nil, onBehalfOf: PrincipalID? = nil,
            signature: SigningStatement? = nil
        ) {
            self.outcome = outcome
            self.reason = reason
            self.data = data
            self.onBehalfOf = onBehalfOf
            self.signature = signature
        }
    }

    package func decide(
        _ id: HumanTaskID, in scope: TenantScope, outcome: String, reason: String? = nil, data: JSONValue? = nil,
        by principal: Principal, from origin: String? = nil
    ) async throws -> HumanTask {
        try await decide(
            id, in: scope, Choice(outcome: outcome, reason: reason, data: data), by: principal, from: origin)
    }

    /// Decides the task, or gives one decision of those that a quorum needs: the decision, its signature, the answer to the
    /// run, the audit entry and the usage record are one transaction.
    /// - Throws: `.invalidRequest` with every mistake in outcome, reason and form; `.forbidden`, `.segregationOfDuties`; and
    ///   `.wrongState`, which says who was first, for a task that is closed or that somebody else has claimed.
    package func decide(
        _ id: HumanTaskID, in scope: TenantScope, _ choice: Choice, by principal: Principal, from origin: String? = nil
    ) async throws -> HumanTask {
        let absent = try await absent(choice.onBehalfOf, in: scope)
        let plant = try PlantKey(scope)
        let now = clock.now()
        let notification = board.notification(for: plant)
        let new = try await database.transaction(scope) { transaction in
            let held = try await Self.held(
                id, plant, people: [principal.id] + (absent.map { [$0.id] } ?? []), substitute: principal.id,
                for: absent?.id, at: now, transaction)
            let task = held.task
            try Self.checkIsOpen(task)
            let actor = TaskActor(principal, for: absent, by: held.substitutions)
            let decision = try Self.decision(choice, of: task, by: actor, held.family, at: now)
            let recording = DecisionRecording(
                task: task, decision: decision, plant: plant, actor: principal.actor(origin: origin),
                able: try await able(besides: decision, task, plant, transaction), now: now)
            var statements = recording.statements
            if let meaning = decision.signatureMeaning {
                let attached = try await transaction.query(AttachedEvidence.selection(of: id, plant))
                let signature = TaskSignature(
                    meaning, of: decision, task, try attached.map(AttachedEvidence.init(row:)))
                statements.append(signature.insertion(of: decision, task, plant))
            }
            if recording.closes, let notification { statements.append(notification) }
            try await transaction.commit(with: statements)
            return recording.result
        }
        if !new.status.isOpen { board.wake(.inputs, plant.plantID) }
        if !new.terms.announce.isEmpty { bell.announce(now) }
        return new
    }

    /// Checks everything that can be wrong with it, in the order in which a person would want to know.
    private static func decision(
        _ choice: Choice, of task: HumanTask, by actor: TaskActor, _ family: [FamilyDecision], at now: Timestamp
    ) throws(Problem) -> HumanTask.Decision {
        let principal = actor.principal
        let role = try actor.authority(on: task)
        let giver = task.giver(of: principal)
        if actor.absent != nil, task.delegatedBy != nil {
            throw Problem(.wrongState, "This task was handed on. Only whoever has it can decide it, or give it back.")
        }
        let people = actor.people + giver
        try SegregationOfDuties.check(people, task, family: family)
        if task.status == .claimed, !actor.people.contains(where: { $0.id == task.assignee }) {
            throw Problem(.wrongState, "\(task.assigneeName ?? "Somebody else") has claimed this task.")
        }
        let ids = Set(people.map(\.id))
        if let earlier = task.decisions.first(where: { !$0.people.isDisjoint(with: ids) }) {
            throw Problem(
                .wrongState,
                "\(earlier.decidedByName) has decided this task already: \(earlier.outcome). It needs different people."
            )
        }
        let data = try DecisionCheck.check(choice.outcome, choice.reason, choice.data, task)
        let meaning = try TaskSignature.check(choice.signature, for: choice.outcome, of: task, by: principal, at: now)
        return HumanTask.Decision(
            outcome: choice.outcome, reason: choice.reason, data: data, decidedBy: principal.id,
            decidedByName: principal.displayName, role: role, decidedAt: now,
            onBehalfOf: (actor.absent ?? giver.first).map { .init(id: $0.id, name: $0.displayName) },
            signatureMeaning: meaning)
    }

    /// How many others could still decide, which only a quorum asks for.
    ///
    /// It is asked while the transaction holds the task and its family: an escalation that asks other people, another decision
    /// and a change of roles come before this one or after it, never in between. Who may decide is known across the tenant's
    /// levels, which a plant's transaction does not see. The platform's connections are other ones than the plants', and
    /// nobody who has one of those waits for a plant's.
    private func able(
        besides decision: HumanTask.Decision, _ task: HumanTask, _ plant: PlantKey, _ transaction: TenantTransaction
    ) async throws -> Int {
        guard task.terms.quorum != nil else { return 0 }
        let family = try await transaction.query(FamilyDecision.selection(besides: task.id, of: nil, plant))
            .map(FamilyDecision.init(row:))
        let panel = try await people.principals(holding: task.roles, named: task.people, in: plant.scope)
        let done = (task.decisions + [decision]).reduce(into: Set<PrincipalID>()) { $0.formUnion($1.people) }
        return panel.count { person in
            guard !done.contains(person.id), person.allows(.humanTasksDecide, in: plant.scope) else { return false }
            return (try? Self.checkMayDecide(person, task, family: family)) != nil
        }
    }
}
