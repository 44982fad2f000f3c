package import Database
import JSON
package import Primitives

extension TenantTransaction {
    /// Writes the entry in this transaction: either the change and its record are both committed, or neither is.
    package func record(_ entry: AuditEntry) async throws { try await execute(entry.insertion(in: scope)) }
}

extension AuditEntry {
    /// The statement by itself, for callers that pipeline it with the change.
    package func insertion(in transactionScope: TenantScope) -> Statement {
        let scope = scope ?? transactionScope
        return """
            INSERT INTO millwright.audit_entry (
              partner_id, client_id, plant_id, audit_entry_id, action, object_type, object_id, old, new, reason,
              actor_kind, actor_principal_id, actor_name, origin)
            VALUES (
              \(scope.ownerID), \(scope.clientID), \(scope.plantID), \(AuditEntryID()), \(action), \(objectType),
              \(objectID), \(old), \(new), \(reason ?? AuditReason.current),
              \(actor.kind), \(actor.principalID), \(actor.displayName), \(actor.origin))
            """
    }
}
