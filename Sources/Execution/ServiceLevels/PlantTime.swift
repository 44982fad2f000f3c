import Database
import JSON
import Primitives
import Workflow

/// What counts as time in a plant: its calendar, in its zone, as they are in a transaction.
struct PlantTime: Sendable {
    let plant: PlantKey
    let zones: any TimeZoneSource

    /// A plant without a calendar works always. A zone that is not known here is taken as UTC: the clock of a run must not fail
    /// because a machine lacks a file, and the schedules say by name that it does.
    /// - Throws: a configuration error, which hurts only what asks for it, when the calendar cannot be read.
    func time(_ calendar: TimeKind, in transaction: TenantTransaction) async throws
        -> ServiceLevelClock.Time
    {
        guard calendar == .plant else { return ServiceLevelClock.Time(.always, in: .utc) }
        let row = try await transaction.one(
            """
            SELECT plant.time_zone, calendar.calendar
            FROM millwright.plant AS plant
            LEFT JOIN millwright.business_calendar AS calendar
              ON \(fragment: plant.owns("calendar"))
            WHERE \(fragment: plant.owns("plant"))
            """)
        guard let row else { return ServiceLevelClock.Time(.always, in: .utc) }
        let zone = try? await zones.rules(of: row.decode("time_zone", as: String.self))
        let written = try row.decode("calendar", as: ExactJSON?.self)
        return ServiceLevelClock.Time(try written.map { try Self.calendar($0.value) } ?? .always, in: zone ?? .utc)
    }

    /// It was checked when it was set, by the version of that day.
    private static func calendar(_ written: JSONValue) throws(WorkflowError) -> BusinessCalendar {
        do throws(CalendarMistakes) {
            return try BusinessCalendar(json: written)
        } catch {
            let first = error.items.first.map { ": \($0.path) \($0.message)" } ?? ""
            throw WorkflowError(
                .configuration, detail: "The plant's business calendar cannot be read\(first). Set it again.")
        }
    }
}
