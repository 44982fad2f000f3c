package import JSON
package import Primitives

/// How a calendar is written:
/// ```
/// { "hours": { "monday": ["06:00-14:00", "22:00-06:00"], … },
///   "holidays": [ { "date": "2026-12-25", "name": "Christmas" }, { "from": …, "to": …, "name": … } ],
///   "exceptions": [ { "date": "2026-12-19", "hours": ["08:00-12:00"], "name": "Extra shift" } ] }
/// ```
/// A stretch that ends before it begins goes on into the next day. Days that are not named have no hours.
extension BusinessCalendar {
    package static let maximumStretches = 24
    package static let maximumEntries = 1_000
    /// Days that one holiday may have, and all of them together.
    package static let maximumHolidayDays = 366
    package static let maximumDaysOff = 4_000

    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    /// - Throws: everything that is wrong, each with its JSON pointer.
    package init(json: JSONValue) throws(CalendarMistakes) {
        var reader = CalendarReader()
        reader.checkMembers(of: json, ["hours", "holidays", "exceptions"], at: "")
        var week: [[Hours]] = Array(repeating: [], count: 7)
        let hours = json["hours"]
        if hours?.objectValue == nil { reader.add("/hours", "must name the days of the week with their hours") }
        for (name, value) in hours?.objectValue ?? [:] {
            guard let day = Self.weekdays.firstIndex(of: name) else {
                reader.add("/hours/\(name)", "is no day of the week; write monday to sunday")
                continue
            }
            for stretch in reader.stretches(value, at: "/hours/\(name)") {
                week[day].append(stretch.today)
                if let tomorrow = stretch.tomorrow { week[(day + 1) % 7].append(tomorrow) }
            }
        }
        let exceptions = reader.exceptions(json, week: week)
        let hasHours = week.contains { !$0.isEmpty } || exceptions.values.contains { !$0.isEmpty }
        if reader.mistakes.isEmpty, !hasHours { reader.add("/hours", "must have at least one day with hours") }
        guard reader.mistakes.isEmpty else { throw CalendarMistakes(items: reader.mistakes) }
        self.init(week: week, exceptions: exceptions)
    }
}

/// What is wrong with a calendar as it was written.
package struct CalendarMistakes: Error, Sendable, Hashable {
    package var items: [Problem.Item]
}

private struct CalendarReader {
    typealias Hours = BusinessCalendar.Hours
    private(set) var mistakes: [Problem.Item] = []

    mutating func add(_ path: String, _ message: String) {
        mistakes.append(.init(path: path, message: message))
    }

    mutating func checkMembers(of value: JSONValue, _ known: Set<String>, at place: String) {
        guard let object = value.objectValue else { return add(place, "must be an object") }
        for (name, _) in object where !known.contains(name) {
            add("\(place)/\(name)", "is not known; there are \(known.sorted().joined(separator: ", "))")
        }
    }

    /// Days with hours of their own: holidays have none. The order in which they are written means nothing.
    mutating func exceptions(_ json: JSONValue, week: [[Hours]]) -> [Int64: [Hours]] {
        var exceptions: [Int64: [Hours]] = [:]
        for (entry, place) in entries(json["holidays"], at: "/holidays") {
            for day in days(of: entry, at: place) { exceptions[day] = [] }
        }
        if exceptions.count > BusinessCalendar.maximumDaysOff {
            add("/holidays", "must have at most \(BusinessCalendar.maximumDaysOff) days together")
        }
        var given: [(date: Int64, stretches: [(today: Hours, tomorrow: Hours?)])] = []
        for (entry, place) in entries(json["exceptions"], at: "/exceptions") {
            checkMembers(of: entry, ["date", "hours", "name"], at: place)
            guard let date = date(entry["date"], at: place + "/date") else { continue }
            given.append((date, stretches(entry["hours"], at: place + "/hours")))
        }
        // The days first: what goes on into the next one is added to its own hours, wherever that stands.
        for (date, _) in given { exceptions[date] = [] }
        for (date, stretches) in given {
            for stretch in stretches {
                exceptions[date, default: []].append(stretch.today)
                guard let tomorrow = stretch.tomorrow else { continue }
                exceptions[date + 1, default: week[Int((date + 5) % 7)]].append(tomorrow)
            }
        }
        return exceptions
    }

    mutating func entries(_ value: JSONValue?, at place: String) -> [(JSONValue, String)] {
        guard let value else { return [] }
        guard let array = value.arrayValue, array.count <= BusinessCalendar.maximumEntries else {
            add(place, "must be a list of at most \(BusinessCalendar.maximumEntries) entries")
            return []
        }
        return array.enumerated().map { ($1, "\(place)/\($0)") }
    }

    mutating func date(_ value: JSONValue?, at place: String) -> Int64? {
        guard let date = value?.stringValue.flatMap({ CivilDate($0) }), date.year >= 1970 else {
            add(place, "must be a date like 2026-12-25")
            return nil
        }
        return date.daysSince1970
    }

    mutating func days(of holiday: JSONValue, at place: String) -> ClosedRange<Int64> {
        let none: ClosedRange<Int64> = -1...(-1)
        checkMembers(of: holiday, ["date", "from", "to", "name"], at: place)
        if holiday["date"] != nil { return date(holiday["date"], at: place + "/date").map { $0...$0 } ?? none }
        let from = date(holiday["from"], at: place + "/from")
        let to = date(holiday["to"], at: place + "/to")
        guard let from, let to else { return none }
        guard to >= from, to - from < Int64(BusinessCalendar.maximumHolidayDays) else {
            add(place + "/to", "must be 0 to \(BusinessCalendar.maximumHolidayDays - 1) days after “from”")
            return none
        }
        return from...to
    }

    mutating func stretches(_ value: JSONValue?, at place: String) -> [(today: Hours, tomorrow: Hours?)] {
        guard let array = value?.arrayValue, array.count <= BusinessCalendar.maximumStretches else {
            add(place, "must be a list of at most \(BusinessCalendar.maximumStretches) stretches like 08:00-16:30")
            return []
        }
        var stretches: [(today: Hours, tomorrow: Hours?)] = []
        for (index, element) in array.enumerated() {
            guard let text = element.stringValue, let stretch = Self.stretch(text) else {
                add("\(place)/\(index)", "must be a stretch like 08:00-16:30, 22:00-06:00 or 00:00-24:00")
                continue
            }
            stretches.append(stretch)
        }
        return stretches
    }

    private static func stretch(_ text: String) -> (today: Hours, tomorrow: Hours?)? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = clock(parts[0]), let to = clock(parts[1]), from < Hours.day, from != to
        else { return nil }
        if to > from { return (Hours(from: from, to: to), nil) }
        return (Hours(from: from, to: Hours.day), to == 0 ? nil : Hours(from: 0, to: to))
    }

    /// `hh:mm`, up to `24:00`.
    private static func clock(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hours = Int64(parts[0]), let minutes = Int64(parts[1]), minutes < 60,
            hours < 24 || hours == 24 && minutes == 0
        else { return nil }
        return hours * 3600 + minutes * 60
    }
}
