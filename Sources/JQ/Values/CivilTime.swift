/// A point in time as the calendar and clock of UTC show it, by the proleptic Gregorian calendar.
struct CivilTime {
    var year = 1900
    /// From 0.
    var month = 0
    /// From 1.
    var day = 0
    var hour = 0
    var minute = 0
    /// With its fraction.
    var second = 0.0
    /// From 0, Sunday.
    var weekday = 0
    /// From 0.
    var dayOfYear = 0

    init() {}

    /// - Parameter seconds: since 1970, of a magnitude that fits.
    init(secondsSince1970 seconds: Double) {
        let whole = seconds.rounded(.down)
        let total = Int(whole)
        let days = total.quotientRoundedDown(by: 86_400)
        let rest = total - days * 86_400
        hour = rest / 3600
        minute = rest % 3600 / 60
        second = Double(rest % 60) + (seconds - whole)
        (year, month, day) = Self.date(fromDays: days)
        completeFromDate()
    }

    /// Seconds since 1970, without the fraction. Fields out of their range carry over.
    var secondsSince1970: Int {
        Self.days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60
            + Int(second.rounded(.down))
    }

    /// The same moment with every field in its range.
    var normalized: CivilTime {
        var result = CivilTime(secondsSince1970: Double(secondsSince1970))
        result.second += second - second.rounded(.down)
        return result
    }

    mutating func completeFromDate() {
        let days = Self.days(year: year, month: month, day: day)
        weekday = (days + 4) - (days + 4).quotientRoundedDown(by: 7) * 7
        dayOfYear = days - Self.days(year: year, month: 0, day: 1)
    }

    /// Days since 1970-01-01; months may be out of their range. The year is counted from March, so that the leap day
    /// is its last.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let carried = month.quotientRoundedDown(by: 12)
        let month = month - carried * 12
        let shifted = year + carried - (month < 2 ? 1 : 0)
        let era = shifted.quotientRoundedDown(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func date(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.quotientRoundedDown(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = (marchMonth + 2) % 12
        let year = yearOfEra + era * 400 + (month < 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// Year and number of the ISO 8601 week.
    var isoWeek: (year: Int, week: Int) {
        let mondayBased = (weekday + 6) % 7
        let week = (dayOfYear - mondayBased + 10) / 7
        if week < 1 {
            var before = CivilTime()
            (before.year, before.month, before.day) = (year - 1, 11, 31)
            before.completeFromDate()
            return before.isoWeek
        }
        let length = Self.isLeap(year) ? 366 : 365
        if week == 53, length - dayOfYear <= 3 - mondayBased { return (year + 1, 1) }
        return (year, week)
    }
}

extension Int {
    fileprivate func quotientRoundedDown(by divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
