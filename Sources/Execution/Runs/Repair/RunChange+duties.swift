import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// Four eyes hold against those who repair, too: nobody leads a run round a decision that was to be made.
extension RunChange {
    /// - Parameter digests: the run's definition, and the one that it is to have.
    /// - Throws: `.segregationOfDuties` for whoever caused the run or its family, or decided in it, where duties are kept apart.
    func refuseInvolved(
        in run: Standing, _ digests: [String], _ definitions: RepairDefinitions, in transaction: TenantTransaction
    ) async throws {
        guard let person = actor.principalID else { return }
        let family = RunFamily(plant: plant, root: run.family)
        guard let row = try await transaction.one(family.involvement(of: person, named: names)) else { return }
        guard try digests.contains(where: definitions.keepsDutiesApart) || row.decode("is_guarded") else { return }
        if try row.decode("is_cause") {
            throw Problem(
                .segregationOfDuties,
                "You started this run or changed it, and its workflow keeps duties apart. "
                    + "Somebody else must say how it goes on.")
        }
        if try row.decode("is_decider") {
            throw Problem(
                .segregationOfDuties,
                "You decided a task of this run, and its workflow keeps duties apart. "
                    + "Somebody else must say how it goes on.")
        }
    }

    /// A rerun with an input that the task did not have.
    /// - Throws: `.segregationOfDuties` for everybody, with the human tasks that would be passed over.
    func refusePassing(
        to task: String, of run: Standing, _ definitions: RepairDefinitions, in transaction: TenantTransaction
    ) async throws {
        try await refuse(try definitions.guards(of: run.digest).before(task), run, in: transaction)
    }

    /// A migration.
    /// - Throws: `.segregationOfDuties` for everybody, with the human tasks that would be passed over or decided by the wrong
    ///   people.
    func refusePassing(
        _ state: RunState, _ migration: Migration, of run: Standing, _ definitions: RepairDefinitions,
        in transaction: TenantTransaction
    ) async throws {
        let weakened = migration.weakenedTasks(state)
        guard weakened.isEmpty else {
            throw Problem(
                .segregationOfDuties,
                "An open human task would be decided by people whom the new version keeps away. Let it be decided first.",
                items: weakened)
        }
        let (old, new) = (DutyGuards(migration.from, definitions), DutyGuards(migration.to, definitions))
        try await refuse(migration.passedGuards(state, from: old, to: new), run, in: transaction)
    }

    private func refuse(_ guards: [DutyGuards.Guard], _ run: Standing, in transaction: TenantTransaction) async throws {
        guard !guards.isEmpty else { return }
        let decided = try await decided(of: run, in: transaction)
        let places = Set(guards.map(\.place))
        // A migration may have moved the task: its decision names the old place.
        let moved = Set(decided.subtracting(places).compactMap { $0.split(separator: "/").last })
        let passed = guards.filter { asked in
            !decided.contains(asked.place) && !asked.place.split(separator: "/").suffix(1).allSatisfy(moved.contains)
        }
        guard passed.isEmpty else {
            throw Problem(
                .segregationOfDuties,
                "A decision that keeps duties apart would be passed over. Begin at it, or before it.",
                items: passed.prefix(50).map { .init(path: $0.reference, message: "Was not decided in this run.") })
        }
    }

    /// References of the human tasks that were decided the last time that they were asked for, by the people whom their duties
    /// allow; and of child runs that completed, as `child /do/1/ask`.
    private func decided(of run: Standing, in transaction: TenantTransaction) async throws -> Set<String> {
        let rows = try await transaction.query(
            """
            SELECT asked.reference
            FROM (
              SELECT DISTINCT ON (reference) regexp_replace(task.wait_id, '#[0-9]+$', '') AS reference,
                task.status = 'decided' AND \(raw: RunFamily.asksApart) AS is_decided
              FROM millwright.human_task AS task
              WHERE \(fragment: plant.owns("task")) AND task.run_id = \(run.id)
              ORDER BY reference, task.human_task_id DESC
            ) AS asked
            WHERE asked.is_decided
            UNION ALL
            SELECT asked.reference
            FROM (
              SELECT DISTINCT ON (reference) 'child ' || regexp_replace(child.parent_wait_id, '#[0-9]+$', '') AS reference,
                child.status = 'completed' AS is_decided
              FROM millwright.run AS child
              WHERE \(fragment: plant.owns("child")) AND child.parent_run_id = \(run.id) AND child.parent_wait_id IS NOT NULL
              ORDER BY reference, child.run_id DESC
            ) AS asked
            WHERE asked.is_decided
            """)
        return try rows.reduce(into: []) { $0.insert(try $1.decode("reference")) }
    }
}

extension DutyGuards.Guard {
    /// As decisions name it.
    fileprivate var place: String { isChild ? "child \(reference)" : reference }
}

extension DutyGuards {
    fileprivate init(_ definition: Definition, _ definitions: RepairDefinitions) {
        self.init(definition, guardedWorkflows: definitions.guardedWorkflows)
    }
}
