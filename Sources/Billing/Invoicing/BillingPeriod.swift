package import Primitives

/// A calendar month in UTC.
package struct BillingPeriod: Sendable, Hashable, Comparable, CustomStringConvertible, LosslessStringConvertible {
    /// The first day.
    package let start: CivilDate

    package init(containing day: CivilDate) {
        // The first of a month that exists is a day that exists.
        start = CivilDate(year: day.year, month: day.month, day: 1) ?? day
    }

    package init(containing moment: Timestamp) {
        let days = moment.unixMicroseconds / 86_400_000_000 - (moment.unixMicroseconds % 86_400_000_000 < 0 ? 1 : 0)
        self.init(containing: CivilDate(daysSince1970: days))
    }

    /// `yyyy-mm`.
    package init?(_ text: String) {
        guard let day = CivilDate(text + "-01") else { return nil }
        self.init(containing: day)
    }

    /// The first day of the next month.
    package var end: CivilDate { CivilDate(daysSince1970: BillingPeriod(after: self).start.daysSince1970) }
    package var next: BillingPeriod { BillingPeriod(after: self) }

    package var description: String { String(start.description.prefix(7)) }

    package static func < (left: Self, right: Self) -> Bool { left.start < right.start }

    private init(after period: BillingPeriod) {
        // 31 days after the first of a month is always a day of the next one.
        self.init(containing: CivilDate(daysSince1970: period.start.daysSince1970 + 31))
    }
}
