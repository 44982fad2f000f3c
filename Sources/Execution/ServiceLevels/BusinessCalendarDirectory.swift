package import Database
package import JSON
package import Primitives
import Tenancy
import Workflow

/// The plants' business calendars, as they were written.
package struct BusinessCalendarDirectory: Sendable {
    private let database: Database
    private let bell: DeadlineBell
    private let clock: any WallClock

    /// - Parameter bell: rings for the service that lets clocks speak: a change may move their moments.
    package init(database: Database, bell: DeadlineBell, clock: any WallClock = SystemWallClock()) {
        self.database = database
        self.bell = bell
        self.clock = clock
    }

    /// What a plant has that was given none: it works always.
    package static let always: JSONValue = {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        return [
            "hours": .object(JSONObject(uniqueKeysWithValues: days.map { ($0, ["00:00-24:00"]) })),
            "holidays": [], "exceptions": [],
        ]
    }()

    package func calendar(of scope: TenantScope) async throws -> JSONValue {
        let plant = try PlantKey(scope)
        return try await database.read(scope) { try await Self.written(plant, $0) } ?? Self.always
    }

    /// As the database bounds it, too.
    package static let maximumBytes = 262_144

    /// Everything that is wrong with a calendar.
    package static func objections(to calendar: JSONValue) -> [Problem.Item] {
        guard calendar.serialized().utf8.count <= maximumBytes else {
            return [.init(path: "", message: "A calendar has at most \(maximumBytes >> 10) KiB. Shorten its names.")]
        }
        do throws(CalendarMistakes) {
            _ = try BusinessCalendar(json: calendar)
            return []
        } catch {
            return error.items
        }
    }

    /// Clocks that run are set anew by it: what has passed of their time is counted with the new calendar.
    /// - Throws: `Problem(.invalidParameters)` with every mistake.
    package func replace(_ calendar: JSONValue, of scope: TenantScope, by actor: Actor) async throws {
        let items = Self.objections(to: calendar)
        guard items.isEmpty else {
            throw Problem(.invalidParameters, "This is no business calendar.", items: items)
        }
        let plant = try PlantKey(scope)
        try await database.transaction(scope) { transaction in
            let known = try await transaction.query(
                """
                SELECT FROM millwright.plant AS plant
                WHERE \(fragment: plant.owns("plant")) AND plant.status <> 'deleted'
                FOR NO KEY UPDATE
                """)
            guard !known.isEmpty else { throw Problem.notFound("plant") }
            let old = try await Self.written(plant, transaction)
            if old == calendar { return }
            try await transaction.execute(
                """
                INSERT INTO millwright.business_calendar (partner_id, client_id, plant_id, calendar)
                VALUES (\(fragment: plant.values), \(ExactJSON(calendar)))
                ON CONFLICT ON CONSTRAINT business_calendar_pkey DO UPDATE
                SET calendar = excluded.calendar, changed_at = now()
                """)
            try await transaction.record(
                AuditEntry(
                    "business-calendar.set", objectType: "business-calendar", objectID: plant.plantID.description,
                    old: old, new: calendar, by: actor))
        }
        bell.announce(clock.now())
    }

    private static func written(_ plant: PlantKey, _ transaction: TenantTransaction) async throws -> JSONValue? {
        try await transaction.one(
            """
            SELECT calendar.calendar FROM millwright.business_calendar AS calendar
            WHERE \(fragment: plant.owns("calendar"))
            """
        )?.decode("calendar", as: ExactJSON.self).value
    }
}
