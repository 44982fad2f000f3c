package import Database
import JSON
package import Primitives
package import Tenancy

/// The connections of plants.
///
/// Each change is one transaction with its audit entry, counts up the plant's settings revision, and says so on the
/// channel `millwright_settings` with the plant's id, so that the plant's runner is sent the new settings.
package struct ConnectionDirectory: Sendable {
    package static let channel = "millwright_settings"
    let database: Database

    package init(database: Database) { self.database = database }

    package func list(in scope: TenantScope, page: PageRequest) async throws -> Page<PlantConnection> {
        let plant = try scope.requirePlant()
        let rows = try await database.read(scope) { transaction in
            try await transaction.query(
                """
                SELECT \(raw: PlantConnection.columns)
                FROM millwright.connection
                WHERE \(fragment: plant.condition) AND (\(page.after)::uuid IS NULL OR connection_id > \(page.after))
                ORDER BY connection_id
                LIMIT \(page.limit + 1)
                """)
        }
        return page.page(of: try rows.map(PlantConnection.init(row:))) { $0.id.raw }
    }

    package func connection(_ id: ConnectionID, in scope: TenantScope) async throws -> PlantConnection {
        let plant = try scope.requirePlant()
        return try await database.read(scope) { try await Self.current(id, plant, $0) }
    }

    static func current(
        _ id: ConnectionID, _ plant: PlantKey, _ transaction: TenantTransaction
    ) async throws -> PlantConnection {
        let row = try await transaction.one(
            """
            SELECT \(raw: PlantConnection.columns)
            FROM millwright.connection
            WHERE \(fragment: plant.condition) AND connection_id = \(id)
            """)
        guard let row else { throw Problem.notFound("connection") }
        return try PlantConnection(row: row)
    }

    /// The plant's runner must hear of it, whatever it was.
    static func announce(_ plant: PlantKey) -> [Statement] {
        [
            """
            INSERT INTO millwright.plant_settings_revision AS current (partner_id, client_id, plant_id, revision)
            VALUES (\(fragment: plant.values), 1)
            ON CONFLICT (partner_id, client_id, plant_id) DO UPDATE SET revision = current.revision + 1
            """,
            "SELECT pg_notify(\(channel), \(plant.plant.description))",
        ]
    }
}
