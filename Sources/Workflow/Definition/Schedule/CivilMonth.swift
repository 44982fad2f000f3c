import Primitives

/// A month of the Gregorian calendar with what a schedule asks about it.
struct CivilMonth {
    private(set) var year: Int
    private(set) var month: Int
    /// Days.
    private(set) var length: Int
    /// Of the first day, counted from 1970.
    private(set) var firstDay: Int64

    init(year: Int, month: Int) {
        self.year = year
        self.month = month
        length = Self.length(of: month, in: year)
        firstDay = Self.daysSince1970(year: year, month: month)
    }

    /// Bits 1 to `length`.
    var everyDay: UInt64 { (1 << UInt64(length + 1)) - 2 }

    /// 0 is Sunday.
    func weekday(of day: Int) -> Int {
        Int((firstDay + Int64(day) - 1 + 4) - 7 * (firstDay + Int64(day) + 3).floored(by: 7))
    }

    /// The day from Monday to Friday that is nearest to a day of the month without leaving the month.
    func weekday(nearest day: Int) -> Int {
        switch weekday(of: day) {
        case 6: day > 1 ? day - 1 : day + 2
        case 0: day < length ? day + 1 : day - 2
        default: day
        }
    }

    mutating func advance() {
        self = month == 12 ? CivilMonth(year: year + 1, month: 1) : CivilMonth(year: year, month: month + 1)
    }

    static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    /// Of the first of the month; the same count as `CivilDate`, without its bound at the year 9999.
    static func daysSince1970(year: Int, month: Int) -> Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.floored(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
