import Primitives
import Testing
import Workflow

@Suite("Cron expressions")
struct CronTests {
    @Test(
        "what is not a cron expression is refused with the field and the reason",
        arguments: [
            ("sometimes", "it has 1 fields"), ("0 0 * *", "it has 4 fields"),
            ("0 0 * * * * 2026", "A year cannot be given"), ("60 * * * *", "minute"),
            ("* 24 * * *", "it goes from 0 to 23"),
            ("* * 0 * *", "day of the month"), ("* * * 13 *", "month"), ("* * * * 8", "day of the week"),
            ("*/0 * * * *", "a step is 1 to 60"), ("*/61 * * * *", "a step"), ("5-1 * * * *", "from the smaller"),
            ("1,,2 * * * *", "beside a comma"), ("1/2/3 * * * *", "one / is enough"),
            ("a * * * *", "a number is expected"),
            ("* * * FOO *", "a name such as FEB"), ("* * ? * 1#6", "the 1st to the 5th"), ("* * * * L", "such as 5L"),
            ("* * L-31 * *", "1 to 30 days"), ("? * * * *", "a number is expected"), ("@reboot", "There is no"),
            ("0 0 30 2 *", "never comes"), ("0 0 31 4,6,9,11 *", "never comes"), ("0 0 30W 2 *", "never comes"),
            ("+5 * * * *", "a number is expected"), ("99999999999999999999 * * * *", "a number is expected"),
        ])
    func refused(_ text: String, _ reason: String) {
        #expect {
            try CronExpression(text)
        } throws: { error in
            (error as? CronProblem)?.message.contains(reason) == true
        }
        #expect(throws: CronProblem.self) { try CronExpression(String(repeating: "1,", count: 200) + "1 * * * *") }
    }

    @Test(
        "the next moments are those of the calendar",
        arguments: [
            ("*/15 * * * *", ["2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"]),
            ("0 6 * * MON-FRI", ["2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z", "2026-01-05T06:00:00Z"]),
            ("5/20 3 * * *", ["2026-01-01T03:05:00Z", "2026-01-01T03:25:00Z", "2026-01-01T03:45:00Z"]),
            ("0,30 8-10/2 * jan,JUL *", ["2026-01-01T08:00:00Z", "2026-01-01T08:30:00Z", "2026-01-01T10:00:00Z"]),
            ("30 0 12 * * *", ["2026-01-01T12:00:30Z", "2026-01-02T12:00:30Z"]),
            ("0 0 29 2 *", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
            // Both days restricted: either will do. Friday, or the 13th.
            ("0 0 13 * 5", ["2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z"]),
            // One of them begins with *: both must hold. Odd days that are Sundays.
            ("0 0 */2 * 0", ["2026-01-11T00:00:00Z", "2026-01-25T00:00:00Z"]),
            ("0 0 ? * 7", ["2026-01-04T00:00:00Z", "2026-01-11T00:00:00Z"]),
            ("0 0 * * FRI-SUN", ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"]),
            ("0 0 L * *", ["2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"]),
            ("0 0 L-3 * *", ["2026-01-28T00:00:00Z", "2026-02-25T00:00:00Z"]),
            // 15 February 2026 is a Sunday, 1 August a Saturday, 31 January a Saturday.
            ("0 0 15W 2 *", ["2026-02-16T00:00:00Z"]), ("0 0 1W 8 *", ["2026-08-03T00:00:00Z"]),
            ("0 0 LW * *", ["2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"]),
            ("0 0 ? * 5#3", ["2026-01-16T00:00:00Z", "2026-02-20T00:00:00Z"]),
            ("0 0 ? * 5L", ["2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"]),
            // The rarest: a fifth Monday in February.
            ("0 0 ? 2 MON#5", ["2044-02-29T00:00:00Z", "2072-02-29T00:00:00Z"]),
            ("@hourly", ["2026-01-01T01:00:00Z"]), ("@weekly", ["2026-01-04T00:00:00Z"]),
            ("@monthly", ["2026-02-01T00:00:00Z"]), ("@yearly", ["2027-01-01T00:00:00Z"]),
            ("  0   12\t* * *  ", ["2026-01-01T12:00:00Z"]),
        ])
    func moments(_ text: String, _ expected: [String]) throws {
        let cron = try CronExpression(text)
        var moment = try #require(Timestamp("2026-01-01T00:00:00Z"))
        for text in expected {
            moment = try #require(cron.next(after: moment, in: .utc))
            #expect(moment.description == text)
        }
    }

    @Test("the next moment is later, also within a second and at the end of time")
    func strictlyLater() throws {
        let cron = try CronExpression("* * * * * *")
        let moment = try #require(Timestamp("2026-01-01T00:00:00.5Z"))
        #expect(cron.next(after: moment, in: .utc)?.description == "2026-01-01T00:00:01Z")
        let last = try #require(Timestamp("9999-12-31T23:59:59Z"))
        #expect(cron.next(after: last.adding(seconds: 2), in: .utc) == nil)
        #expect(cron.next(after: Timestamp(unixMicroseconds: .max), in: .utc) == nil)
        #expect(cron.next(after: Timestamp(unixMicroseconds: .min), in: .utc) == nil)
    }

    @Test("the latest moment of a time is found without walking through it")
    func latest() throws {
        let rule = TimedRule(.cron(try CronExpression("0 6 * * *")))
        let lower = try #require(Timestamp("2016-01-01T00:00:00Z"))
        let upper = try #require(Timestamp("2026-01-01T05:59:59Z"))
        #expect(
            rule.latest(after: lower, upTo: upper, anchor: lower, in: .utc)?.description == "2025-12-31T06:00:00Z")
        let exact = try #require(Timestamp("2026-01-01T06:00:00Z"))
        #expect(rule.latest(after: lower, upTo: exact, anchor: lower, in: .utc) == exact)
        #expect(rule.latest(after: exact, upTo: exact.adding(seconds: 60), anchor: lower, in: .utc) == nil)
    }
}
