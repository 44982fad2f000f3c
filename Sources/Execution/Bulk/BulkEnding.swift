import Database
import JSON
import Primitives
import Tenancy

/// The end of an operation on many runs, with its entry in the audit. The caller holds the operation's row and has seen it
/// running.
struct BulkEnding: Sendable {
    let plant: PlantKey
    let id: BulkOperationID
    let status: BulkOperation.Status
    let now: Timestamp

    /// - Parameter counts: what came of it, for the audit.
    func perform(
        counts: JSONObject = [:], reason: String, by actor: Actor, in transaction: TenantTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE millwright.bulk_operation AS operation
            SET status = \(status.rawValue), ended_at = \(now)
            WHERE \(fragment: plant.owns("operation")) AND operation.bulk_operation_id = \(id)
            """)
        var new: JSONObject = ["status": .string(status.rawValue)]
        for (name, value) in counts { new[name] = value }
        try await transaction.record(
            AuditEntry(
                "bulk-operation.\(status.rawValue)", objectType: "bulk-operation", objectID: id.description,
                old: ["status": "running"], new: .object(new), reason: reason, by: actor))
    }
}
