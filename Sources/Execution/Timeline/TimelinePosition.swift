package import Primitives

/// Where a reader of a plant's timeline stands: what it has seen (a snapshot of the database), and, inside a list of which
/// it has read a part, up to which snapshot that list goes and how far it was read.
package struct TimelinePosition: Sendable, Hashable {
    package static let maximumBytes = 4_000
    static let maximumSkip = 1_000_000

    /// When `seen` was taken, or how far back to begin.
    var since: Timestamp
    var seen: String
    var list: List?

    struct List: Sendable, Hashable {
        var until: String
        /// When `until` was taken.
        var untilAt: Timestamp
        /// The moment of the last entry that was read, and how many of that very moment were.
        var at: Timestamp
        var skip: Int
    }

    init(since: Timestamp, seen: String, list: List? = nil) {
        self.since = since
        self.seen = seen
        self.list = list
    }

    /// `<µs since 1970>;<snapshot>`, and inside a list `;<snapshot>;<µs>;<µs>;<number>`.
    package var text: String {
        let seen = "\(since.unixMicroseconds);\(seen)"
        guard let list else { return seen }
        return seen + ";\(list.until);\(list.untilAt.unixMicroseconds);\(list.at.unixMicroseconds);\(list.skip)"
    }

    /// - Throws: `.invalidParameters` for a text that no timeline gave.
    package init(_ text: String) throws(Problem) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.maximumBytes, [2, 6].contains(parts.count), let since = Self.moment(parts[0]),
            Self.isSnapshot(parts[1])
        else { throw Self.unknown }
        self.init(since: since, seen: parts[1])
        guard parts.count == 6 else { return }
        guard Self.isSnapshot(parts[2]), let untilAt = Self.moment(parts[3]), let at = Self.moment(parts[4]),
            let skip = Int(parts[5]), (0...Self.maximumSkip).contains(skip)
        else { throw Self.unknown }
        list = List(until: parts[2], untilAt: untilAt, at: at, skip: skip)
    }

    package static var unknown: Problem {
        Problem(.invalidParameters, "This is no position of a timeline. Begin anew without it.")
    }

    /// Up to the year 9999, as the database reads it.
    private static func moment(_ text: String) -> Timestamp? {
        Int64(text).map(Timestamp.init(unixMicroseconds:)).flatMap { Timestamp.tellable.contains($0) ? $0 : nil }
    }

    /// `xmin:xmax:xip,xip` with increasing numbers, as PostgreSQL reads it.
    private static func isSnapshot(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let low = UInt64(parts[0]), let high = UInt64(parts[1]), low >= 1, low <= high,
            high < 1 << 62
        else { return false }
        var last: UInt64 = 0
        for part in parts[2].split(separator: ",", omittingEmptySubsequences: true) {
            guard let number = UInt64(part), number > last, (low..<high).contains(number) else { return false }
            last = number
        }
        return !parts[2].hasSuffix(",") && !parts[2].hasPrefix(",")
    }
}
