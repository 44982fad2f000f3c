package import Primitives

/// When the clocks of a place are how far from UTC: the changes that are listed, and a rule for what comes after them.
package struct TimeZoneRules: Sendable, Hashable {
    /// An offset is valid from here on; ascending, and each differs from the one before it.
    struct Change: Sendable, Hashable {
        /// Seconds since 1970, UTC.
        var at: Int64
        /// Seconds east of UTC.
        var offset: Int64
    }

    /// A time without a change of the clock.
    struct Stretch: Sendable, Hashable {
        /// `Int64.min` when it has always been so.
        var start: Int64
        /// The first second of the next; `Int64.max` when there is none.
        var end: Int64
        var offset: Int64
    }

    /// No offset is larger, either way (RFC 8536, section 3.2).
    static let maximumOffset: Int64 = 26 * 3600

    private let firstOffset: Int64
    private let changes: [Change]
    private let rule: PosixTimeZone?

    package static let utc = TimeZoneRules(firstOffset: 0, changes: [], rule: nil)

    init(firstOffset: Int64, changes: [Change], rule: PosixTimeZone?) {
        self.firstOffset = firstOffset
        self.rule = rule
        var offset = firstOffset
        self.changes = changes.filter { change in
            defer { offset = change.offset }
            return change.offset != offset
        }
    }

    package func offsetSeconds(at moment: Timestamp) -> Int {
        Int(stretch(at: moment.unixMicroseconds.floored(by: 1_000_000)).offset)
    }

    func stretch(at moment: Int64) -> Stretch {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        let start = low == 0 ? Int64.min : changes[low - 1].at
        let offset = low == 0 ? firstOffset : changes[low - 1].offset
        if low < changes.count { return Stretch(start: start, end: changes[low].at, offset: offset) }
        guard let rule else { return Stretch(start: start, end: .max, offset: offset) }
        return rule.stretch(at: moment, notBefore: start, offset)
    }

    /// The moment at which the clocks show a time (in seconds since 1970 as if they showed UTC): the first of two, and for
    /// one that is left out the first moment after the gap.
    func moment(ofWall wall: Int64) -> Int64 {
        var stretch = stretch(at: wall - Self.maximumOffset)
        while true {
            let moment = wall - stretch.offset
            if moment < stretch.end { return max(moment, stretch.start) }
            stretch = self.stretch(at: stretch.end)
        }
    }
}
