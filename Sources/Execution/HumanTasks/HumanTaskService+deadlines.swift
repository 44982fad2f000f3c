import Database
import JSON
import Primitives
import Tenancy
import Workflow

extension HumanTaskService {
    /// Acts on what the task's clock asks for: under the task's lock, so that each reminder and each step happens once
    /// however many control planes look.
    func actOnDeadline(of id: HumanTaskID, in scope: TenantScope) async throws {
        let plant = try PlantKey(scope)
        let now = clock.now()
        let notification = board.notification(for: plant)
        let hasExpired = try await database.transaction(scope) { transaction in
            let task = try await Self.lockedTask(id, plant, transaction)
            guard task.status.isOpen, let moment = task.nextActionAt, moment <= now else { return false }
            switch task.clock.action(at: now) {
            case .none: try await transaction.execute(Self.setNextAction(of: task, plant))
            case .expire:
                try await transaction.batch(Self.expiring(task, plant, at: now) + (notification.map { [$0] } ?? []))
                return true
            case .escalate(let step): try await transaction.batch(Self.escalating(task, step, plant, at: now))
            case .remind(let sent): try await transaction.batch(Self.reminding(task, sent, plant, at: now))
            }
            return false
        }
        if hasExpired { board.wake(.inputs, plant.plantID) }
    }

    /// Holds the task against everybody else until the transaction ends. It is read after the lock was had, so that a
    /// decision that was made meanwhile is seen.
    static func lockedTask(_ id: HumanTaskID, _ plant: PlantKey, _ transaction: TenantTransaction) async throws
        -> HumanTask
    {
        let rows = try await transaction.batch([
            """
            SELECT
            FROM millwright.human_task AS task
            WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
            FOR UPDATE
            """,
            selection(id, plant),
        ])
        guard let row = rows[1].first else { throw Problem.notFound("human task") }
        return try HumanTask(row: row)
    }

    /// Takes the next step of the escalation of every open task of a run.
    static func escalateTasks(
        of run: RunID, _ plant: PlantKey, in transaction: TenantTransaction, at now: Timestamp
    ) async throws {
        let rows = try await transaction.query(
            """
            SELECT task.human_task_id
            FROM millwright.human_task AS task
            WHERE \(fragment: plant.owns("task")) AND task.run_id = \(run) AND task.status IN ('open', 'claimed')
            ORDER BY task.human_task_id
            """)
        for row in rows {
            let task = try await lockedTask(row.decode("human_task_id"), plant, transaction)
            guard task.status.isOpen, task.escalationLevel < task.escalation.count else { continue }
            try await transaction.batch(escalating(task, task.escalationLevel, plant, at: now))
        }
    }

    private static func expiring(_ task: HumanTask, _ plant: PlantKey, at now: Timestamp) -> [Statement] {
        let outcome = HumanTaskArguments.expired
        let statements = [
            task.closing(as: .expired, outcome: outcome, assignee: nil, plant, at: now),
            task.answering(
                task.answer(outcome: outcome, by: nil, at: now), by: ["humanTask": .string(task.id.description)],
                plant, at: now),
            audit("human-task.expired", task, ["status": "expired"], plant),
        ]
        return statements + telling(.expired, task, [:], plant, at: now)
    }

    /// To those of the step, who then have the task; whoever had claimed it loses it.
    private static func escalating(
        _ task: HumanTask, _ step: Int, _ plant: PlantKey, at now: Timestamp
    ) -> [Statement] {
        let escalation = task.escalation[step]
        var new = task
        new.escalationLevel = step + 1
        new.priority = escalation.priority ?? task.priority
        new.roles = escalation.candidates.roles.compactMap(Role.init(rawValue:))
        new.people = escalation.candidates.people
        (new.status, new.assignee, new.delegatedBy) = (.open, nil, nil)
        let names: JSONValue = .texts(new.roles.map(\.rawValue) + new.people)
        let statements: [Statement] = [
            """
            UPDATE millwright.human_task AS task
            SET status = 'open', assignee_principal_id = NULL, assignee_name = NULL, claimed_at = NULL,
              delegated_by_principal_id = NULL, delegated_by_name = NULL, role = \(new.roles.first as Role?),
              candidate_roles = \(new.roles.dropFirst().map(\.rawValue)), candidate_people = \(new.people),
              priority = \(Int32(new.priority)), escalation_level = \(Int32(new.escalationLevel)),
              next_action_at = \(new.clock.nextActionAt as Timestamp?)
            WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(task.id)
            """,
            audit("human-task.escalated", task, new.audited, plant),
        ]
        return statements
            + telling(.escalated, task, ["level": JSONValue(step + 1), "to": names], plant, at: now)
    }

    private static func reminding(
        _ task: HumanTask, _ sent: Int, _ plant: PlantKey, at now: Timestamp
    ) -> [Statement] {
        var new = task
        new.remindersSent = sent
        let statements: [Statement] = [
            """
            UPDATE millwright.human_task AS task
            SET reminders_sent = \(Int32(sent)), next_action_at = \(new.clock.nextActionAt as Timestamp?)
            WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(task.id)
            """,
            audit("human-task.reminded", task, ["reminder": JSONValue(sent)], plant),
        ]
        return statements + telling(.reminder, task, ["number": JSONValue(sent)], plant, at: now)
    }

    private static func telling(
        _ kind: HumanTaskArguments.Announcement, _ task: HumanTask, _ detail: JSONValue, _ plant: PlantKey,
        at now: Timestamp
    ) -> [Statement] {
        [TaskAnnouncement.insertion(kind, of: task, detail, plant, at: now)].compactMap { $0 }
    }

    private static func audit(
        _ action: String, _ task: HumanTask, _ new: JSONValue, _ plant: PlantKey
    ) -> Statement {
        AuditEntry(
            action, objectType: "human-task", objectID: task.id.description, old: task.audited, new: new, by: .system
        ).insertion(in: plant.scope)
    }

    private static func setNextAction(of task: HumanTask, _ plant: PlantKey) -> Statement {
        """
        UPDATE millwright.human_task AS task
        SET next_action_at = \(task.clock.nextActionAt as Timestamp?)
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(task.id)
        """
    }
}
