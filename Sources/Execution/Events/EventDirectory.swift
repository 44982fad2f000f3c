package import Database
import JSON
package import Primitives
package import Tenancy

/// The events that a plant accepted, and those that it put into quarantine.
package struct EventDirectory: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// Newest first, optionally of one type.
    package func list(in scope: TenantScope, type: String? = nil, page: PageRequest) async throws -> Page<EventRecord> {
        let rows = try await database.readPipeline(
            scope,
            [
                .fitting(
                    """
                    SELECT event.*, octet_length(coalesce(event.data::text, ''))
                      + octet_length(coalesce(event.attributes::text, '')) AS bytes
                    FROM (
                      SELECT \(raw: Self.columns)
                      FROM millwright.event AS event
                      WHERE \(fragment: scope.owns("event"))
                        AND (\(page.after as UUIDv7?)::uuid IS NULL OR event.event_id < \(page.after as UUIDv7?))
                        AND (\(type as String?)::text IS NULL OR event.type = \(type as String?))
                      ORDER BY event.event_id DESC
                      LIMIT \(page.limit + 1)
                    ) AS event
                    """, order: "event_id DESC")
            ])[0]
        return try page.page(fitting: rows, EventRecord.init(row:)) { $0.id.raw }
    }

    package func event(_ id: EventRecordID, in scope: TenantScope) async throws -> EventRecord {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT \(raw: Self.columns)
                FROM millwright.event AS event
                WHERE \(fragment: plant.owns("event")) AND event.event_id = \(id)
                """
            ])[0]
        guard let row = rows.first else { throw Problem.notFound("event") }
        return try EventRecord(row: row)
    }

    /// Newest first.
    package func quarantine(in scope: TenantScope, page: PageRequest) async throws -> Page<QuarantinedEvent> {
        let rows = try await database.readPipeline(
            scope,
            [
                .fitting(
                    """
                    SELECT event.*, octet_length(event.body) + octet_length(event.items::text) AS bytes
                    FROM (
                      SELECT quarantine_id, received_at, channel, reason, items, body, is_cut_off
                      FROM millwright.event_quarantine AS event
                      WHERE \(fragment: scope.owns("event"))
                        AND (\(page.after as UUIDv7?)::uuid IS NULL OR event.quarantine_id < \(page.after as UUIDv7?))
                      ORDER BY event.quarantine_id DESC
                      LIMIT \(page.limit + 1)
                    ) AS event
                    """, order: "quarantine_id DESC")
            ])[0]
        return try page.page(fitting: rows, QuarantinedEvent.init(row:), key: \.id)
    }

    static let columns: StaticString = """
        event.event_id, event.source, event.source_event_id, event.type, event.subject, event.occurred_at,
        event.received_at, event.attributes, event.data, event.chain_depth, event.emitted_by_run_id,
        event.sender_principal_id
        """
}

extension EventIntake {
    /// What was taken in, to be looked at.
    package var directory: EventDirectory { EventDirectory(database: database) }
}

extension EventRecord {
    init(row: Row) throws {
        self.init(
            id: try row.decode("event_id"), source: try row.decode("source"),
            sourceEventID: try row.decode("source_event_id"), type: try row.decode("type"),
            subject: try row.decode("subject", as: String?.self), occurredAt: try row.decode("occurred_at"),
            receivedAt: try row.decode("received_at"), attributes: try row.decode("attributes", as: JSONValue?.self),
            data: try row.decode("data", as: JSONValue?.self), chainDepth: try row.decode("chain_depth"),
            emittedBy: try row.decode("emitted_by_run_id", as: RunID?.self),
            sender: try row.decode("sender_principal_id", as: PrincipalID?.self))
    }
}

extension QuarantinedEvent {
    fileprivate init(row: Row) throws {
        let items = try row.decode("items", as: JSONValue.self).arrayValue ?? []
        self.init(
            id: try row.decode("quarantine_id"), receivedAt: try row.decode("received_at"),
            channel: try row.decode("channel"), reason: try row.decode("reason"),
            items: items.map {
                .init(path: $0["path"]?.stringValue ?? "", message: $0["message"]?.stringValue ?? "")
            },
            body: try row.decode("body"))
        isCutOff = try row.decode("is_cut_off")
    }
}
