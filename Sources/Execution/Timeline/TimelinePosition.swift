package import Primitives

/// Where a reader of a plant's timeline stands: what it has seen (a snapshot of the database), and, inside a list of which
/// it has read a part, up to which snapshot that list goes and how many of it were read.
package struct TimelinePosition: Sendable, Hashable {
    package static let maximumBytes = 2_000
    static let maximumSkip = 1_000_000

    var since: Timestamp
    var seen: String
    var until: String?
    var skip: Int

    init(since: Timestamp, seen: String, until: String?, skip: Int) {
        self.since = since
        self.seen = seen
        self.until = until
        self.skip = skip
    }

    /// `<µs since 1970>;<snapshot>;<snapshot or nothing>;<number>`.
    package var text: String { "\(since.unixMicroseconds);\(seen);\(until ?? "");\(skip)" }

    /// - Throws: `.invalidParameters` for a text that no timeline gave.
    package init(_ text: String) throws(Problem) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.maximumBytes, parts.count == 4, let since = Int64(parts[0]), since >= 0,
            Self.isSnapshot(parts[1]), parts[2].isEmpty || Self.isSnapshot(parts[2]), let skip = Int(parts[3]),
            (0...Self.maximumSkip).contains(skip)
        else { throw Problem(.invalidParameters, "This is no position of a timeline. Begin anew without it.") }
        self.init(
            since: Timestamp(unixMicroseconds: since), seen: parts[1], until: parts[2].isEmpty ? nil : parts[2],
            skip: skip)
    }

    /// `xmin:xmax:xip,xip` with increasing numbers, as PostgreSQL reads it.
    private static func isSnapshot(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let low = UInt64(parts[0]), let high = UInt64(parts[1]), (1...high).contains(low),
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
