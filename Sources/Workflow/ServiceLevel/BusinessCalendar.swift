package import Primitives

/// When a plant works: the hours of each day of the week, with the days that differ. Without a time zone: hours are what the
/// plant's clocks show.
package struct BusinessCalendar: Sendable, Hashable {
    /// A stretch of one day, in seconds since its midnight as the clocks show them.
    package struct Hours: Sendable, Hashable, Comparable {
        package static let day: Int64 = 86_400

        package var from: Int64
        /// At most `day`, and later than `from`.
        package var to: Int64

        package static let wholeDay = Hours(from: 0, to: day)

        package static func < (left: Self, right: Self) -> Bool { (left.from, left.to) < (right.from, right.to) }
    }

    /// Days that a search goes through before it gives up: about eleven years.
    package static let maximumDays = 4_000

    /// From Sunday on; each ascending and without overlap.
    private(set) var week: [[Hours]]
    /// By the days since 1970: holidays (without hours) and days with other hours.
    private(set) var exceptions: [Int64: [Hours]]
    private let isAlwaysOpen: Bool

    /// Every second counts.
    package static let always = BusinessCalendar(week: Array(repeating: [.wholeDay], count: 7), exceptions: [:])

    init(week: [[Hours]], exceptions: [Int64: [Hours]]) {
        self.week = week.map(Self.joined)
        self.exceptions = exceptions.mapValues(Self.joined)
        isAlwaysOpen = self.exceptions.isEmpty && self.week.allSatisfy { $0 == [.wholeDay] }
    }

    /// In order, and what overlaps or touches as one.
    private static func joined(_ hours: [Hours]) -> [Hours] {
        var joined: [Hours] = []
        for next in hours.sorted() {
            if let last = joined.last, next.from <= last.to {
                joined[joined.count - 1].to = max(last.to, next.to)
            } else {
                joined.append(next)
            }
        }
        return joined
    }

    func hours(onDay day: Int64) -> [Hours] {
        if let exception = exceptions[day] { return exception }
        let weekday = (day + 4) % 7
        return week[Int(weekday < 0 ? weekday + 7 : weekday)]
    }

    /// The moment at which `seconds` of working time have passed since `start`; `start` itself for none.
    /// - Returns: `nil` when that is more than `maximumDays` away.
    package func moment(after seconds: Double, from start: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        guard seconds > 0 else { return start }
        if isAlwaysOpen { return start.adding(seconds: seconds) }
        var left = Int64((seconds * 1_000_000).rounded())
        var day = day(of: start, in: zone)
        for _ in 0..<Self.maximumDays {
            for stretch in stretches(onDay: day, in: zone) where stretch.upperBound > start {
                let from = max(start, stretch.lowerBound)
                let length = stretch.upperBound.unixMicroseconds - from.unixMicroseconds
                if length >= left { return Timestamp(unixMicroseconds: from.unixMicroseconds + left) }
                left -= length
            }
            day += 1
        }
        return nil
    }

    /// The moment from which `seconds` of working time pass until `end`; `end` itself for none.
    /// - Returns: `nil` when that is more than `maximumDays` ago.
    package func moment(before seconds: Double, from end: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        guard seconds > 0 else { return end }
        if isAlwaysOpen { return end.adding(seconds: -seconds) }
        var left = Int64((seconds * 1_000_000).rounded())
        var day = day(of: end, in: zone)
        for _ in 0..<Self.maximumDays {
            for stretch in stretches(onDay: day, in: zone).reversed() where stretch.lowerBound < end {
                let to = min(end, stretch.upperBound)
                let length = to.unixMicroseconds - stretch.lowerBound.unixMicroseconds
                if length >= left { return Timestamp(unixMicroseconds: to.unixMicroseconds - left) }
                left -= length
            }
            day -= 1
        }
        return nil
    }

    /// Working time between two moments; 0 when they are the other way round.
    package func seconds(from start: Timestamp, to end: Timestamp, in zone: TimeZoneRules) -> Double {
        guard end > start else { return 0 }
        if isAlwaysOpen { return end.unixSeconds - start.unixSeconds }
        var sum: Int64 = 0
        let last = day(of: end, in: zone)
        let first = max(day(of: start, in: zone), last - Int64(Self.maximumDays))
        for day in first...last {
            for stretch in stretches(onDay: day, in: zone) {
                let from = max(start, stretch.lowerBound)
                let to = min(end, stretch.upperBound)
                if to > from { sum += to.unixMicroseconds - from.unixMicroseconds }
            }
        }
        return Double(sum) / 1_000_000
    }

    private func day(of moment: Timestamp, in zone: TimeZoneRules) -> Int64 {
        let local = moment.unixMicroseconds + Int64(zone.offsetSeconds(at: moment)) * 1_000_000
        return local.floored(by: Hours.day * 1_000_000)
    }

    /// As moments. A clock that is put forward makes a stretch shorter, one that is put back longer: people work by it.
    private func stretches(onDay day: Int64, in zone: TimeZoneRules) -> [Range<Timestamp>] {
        hours(onDay: day).compactMap { hours in
            let from = zone.moment(ofWall: day * Hours.day + hours.from)
            let to = zone.moment(ofWall: day * Hours.day + hours.to)
            guard to > from else { return nil }
            return Timestamp(unixMicroseconds: from * 1_000_000)..<Timestamp(unixMicroseconds: to * 1_000_000)
        }
    }
}
