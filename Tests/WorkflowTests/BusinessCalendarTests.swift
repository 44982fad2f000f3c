import Foundation
import JSON
import Primitives
import Testing
import Workflow

@Suite("business calendars")
struct BusinessCalendarTests {
    /// Central European time as a zone file's rule has it.
    private static let berlin = zone("Europe/Berlin")

    private static func zone(_ name: String) -> TimeZoneRules {
        (try? TimeZoneRules(file: Array(Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/" + name))))) ?? .utc
    }

    private func calendar(_ json: JSONValue) throws -> BusinessCalendar { try BusinessCalendar(json: json) }

    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    private static let office: JSONValue = [
        "hours": [
            "monday": ["08:00-12:00", "13:00-17:00"], "tuesday": ["08:00-12:00", "13:00-17:00"],
            "wednesday": ["08:00-12:00", "13:00-17:00"], "thursday": ["08:00-12:00", "13:00-17:00"],
            "friday": ["08:00-12:00"],
        ],
        "holidays": [["date": "2026-12-25", "name": "Christmas"], ["from": "2026-12-28", "to": "2026-12-31"]],
        "exceptions": [["date": "2026-12-19", "hours": ["09:00-11:00"], "name": "Extra shift"]],
    ]

    @Test(
        "working time goes over breaks, nights, weekends, holidays and extra shifts",
        arguments: [
            // Thursday 17 December, in the morning: four hours are over the break.
            ("2026-12-17T10:00:00+01:00", 4.0, "2026-12-17T15:00:00+01:00"),
            // Friday ends at noon; the extra shift on Saturday has two hours; Monday has the rest.
            ("2026-12-18T11:00:00+01:00", 4.0, "2026-12-21T09:00:00+01:00"),
            // Before hours it begins with them.
            ("2026-12-17T03:00:00+01:00", 1.0, "2026-12-17T09:00:00+01:00"),
            // Christmas and the days after it: Thursday 24 to Monday 4 January (New Year's is a Friday that works).
            ("2026-12-24T16:00:00+01:00", 2.0, "2027-01-01T09:00:00+01:00"),
            // Nothing takes nothing, also outside of hours.
            ("2026-12-25T03:00:00+01:00", 0.0, "2026-12-25T03:00:00+01:00"),
        ])
    func moments(_ start: String, _ hours: Double, _ end: String) throws {
        let office = try calendar(Self.office)
        let moment = office.moment(after: hours * 3600, from: try at(start), in: Self.berlin)
        #expect(moment == (try at(end)), "\(moment as Any)")
        #expect(office.seconds(from: try at(start), to: try at(end), in: Self.berlin) == hours * 3600)
    }

    @Test(
        "backwards it is the same time: the latest moment from which so much working time is left",
        arguments: [
            ("2026-12-17T15:00:00+01:00", 4.0, "2026-12-17T10:00:00+01:00"),
            ("2026-12-21T09:00:00+01:00", 4.0, "2026-12-18T11:00:00+01:00"),
            ("2027-01-01T09:00:00+01:00", 2.0, "2026-12-24T16:00:00+01:00"),
            // At night nothing has passed since the evening.
            ("2026-12-18T03:00:00+01:00", 1.0, "2026-12-17T16:00:00+01:00"),
            ("2026-12-25T03:00:00+01:00", 0.0, "2026-12-25T03:00:00+01:00"),
        ])
    func backwards(_ end: String, _ hours: Double, _ start: String) throws {
        let office = try calendar(Self.office)
        let moment = office.moment(before: hours * 3600, from: try at(end), in: Self.berlin)
        #expect(moment == (try at(start)), "\(moment as Any)")
    }

    @Test("a day's exception that goes on into the next day counts wherever the next day's own entry stands")
    func orderOfExceptions() throws {
        let late: JSONValue = ["date": "2026-12-18", "hours": ["22:00-02:00"]]
        let next: JSONValue = ["date": "2026-12-19", "hours": ["09:00-11:00"]]
        for exceptions: JSONValue in [[late, next], [next, late]] {
            let calendar = try calendar(["hours": [:], "exceptions": exceptions])
            let all = calendar.seconds(
                from: try at("2026-12-18T00:00:00+01:00"), to: try at("2026-12-20T00:00:00+01:00"), in: Self.berlin)
            #expect(all == 6 * 3600)
        }
    }

    @Test("holidays are bounded together, not only one by one")
    func manyHolidays() throws {
        func holidays(_ years: ClosedRange<Int>) -> JSONValue {
            .array(years.map { ["from": .string("\($0)-01-01"), "to": .string("\($0)-12-31")] })
        }
        let hours: JSONValue = ["monday": ["08:00-12:00"]]
        _ = try calendar(["hours": hours, "holidays": holidays(2000...2009)])
        let error = try #require(throws: CalendarMistakes.self) {
            try calendar(["hours": hours, "holidays": holidays(2000...2099)])
        }
        #expect(error.items.map(\.path) == ["/holidays"])
    }

    @Test("a night shift belongs to two days, and holidays cut off what is theirs")
    func nightShift() throws {
        let night = try calendar([
            "hours": ["monday": ["22:00-06:00"]], "holidays": [["date": "2026-12-15"]],
        ])
        // Monday 7 December is a whole shift; Monday the 14th ends at midnight.
        let start = try at("2026-12-07T00:00:00+01:00")
        #expect(
            night.moment(after: 8 * 3600, from: start, in: Self.berlin) == (try at("2026-12-08T06:00:00+01:00")))
        #expect(
            night.moment(after: 10 * 3600, from: start, in: Self.berlin) == (try at("2026-12-15T00:00:00+01:00")))
        #expect(
            night.moment(after: 10.5 * 3600, from: start, in: Self.berlin)
                == (try at("2026-12-21T22:30:00+01:00")))
    }

    @Test("a night in which the clocks change is an hour shorter or longer, as it is for people")
    func clocksChange() throws {
        let always = try calendar(["hours": ["saturday": ["00:00-24:00"], "sunday": ["00:00-24:00"]]])
        let autumn = try at("2026-10-25T00:00:00+02:00")
        #expect(always.moment(after: 25 * 3600, from: autumn, in: Self.berlin) == (try at("2026-10-26T00:00:00+01:00")))
        let spring = try at("2026-03-29T00:00:00+01:00")
        #expect(
            always.moment(before: 23 * 3600, from: try at("2026-03-30T00:00:00+02:00"), in: Self.berlin) == spring)
        #expect(always.moment(after: 23 * 3600, from: spring, in: Self.berlin) == (try at("2026-03-30T00:00:00+02:00")))
    }

    @Test("time that never comes is said, not searched for ever")
    func never() throws {
        let once = try calendar(["hours": [:], "exceptions": [["date": "2026-01-01", "hours": ["08:00-09:00"]]]])
        #expect(once.moment(after: 60, from: try at("2026-06-01T00:00:00Z"), in: .utc) == nil)
        #expect(once.moment(after: 60, from: try at("2025-06-01T00:00:00Z"), in: .utc) != nil)
        #expect(once.moment(before: 60, from: try at("2025-06-01T00:00:00Z"), in: .utc) == nil)
    }

    @Test("every mistake is named at its place")
    func mistakes() throws {
        let wrong: JSONValue = [
            "hours": ["monday": ["8-12", "12:00-12:00", "25:00-26:00"], "mondy": []],
            "holidays": [["date": "2026-02-30"], ["from": "2026-01-02", "to": "2026-01-01"], 7],
            "exceptions": [["date": "2026-01-01", "hours": "all day"]], "zone": "UTC",
        ]
        let error = try #require(throws: CalendarMistakes.self) { try BusinessCalendar(json: wrong) }
        #expect(
            error.items.map(\.path).sorted() == [
                "/exceptions/0/hours", "/holidays/0/date", "/holidays/1/to", "/holidays/2", "/holidays/2/from",
                "/holidays/2/to", "/hours/monday/0", "/hours/monday/1", "/hours/monday/2", "/hours/mondy", "/zone",
            ])
        #expect(throws: CalendarMistakes.self) { try BusinessCalendar(json: ["hours": [:]]) }
        #expect(throws: CalendarMistakes.self) { try BusinessCalendar(json: 5) }
    }
}
