import Database
import JSON
import Primitives
import Tenancy

extension HumanTaskService {
    /// What a task's clock asks for now.
    enum DeadlineAction: Hashable {
        /// Somebody was faster, or the moment has moved.
        case none
        case expire
        /// To the role of the next step, which then has the task; whoever had claimed it loses it.
        case escalate(to: Role, level: Int, next: Timestamp?)
        /// Due, and nobody is left to escalate to: it stays open.
        case stay
    }

    static func action(on task: HumanTask, nextActionAt: Timestamp?, at now: Timestamp) -> DeadlineAction {
        guard task.status.isOpen, let nextActionAt, nextActionAt <= now else { return .none }
        let isDue = task.dueAt.map { $0 <= now } ?? false
        if isDue, task.onDue == .expire { return .expire }
        guard task.escalationLevel < task.escalation.count else { return .stay }
        let level = task.escalationLevel + 1
        // A deadline that has passed asks for nothing more; only the later steps of the escalation do.
        let next = HumanTaskSpecification.nextActionAt(
            openedAt: task.openedAt, dueAt: isDue ? nil : task.dueAt, escalation: task.escalation, level: level)
        return .escalate(to: task.escalation[task.escalationLevel].role, level: level, next: next)
    }

    func actOnDeadline(of id: HumanTaskID, in scope: TenantScope) async throws {
        let plant = try PlantKey(scope)
        let now = clock.now()
        let notification = board.notification(for: plant)
        let hasExpired = try await database.transaction(scope) { transaction in
            let task = try await Self.lockedTask(id, plant, transaction)
            let row = try await transaction.one(
                """
                SELECT task.next_action_at
                FROM millwright.human_task AS task
                WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(id)
                """)
            let nextActionAt = try row?.decode("next_action_at", as: Timestamp?.self)
            switch Self.action(on: task, nextActionAt: nextActionAt, at: now) {
            case .none: return false
            case .expire:
                try await Self.expire(task, plant, transaction, at: now)
                if let notification { try await transaction.execute(notification) }
                return true
            case .escalate(let role, let level, let next):
                try await Self.escalate(task, to: role, level: level, next: next, plant, transaction)
                return false
            case .stay:
                try await transaction.execute(Self.setNextAction(of: task, nil, plant))
                return false
            }
        }
        if hasExpired { board.wake(.inputs, plant.plantID) }
    }

    private static func expire(
        _ task: HumanTask, _ plant: PlantKey, _ transaction: TenantTransaction, at now: Timestamp
    ) async throws {
        let result: JSONValue = [
            "outcome": "expired", "reason": .null, "data": .null, "decidedBy": .null,
            "decidedAt": .string(now.description),
        ]
        try await transaction.batch([
            closing(task, as: .expired, assignee: nil, plant, at: now),
            task.answer(result, by: ["humanTask": .string(task.id.description)], plant, at: now),
            AuditEntry(
                "human-task.expired", objectType: "human-task", objectID: task.id.description, old: task.audited,
                new: ["status": "expired"], by: .system
            ).insertion(in: plant.scope),
        ])
    }

    private static func escalate(
        _ task: HumanTask, to role: Role, level: Int, next: Timestamp?, _ plant: PlantKey,
        _ transaction: TenantTransaction
    ) async throws {
        try await transaction.batch([
            """
            UPDATE millwright.human_task AS task
            SET status = 'open', assignee_principal_id = NULL, assignee_name = NULL, claimed_at = NULL, role = \(role),
              escalation_level = \(Int32(level)), next_action_at = \(next as Timestamp?)
            WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(task.id)
            """,
            AuditEntry(
                "human-task.escalated", objectType: "human-task", objectID: task.id.description, old: task.audited,
                new: ["status": "open", "role": .string(role.rawValue), "escalationLevel": JSONValue(level)],
                by: .system
            ).insertion(in: plant.scope),
        ])
    }

    private static func setNextAction(of task: HumanTask, _ moment: Timestamp?, _ plant: PlantKey) -> Statement {
        """
        UPDATE millwright.human_task AS task
        SET next_action_at = \(moment as Timestamp?)
        WHERE \(fragment: plant.owns("task")) AND task.human_task_id = \(task.id)
        """
    }
}
