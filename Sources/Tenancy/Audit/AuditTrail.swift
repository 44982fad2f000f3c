package import Database
import JSON
package import Primitives

/// Reads the audit, newest first.
package struct AuditTrail: Sendable {
    package struct Filter: Sendable, Hashable {
        package var action: String?
        package var objectType: String?
        package var objectID: String?
        package var actor: PrincipalID?
        package var from: Timestamp?
        package var to: Timestamp?

        package init(
            action: String? = nil, objectType: String? = nil, objectID: String? = nil, actor: PrincipalID? = nil,
            from: Timestamp? = nil, to: Timestamp? = nil
        ) {
            self.action = action
            self.objectType = objectType
            self.objectID = objectID
            self.actor = actor
            self.from = from
            self.to = to
        }
    }

    private let database: Database

    package init(database: Database) { self.database = database }

    /// The entries of `scope` and of everything below it. `from` is inclusive, `to` exclusive.
    package func entries(in scope: TenantScope, matching filter: Filter = .init(), page: PageRequest) async throws
        -> Page<RecordedAuditEntry>
    {
        let rows = try await database.read(scope) { transaction in
            try await transaction.query(
                .fitting(
                    """
                    SELECT entry.*, octet_length(coalesce(entry.old::text, ''))
                      + octet_length(coalesce(entry.new::text, '')) + octet_length(coalesce(entry.reason, '')) AS bytes
                    FROM (
                      SELECT partner_id, client_id, plant_id, audit_entry_id, action, object_type, object_id, old, new,
                        reason, actor_kind, actor_principal_id, actor_name, origin, recorded_at
                      FROM millwright.audit_entry
                      WHERE (\(page.after)::uuid IS NULL OR audit_entry_id < \(page.after))
                        AND (\(filter.action)::text IS NULL OR action = \(filter.action))
                        AND (\(filter.objectType)::text IS NULL OR object_type = \(filter.objectType))
                        AND (\(filter.objectID)::text IS NULL OR object_id = \(filter.objectID))
                        AND (\(filter.actor)::uuid IS NULL OR actor_principal_id = \(filter.actor))
                        AND (\(filter.from)::timestamptz IS NULL OR recorded_at >= \(filter.from))
                        AND (\(filter.to)::timestamptz IS NULL OR recorded_at < \(filter.to))
                      ORDER BY audit_entry_id DESC
                      LIMIT \(page.limit + 1)
                    ) AS entry
                    """, order: "audit_entry_id DESC"))
        }
        return try page.page(fitting: rows, RecordedAuditEntry.init(row:)) { $0.id.raw }
    }
}

extension RecordedAuditEntry {
    init(row: Row) throws {
        let actor = Actor(
            kind: try row.decode("actor_kind", as: Actor.Kind.self),
            principalID: try row.decode("actor_principal_id", as: PrincipalID?.self),
            displayName: try row.decode("actor_name"), origin: try row.decode("origin", as: String?.self))
        let entry = AuditEntry(
            try row.decode("action"), objectType: try row.decode("object_type"), objectID: try row.decode("object_id"),
            old: try row.decode("old", as: JSONValue?.self), new: try row.decode("new", as: JSONValue?.self),
            reason: try row.decode("reason", as: String?.self), by: actor, in: try row.scope())
        self.init(id: try row.decode("audit_entry_id"), entry: entry, recordedAt: try row.decode("recorded_at"))
    }
}
