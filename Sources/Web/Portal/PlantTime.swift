import Primitives

import struct Foundation.Calendar
import struct Foundation.Date
import struct Foundation.DateComponents
import struct Foundation.TimeZone

/// Moments as the people of a plant read them: on the plant's clock, and how far away they are.
struct PlantTime {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    let now: Timestamp
    private let zone: TimeZone?

    /// - Parameter zoneName: the plant's IANA zone. UTC is shown, under its name, where it is unknown.
    init(zoneName: String?, now: Timestamp) {
        zone = zoneName.flatMap { TimeZone(identifier: $0) }
        self.now = now
    }

    /// What a template shows: the text, the same for machines, and how far away it is.
    func context(_ moment: Timestamp) -> [String: Any] {
        ["text": text(moment), "machine": moment.description, "distance": distance(to: moment)]
    }

    /// With the zone: `22 Nov 2026, 21:50 (Australia/Melbourne)`; to the minute, or to the second.
    func text(_ moment: Timestamp, withSeconds: Bool = false) -> String {
        let offset = zone?.secondsFromGMT(for: Date(timeIntervalSince1970: moment.unixSeconds)) ?? 0
        let local = moment.adding(seconds: Double(offset)).description
        guard let date = CivilDate(String(local.prefix(10))) else { return moment.description }
        let name = zone?.identifier.replacing("_", with: " ") ?? "UTC"
        let clock = local.dropFirst(11).prefix(withSeconds ? 8 : 5)
        return "\(date.day) \(Self.months[date.month - 1]) \(date.year), \(clock) (\(name))"
    }

    /// When the plant's day begins: where its clocks skip midnight, with the first moment that there is.
    func beginning(of date: CivilDate) -> Timestamp {
        let midnight = date.startUTC
        guard let zone else { return midnight }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = DateComponents(year: date.year, month: date.month, day: date.day)
        guard let moment = calendar.date(from: parts) else { return midnight }
        return Timestamp(unixMicroseconds: Int64(moment.timeIntervalSince1970 * 1_000_000))
    }

    /// When the plant's day is over.
    func end(of date: CivilDate) -> Timestamp { beginning(of: CivilDate(daysSince1970: date.daysSince1970 + 1)) }

    /// `in 3 hours`, `20 minutes ago`.
    func distance(to moment: Timestamp) -> String {
        let seconds = moment.unixSeconds - now.unixSeconds
        let length = Self.length(abs(seconds))
        return seconds < 0 ? length + " ago" : "in " + length
    }

    private static func length(_ seconds: Double) -> String {
        let minutes = Int(seconds / 60)
        switch minutes {
        case 0: return "less than a minute"
        case 1..<120: return plural(minutes, "minute")
        case 120..<2880: return plural(minutes / 60, "hour")
        default: return plural(minutes / 1440, "day")
        }
    }

    private static func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
