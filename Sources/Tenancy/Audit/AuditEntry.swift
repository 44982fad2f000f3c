package import JSON
package import Primitives

/// One change of state: who did what to which object, what it was before, what it is now, and why.
///
/// `old` and `new` hold what a reader of the audit may see; a secret is never among it.
package struct AuditEntry: Sendable, Hashable {
    /// Dotted, the object first: `plant.suspended`, `api-key.revoked`.
    package var action: String
    package var objectType: String
    package var objectID: String
    package var old: JSONValue?
    package var new: JSONValue?
    package var reason: String?
    package var actor: Actor
    /// The tenant whose audit it is; `nil` means the scope of the transaction that records it.
    package var scope: TenantScope?

    package init(
        _ action: String, objectType: String, objectID: String, old: JSONValue? = nil, new: JSONValue? = nil,
        reason: String? = nil, by actor: Actor, in scope: TenantScope? = nil
    ) {
        self.action = action
        self.objectType = objectType
        self.objectID = objectID
        self.old = old
        self.new = new
        self.reason = reason
        self.actor = actor
        self.scope = scope
    }
}

/// An entry as it was recorded.
package struct RecordedAuditEntry: Sendable, Hashable {
    package var id: AuditEntryID
    package var entry: AuditEntry
    package var recordedAt: Timestamp

    package init(id: AuditEntryID, entry: AuditEntry, recordedAt: Timestamp) {
        self.id = id
        self.entry = entry
        self.recordedAt = recordedAt
    }
}
