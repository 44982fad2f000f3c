import Database
import JSON
package import Primitives
package import Tenancy

/// A word in the thread of a task. It is never changed.
package struct TaskComment: Sendable, Hashable {
    package static let maximumCharacters = 10_000
    package static let maximumPerTask = 500

    package var id: TaskCommentID
    package var authorID: PrincipalID
    package var authorName: String
    package var writtenAt: Timestamp
    package var body: String
}

extension HumanTaskService {
    /// Says something about a task, also one that is closed.
    package func comment(
        _ id: HumanTaskID, in scope: TenantScope, _ body: String, by principal: Principal, from origin: String? = nil
    ) async throws -> TaskComment {
        let plant = try PlantKey(scope)
        let isEmpty = !body.contains { !$0.isWhitespace }
        let limit = TaskComment.maximumCharacters
        let length = body.unicodeScalars.count
        guard !isEmpty, length <= limit, !body.unicodeScalars.contains("\0") else {
            throw Problem(
                .invalidRequest, "The comment cannot be taken.",
                items: [.init(path: "/body", message: "Has \(length) characters; write 1 to \(limit).")])
        }
        let comment = TaskComment(
            id: TaskCommentID(), authorID: principal.id, authorName: principal.displayName, writtenAt: clock.now(),
            body: body)
        try await database.transaction(scope) { transaction in
            _ = try await Self.lockedTask(id, plant, transaction)
            let rows = try await transaction.query(
                """
                SELECT count(*) AS number FROM millwright.human_task_comment AS comment
                WHERE \(fragment: plant.owns("comment")) AND comment.human_task_id = \(id)
                """)
            guard try rows[0].decode("number", as: Int.self) < TaskComment.maximumPerTask else {
                throw Problem(.conflict, "A task has at most \(TaskComment.maximumPerTask) comments.")
            }
            try await transaction.commit(with: [
                comment.insertion(of: id, plant),
                AuditEntry(
                    "human-task.commented", objectType: "human-task", objectID: id.description,
                    new: ["comment": .string(comment.id.description), "characters": JSONValue(body.count)],
                    by: principal.actor(origin: origin)
                ).insertion(in: scope),
            ])
        }
        return comment
    }

    /// The thread, in order.
    package func comments(on id: HumanTaskID, in scope: TenantScope) async throws -> [TaskComment] {
        let plant = try PlantKey(scope)
        return try await database.read(scope) { transaction in
            _ = try await Self.task(id, plant, transaction)
            return try await transaction.query(
                """
                SELECT comment.comment_id, comment.author_principal_id, comment.author_name, comment.written_at,
                  comment.body
                FROM millwright.human_task_comment AS comment
                WHERE \(fragment: plant.owns("comment")) AND comment.human_task_id = \(id)
                ORDER BY comment.comment_id
                """
            ).map(TaskComment.init(row:))
        }
    }
}

extension TaskComment {
    fileprivate func insertion(of task: HumanTaskID, _ plant: PlantKey) -> Statement {
        """
        INSERT INTO millwright.human_task_comment (
          partner_id, client_id, plant_id, human_task_id, comment_id, author_principal_id, author_name, written_at, body)
        VALUES (
          \(fragment: plant.values), \(task), \(id), \(authorID), \(authorName), \(writtenAt), \(body))
        """
    }

    fileprivate init(row: Row) throws {
        self.init(
            id: try row.decode("comment_id"), authorID: try row.decode("author_principal_id"),
            authorName: try row.decode("author_name"), writtenAt: try row.decode("written_at"),
            body: try row.decode("body"))
    }
}
