/// A cron expression of five fields (minute, hour, day of the month, month, day of the week), or six with seconds in front.
///
/// Days follow the rule of the Unix tool: when day of the month and day of the week are both restricted (neither begins
/// with `*`), a day that satisfies either will do. Days of the week count from 0, Sunday; 7 is Sunday, too.
package struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// As it was written.
    package let text: String
    /// One bit a value.
    let seconds: UInt64
    let minutes: UInt64
    let hours: UInt64
    let months: UInt64
    let days: DaysOfMonth
    let weekdays: DaysOfWeek
    /// Its minute or hour begins with `*`: it goes by elapsed time, as a clock that ticks. Otherwise it names times of the
    /// day, each of which comes once a day whatever the zone's rules do.
    let followsElapsedTime: Bool

    struct DaysOfMonth: Sendable, Hashable {
        /// Bits 1 to 31.
        var days: UInt64 = 0
        /// `L` is 0, `L-3` is 3: days before the last.
        var beforeLast: [Int] = []
        /// `15W`: the weekday nearest to the day, in the same month.
        var nearestWeekdays: [Int] = []
        /// `LW`.
        var hasLastWeekday = false
        var isRestricted = false
    }

    struct DaysOfWeek: Sendable, Hashable {
        /// Bits 0 (Sunday) to 6.
        var days: UInt64 = 0
        /// `5#3`: the third Friday.
        var nth: [Nth] = []
        /// `5L`: the last Friday. Bits 0 to 6.
        var last: UInt64 = 0
        var isRestricted = false

        struct Nth: Sendable, Hashable {
            var weekday: Int
            var number: Int
        }
    }

    package var description: String { text }

    /// The days of a month on which it fires, bits 1 to 31.
    func days(of month: CivilMonth) -> UInt64 {
        let byDay = monthDays(month)
        let byWeekday = weekDays(month)
        switch (days.isRestricted, weekdays.isRestricted) {
        case (true, true): return byDay | byWeekday
        default: return byDay & byWeekday
        }
    }

    private func monthDays(_ month: CivilMonth) -> UInt64 {
        var mask = days.days & month.everyDay
        for distance in days.beforeLast where distance < month.length { mask |= 1 << UInt64(month.length - distance) }
        for day in days.nearestWeekdays where day <= month.length { mask |= 1 << UInt64(month.weekday(nearest: day)) }
        if days.hasLastWeekday { mask |= 1 << UInt64(month.weekday(nearest: month.length)) }
        return mask
    }

    private func weekDays(_ month: CivilMonth) -> UInt64 {
        var mask: UInt64 = 0
        for day in 1...month.length where weekdays.days & 1 << UInt64(month.weekday(of: day)) != 0 {
            mask |= 1 << UInt64(day)
        }
        for nth in weekdays.nth {
            let first = 1 + (nth.weekday - month.weekday(of: 1) + 7) % 7
            let day = first + 7 * (nth.number - 1)
            if day <= month.length { mask |= 1 << UInt64(day) }
        }
        for day in (month.length - 6)...month.length where weekdays.last & 1 << UInt64(month.weekday(of: day)) != 0 {
            mask |= 1 << UInt64(day)
        }
        return mask
    }
}
