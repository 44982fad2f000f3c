import Primitives

/// The rule at the end of a zone file, such as `CET-1CEST,M3.5.0,M10.5.0/3`: how the clocks go when nothing else is listed
/// any more (POSIX `TZ`, with the extension of RFC 8536 that times go from -167 to 167 hours).
struct PosixTimeZone: Sendable, Hashable {
    /// Seconds east of UTC.
    var standard: Int64
    var summer: Summer?

    struct Summer: Sendable, Hashable {
        var offset: Int64
        var start: Change
        var end: Change
    }

    struct Change: Sendable, Hashable {
        var day: Day
        /// Seconds after midnight of the day, on the clock that is valid before the change.
        var time: Int64
    }

    enum Day: Sendable, Hashable {
        /// `M10.5.0`: the week 5 is the last; the weekday 0 is Sunday.
        case ofMonth(month: Int, week: Int, weekday: Int)
        /// `J60`: 1 to 365, without 29 February.
        case julian(Int)
        /// `59`: 0 to 365, with 29 February.
        case ofYear(Int)

        /// Days since 1970.
        func day(in year: Int) -> Int64 {
            switch self {
            case .ofMonth(let month, let week, let weekday):
                let place = CivilMonth(year: year, month: month)
                var day = 1 + (weekday - place.weekday(of: 1) + 7) % 7 + 7 * (week - 1)
                if day > place.length { day -= 7 }
                return place.firstDay + Int64(day) - 1
            case .julian(let number):
                let skipsLeapDay = CivilMonth.isLeap(year) && number >= 60
                return CivilMonth.daysSince1970(year: year, month: 1) + Int64(number - 1) + (skipsLeapDay ? 1 : 0)
            case .ofYear(let number): return CivilMonth.daysSince1970(year: year, month: 1) + Int64(number)
            }
        }
    }

    /// - Parameters:
    ///   - start: where the listed changes end; what the rule says of before is not asked for.
    ///   - offset: what is valid from there until the rule's first change.
    func stretch(at moment: Int64, notBefore start: Int64, _ offset: Int64) -> TimeZoneRules.Stretch {
        guard let summer else {
            return TimeZoneRules.Stretch(start: start, end: .max, offset: start == .min ? standard : offset)
        }
        let year = CivilDate(daysSince1970: moment.floored(by: 86_400)).year
        var found = TimeZoneRules.Stretch(start: start, end: .max, offset: start == .min ? standard : offset)
        for year in (year - 1)...(year + 1) {
            let changes = [
                (at: summer.start.day.day(in: year) * 86_400 + summer.start.time - standard, offset: summer.offset),
                (at: summer.end.day.day(in: year) * 86_400 + summer.end.time - summer.offset, offset: standard),
            ]
            for change in changes.sorted(by: { $0.at < $1.at }) where change.at > start {
                if change.at <= moment {
                    // A change to what is valid already is none.
                    if change.offset != found.offset || found.start == .min { found.start = change.at }
                    found.offset = change.offset
                } else if change.offset != found.offset {
                    found.end = change.at
                    return found
                }
            }
        }
        return found
    }
}
