import JSON
import Primitives
import Testing
import Workflow

@Suite("Schedules")
struct ScheduleTests {
    @Test(
        "what cannot start a run is refused",
        arguments: [
            ("{on: {one: {with: {source: s}}}}", Diagnostic.Code.missingField),
            ("{on: {one: {with: {type: '^t'}}}}", .missingField),
            ("{on: {one: {with: {type: '${ .x }'}}}}", .invalidExpression),
            ("{on: {any: []}}", .notSupported),
            ("{on: {all: [{with: {type: t}}, {with: {type: u}}]}}", .notSupported),
            ("{cron: sometimes}", .invalidValue),
            ("{every: '${ .x }'}", .invalidDuration),
            ("{read: data}", .missingField),
        ])
    func refused(_ schedule: String, _ code: Diagnostic.Code) throws {
        let decoded = try decode(document("- a: {set: {x: 1}}", extra: "schedule: \(schedule)"))
        #expect(decoded.codes() == [code])
    }

    @Test("on gives filters that take the events they name")
    func triggers() throws {
        let given = try Given(
            "- a: {set: {n: '${ $workflow.input[0].data.n }'}}",
            extra: "schedule: {on: {any: [{with: {type: t, data: '${ .n > 1 }'}}, {with: {type: u, source: s}}]}}")
        let on = try #require(given.definition.schedule?.on)
        #expect(on.mode == .any)
        #expect(on.filters.map(\.attributes) == [["type": "t"], ["type": "u", "source": "s"]])
        let filter = try CompiledEventFilter(on.filters[0])
        #expect(filter.matches(["type": "t", "data": ["n": 2]]))
        #expect(!filter.matches(["type": "t", "data": ["n": 1]]))
        #expect(given.run([["specversion": "1.0", "type": "t", "data": ["n": 2]]]).output == ["n": 2])
    }

    @Test("read: data gives the data of the events that started the run")
    func readData() throws {
        let given = try Given(
            "- a: {set: {n: '${ $workflow.input[0].n }'}}",
            extra: "schedule: {on: {one: {with: {type: t}}}, read: data}")
        #expect(given.run([["specversion": "1.0", "type": "t", "data": ["n": 2]]]).output == ["n": 2])
        #expect(given.run([["n": 3]]).output == ["n": 3])
    }

    @Test("intervals are known in seconds")
    func intervals() throws {
        let schedule = try Given(
            "- a: {set: {x: 1}}", extra: "schedule: {every: PT15M, after: {hours: 1}, cron: 0 6 * * 1}"
        )
        .definition.schedule
        #expect(schedule == Schedule(everySeconds: 900, cron: "0 6 * * 1", afterSeconds: 3600))
    }

    @Test("durations are read as ISO 8601 has them")
    func durations() throws {
        for (text, seconds) in [
            ("P1DT2H3M4.5S", 93_784.5), ("P2W", 1_209_600), ("PT0.25S", 0.25), ("P1Y1M", 34_128_000),
        ] {
            let given = try Given("- a: {wait: \(text)}")
            #expect(given.start().opened.map(\.kind) == [.timer(dueAt: Given.after(seconds))], "\(text)")
        }
        for text in ["P", "PT", "1D", "P1", "PT1M1H", "P-1D", "P1D1D", "PT1.S", "P200Y"] {
            #expect(try decode(document("- a: {wait: \(text)}")).codes() == [.invalidDuration], "\(text)")
        }
    }
}
