package import Primitives

/// A month of the calendar, UTC: what one partition holds.
package struct CalendarMonth: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Months since January of the year 0.
    package var number: Int

    package init(number: Int) { self.number = number }

    package init(of moment: Timestamp) {
        let date = CivilDate(daysSince1970: Self.days(at: moment))
        number = date.year * 12 + date.month - 1
    }

    private static func days(at moment: Timestamp) -> Int64 {
        let (days, rest) = moment.unixMicroseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
        return rest < 0 ? days - 1 : days
    }

    package func adding(months: Int) -> CalendarMonth { CalendarMonth(number: number + months) }

    /// When it begins.
    package var start: Timestamp {
        // The first day of a month is a date in every year that a key can hold.
        CivilDate(year: number / 12, month: number % 12 + 1, day: 1)?.startUTC ?? Timestamp(unixMicroseconds: 0)
    }

    /// The lowest key that can begin with a moment of the month.
    package var firstKey: UUIDv7 { UUIDv7(firstAt: start) }

    package var description: String {
        "\(number / 12)-\(number % 12 < 9 ? "0" : "")\(number % 12 + 1)"
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

extension UUIDv7 {
    /// The lowest key of a moment; the same as `millwright.first_key_at`.
    init(firstAt moment: Timestamp) {
        self.init(high: UInt64(bitPattern: max(0, moment.unixMilliseconds)) << 16, low: 0)
    }
}
