import Database
import Primitives

/// For how long a repeated event is recognised.
///
/// Each month of events is a partition that has the key (source, id) for itself, so the database finds what is repeated in
/// the month; the statement that stores events looks for what is repeated from the months before. A replica whose clock
/// is ahead may write into the next month already: near the end of a month the plant's intake takes turns
/// (`turn(of:)`), and looks into the months on both sides. Clocks that differ by more than `boundaryHours` are an
/// operator's fault that this cannot make good.
package struct DuplicateWindow: Sendable, Hashable {
    package static let usualDays = 31
    static let boundaryHours = 2

    package var days: Int

    package init(days: Int = usualDays) { self.days = days }

    /// The keys among which repeated events are looked for.
    struct Search: Sendable, Hashable {
        var from: UUIDv7
        /// Exclusive.
        var to: UUIDv7
        /// Whether two replicas may hold the events' moment for two different months.
        var isNearBoundary: Bool
    }

    /// - Parameter keys: those of the events to be stored. The month that all of them fall in is left out, because its own
    ///   key finds what is repeated there.
    func search(for keys: [UUIDv7]) -> Search {
        let first = Timestamp(unixMilliseconds: keys.min()?.unixMilliseconds ?? 0)
        let last = Timestamp(unixMilliseconds: keys.max()?.unixMilliseconds ?? 0)
        let margin = Double(Self.boundaryHours) * 3600
        let month = CalendarMonth(of: last)
        let isNearBoundary =
            CalendarMonth(of: first.adding(seconds: -margin)) != CalendarMonth(of: last.adding(seconds: margin))
        return Search(
            from: UUIDv7(firstAt: first.adding(seconds: -Double(days) * 86_400)),
            to: isNearBoundary ? UUIDv7(high: .max, low: .max) : month.firstKey, isNearBoundary: isNearBoundary)
    }

    /// One transaction of the plant after the other: what the earlier one stored is seen by the statements after this one.
    static func turn(of plant: PlantKey) -> Statement {
        "SELECT pg_advisory_xact_lock(hashtextextended(\(plant.plantID)::uuid::text, 7305))"
    }
}
