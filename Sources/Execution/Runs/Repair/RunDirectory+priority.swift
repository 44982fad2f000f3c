import Database
import JSON
package import Primitives
import Tenancy
import Workflow

extension RunDirectory {
    /// Changes the order in which a run that has not begun is started. A run that goes on already keeps the number for the
    /// tasks and runs that ask for it.
    /// - Throws: `Problem.notFound`, `.wrongState` for a run that has ended, `.invalidRequest`.
    package func setPriority(
        _ priority: Int, of id: RunID, in scope: TenantScope, reason: String, by actor: Actor
    ) async throws {
        guard (0...100).contains(priority) else {
            throw Problem(
                .invalidRequest, "The priority cannot be set.",
                items: [.init(path: "/priority", message: "Must be from 0 to 100.")])
        }
        let plant = try PlantKey(scope)
        let notification = board.notification(for: plant)
        try await database.transaction(scope) { transaction in
            let row = try await transaction.one(
                """
                SELECT run.priority, run.status
                FROM millwright.run AS run
                WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)
                FOR UPDATE
                """)
            guard let row else { throw Problem.notFound("run") }
            let status: RunStatus = try row.decode("status")
            guard !status.isFinal else { throw Problem(.wrongState, "The run is \(status.rawValue) already.") }
            try await transaction.execute(
                """
                UPDATE millwright.run AS run
                SET priority = \(Int32(priority))
                WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)
                """)
            try await transaction.record(
                AuditEntry(
                    "run.priority-set", objectType: "run", objectID: id.description,
                    old: ["priority": JSONValue(try row.decode("priority", as: Int.self))],
                    new: ["priority": JSONValue(priority)], reason: reason, by: actor))
            if let notification { try await transaction.execute(notification) }
        }
        // What is ready in memory stands in the old order: it is read again.
        board.wake(.pending, plant.plantID)
    }
}
