import Foundation
import JSON
import Primitives
import Testing
import Workflow

@Suite("the moments of a human task")
struct HumanTaskMomentTests {
    /// Monday to Friday, 08:00 to 16:00, in Berlin.
    private static func working() throws -> ServiceLevelClock.Time {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
        let hours = JSONObject(uniqueKeysWithValues: days.map { ($0, ["08:00-16:00"] as JSONValue) })
        let file = Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")))
        return .init(try BusinessCalendar(json: ["hours": .object(hours)]), in: try TimeZoneRules(file: file))
    }

    private func moments(_ further: JSONValue, openedAt: String) throws -> HumanTaskMoments {
        var arguments: JSONValue = ["title": "x", "role": "a"]
        for (name, value) in further.objectValue ?? [:] { arguments.set(name, value) }
        let read = HumanTaskArguments.read(arguments) { _ in nil }
        #expect(read.mistakes.isEmpty)
        return try HumanTaskMoments(read.arguments, openedAt: try at(openedAt), try Self.working())
    }

    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    private static let everything: JSONValue = [
        "calendar": "plant", "due": "PT4H", "followUp": "PT1H",
        "reminders": [["beforeDue": "PT3H"], ["afterOpening": "PT2H"], ["beforeDue": "PT9H"]],
        "escalation": [["after": "PT2H", "role": "b"], ["afterSeconds": 14_400, "role": "c"]],
    ]

    @Test("with the plant's calendar every duration counts working time, over the weekend and a change of the clocks")
    func working() throws {
        // Friday, an hour before its end; on Sunday the clocks are put forward.
        let moments = try moments(Self.everything, openedAt: "2026-03-27T15:00:00+01:00")
        #expect(moments.dueAt == (try at("2026-03-30T11:00:00+02:00")))
        #expect(moments.followUpAt == (try at("2026-03-27T16:00:00+01:00")))
        #expect(
            moments.reminders == [try at("2026-03-30T08:00:00+02:00"), try at("2026-03-30T09:00:00+02:00")],
            "what lies before the opening reminds nobody")
        let monday = try at("2026-03-30T09:00:00+02:00").unixSeconds - (try at("2026-03-27T15:00:00+01:00")).unixSeconds
        #expect(moments.escalationSeconds == [monday, monday + 7200])
    }

    @Test("without it every second counts, as it always did; a point in time is what it is")
    func elapsed() throws {
        var arguments = Self.everything
        arguments.set("calendar", "elapsed")
        let moments = try moments(arguments, openedAt: "2026-03-27T15:00:00+01:00")
        #expect(moments.dueAt == (try at("2026-03-27T19:00:00+01:00")))
        #expect(moments.escalationSeconds == [7200, 14_400])
        let fixed = try self.moments(
            ["calendar": "plant", "due": "2026-03-28T12:00:00+01:00", "reminders": [["beforeDue": "PT1H"]]],
            openedAt: "2026-03-27T14:00:00+01:00")
        #expect(fixed.dueAt == (try at("2026-03-28T12:00:00+01:00")), "a Saturday, as it was written")
        #expect(fixed.reminders == [try at("2026-03-27T15:00:00+01:00")], "a working hour before it")
    }

    @Test("working time that never comes is an error that names the argument")
    func never() throws {
        let read = HumanTaskArguments.read(["title": "x", "role": "a", "calendar": "plant", "due": "PT1H"]) { _ in nil }
        let once = try BusinessCalendar(
            json: ["hours": [:], "exceptions": [["date": "2020-01-01", "hours": ["08:00-09:00"]]]])
        let error = #expect(throws: WorkflowError.self) {
            try HumanTaskMoments(read.arguments, openedAt: Given.start, .init(once, in: .utc))
        }
        #expect(error?.type == StandardErrorType.validation.uri && error?.detail?.contains("/due") == true)
        #expect(
            HumanTaskArguments.read(["title": "x", "role": "a", "calendar": "business"]) { _ in nil }.mistakes
                .map(\.path) == ["/calendar"])
    }
}
