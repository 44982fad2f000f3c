package import Primitives

extension CronExpression {
    /// The rarest day, a fifth weekday of February across a year like 2100, comes within this.
    static let horizonMonths = 12 * 41
    /// Stretches without a change of the clock that are looked through: two a year within the horizon.
    private static let maximumStretches = 100
    /// The year 9999 ends here; nothing is looked for later.
    private static let endOfTime: Int64 = 253_402_300_800

    /// The first moment later than the given one, or `nil` when there is none within forty years.
    ///
    /// A wall time that the zone leaves out comes at the first moment after the gap; one that it has twice comes the first
    /// time. Expressions that begin with `*` in minute or hour follow elapsed time instead: they fire in both passes and
    /// not for what does not exist.
    package func next(after moment: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        let now = moment.unixMicroseconds.floored(by: 1_000_000)
        guard now < Self.endOfTime, now > -Self.endOfTime else { return nil }
        let found = followsElapsedTime ? nextTick(after: now, zone) : nextTime(after: now, zone)
        return found.map { Timestamp(unixMicroseconds: $0 * 1_000_000) }
    }

    private func nextTick(after now: Int64, _ zone: TimeZoneRules) -> Int64? {
        var from = now
        var stretch = zone.stretch(at: now)
        for _ in 0..<Self.maximumStretches {
            guard let wall = next(afterWall: from + stretch.offset) else { return nil }
            let found = wall - stretch.offset
            if found < stretch.end { return found }
            from = stretch.end - 1
            stretch = zone.stretch(at: stretch.end)
        }
        return nil
    }

    private func nextTime(after now: Int64, _ zone: TimeZoneRules) -> Int64? {
        let stretch = zone.stretch(at: now)
        var wall = now + stretch.offset
        // What the clock showed when it was set back, and shows again: those times have been.
        if stretch.start > Int64.min {
            wall = max(wall, stretch.start + zone.stretch(at: stretch.start - 1).offset - 1)
        }
        while let next = next(afterWall: wall) {
            let found = zone.moment(ofWall: next)
            if found > now { return found }
            wall = next
        }
        return nil
    }

    /// The first time of the wall clock later than the given one, both in seconds since 1970 as if the zone were UTC.
    func next(afterWall wall: Int64) -> Int64? {
        let day = (wall + 1).floored(by: 86_400)
        let second = Int(wall + 1 - day * 86_400)
        let date = CivilDate(daysSince1970: day)
        var month = CivilMonth(year: date.year, month: date.month)
        var left = ~UInt64(0) << UInt64(date.day)
        for _ in 0..<Self.horizonMonths {
            if months & 1 << UInt64(month.month) != 0 {
                var candidates = days(of: month) & left
                while candidates != 0 {
                    let found = month.firstDay + Int64(candidates.trailingZeroBitCount) - 1
                    if let time = time(from: found == day ? second : 0) { return found * 86_400 + Int64(time) }
                    candidates &= candidates - 1
                }
            }
            month.advance()
            left = ~0
        }
        return nil
    }

    /// The first time of the day that is not before the given second of the day.
    private func time(from second: Int) -> Int? {
        var hour = second / 3600
        var minute = second / 60 % 60
        var from = second % 60
        while let nextHour = Self.value(in: hours, from: hour) {
            if nextHour > hour { (minute, from) = (0, 0) }
            while let nextMinute = Self.value(in: minutes, from: minute) {
                if nextMinute > minute { from = 0 }
                if let found = Self.value(in: seconds, from: from) { return nextHour * 3600 + nextMinute * 60 + found }
                (minute, from) = (nextMinute + 1, 0)
            }
            (hour, minute, from) = (nextHour + 1, 0, 0)
        }
        return nil
    }

    private static func value(in mask: UInt64, from value: Int) -> Int? {
        let left = mask & ~UInt64(0) << UInt64(value)
        return left == 0 ? nil : left.trailingZeroBitCount
    }
}
