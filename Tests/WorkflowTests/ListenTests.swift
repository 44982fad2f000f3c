import JSON
import Primitives
import Testing
import Workflow

@Suite("Listening for events")
struct ListenTests {
    func event(_ type: String, _ data: JSONValue = [:], id: String = "1", at seconds: Double = 1)
        -> SimulatedAnswers.TimedEvent
    {
        .init(
            afterSeconds: seconds,
            event: ["specversion": "1.0", "id": .string(id), "source": "test", "type": .string(type), "data": data])
    }

    @Test("events of another type, source or data are not taken")
    func unmatched() throws {
        let given = try Given(
            """
            - a:
                listen:
                  to:
                    one:
                      with:
                        type: com.example.lot
                        subject: ${ .lot }
                        data: ${ .temperature > $input.limit }
            """)
        let engine = given.engine()
        let started = engine.start(input: ["lot": "L1", "limit": 30], at: Given.start)
        guard case .event(let filter) = started.opened.first?.kind else {
            Issue.record("no event is listened for")
            return
        }
        #expect(filter.attributes == ["type": "com.example.lot", "subject": "L1"])
        let compiled = try CompiledEventFilter(filter)
        let good: JSONValue = ["type": "com.example.lot", "subject": "L1", "data": ["temperature": 31]]
        #expect(compiled.matches(good))
        for (key, value) in [("type", "x"), ("subject", "L2")] as [(String, JSONValue)] {
            var other = good
            other.set(key, value)
            #expect(!compiled.matches(other))
        }
        var cold = good
        cold.set("data", ["temperature": 30])
        #expect(!compiled.matches(cold))
        var odd = good
        odd.set("data", "text")
        #expect(!compiled.matches(odd))
    }

    @Test("data given as a value must have these members; ^ begins a regular expression")
    func valueFilter() throws {
        let given = try Given(
            "- a: {listen: {to: {one: {with: {type: '^com[.]example[.].*$', data: {lot: {id: '${ .lot }'}}}}}}}")
        guard case .event(let filter) = given.start(["lot": 7]).opened.first?.kind else {
            Issue.record("no event is listened for")
            return
        }
        let compiled = try CompiledEventFilter(filter)
        #expect(compiled.matches(["type": "com.example.x", "data": ["lot": ["id": 7, "more": 1], "other": 2]]))
        #expect(!compiled.matches(["type": "org.example.x", "data": ["lot": ["id": 7]]]))
        #expect(!compiled.matches(["type": "com.example.x", "data": ["lot": ["id": 8]]]))
        #expect(!compiled.matches(["type": "com.example.x", "data": ["lot": 7]]))
    }

    @Test(
        "one gives the event's data or the whole event in a list",
        arguments: [("data", #"[{"n":1}]"#), ("raw", #"[{"n":1}]"#)])
    func one(_ read: String, _ output: String) throws {
        let given = try Given("- a: {listen: {to: {one: {with: {type: t}}}, read: \(read)}}")
        let run = given.run(
            answers: SimulatedAnswers(events: [event("u"), event("t", ["n": 1]), event("t", ["n": 2])]))
        #expect(run.output == (try json(output)))
    }

    @Test("envelope gives the whole event")
    func envelope() throws {
        let given = try Given("- a: {listen: {to: {one: {with: {type: t}}}, read: envelope}}")
        let run = given.run(answers: SimulatedAnswers(events: [event("t", ["n": 1])]))
        #expect(run.output?[0]?["type"] == "t")
        #expect(run.output?[0]?["data"] == ["n": 1])
    }

    @Test("any takes the first event that one of the filters matches, and closes the others")
    func any() throws {
        let given = try Given("- a: {listen: {to: {any: [{with: {type: t}}, {with: {type: u}}]}}}")
        let engine = given.engine()
        let started = engine.start(input: [:], at: Given.start)
        #expect(started.opened.map(\.id) == ["/do/0/a#1/1", "/do/0/a#1/2"])
        let taken = engine.advance(
            started.state, [.answered("/do/0/a#1/2", ["type": "u", "data": 5, "id": "e", "source": "s"], after: 1)])
        #expect(taken.output == [5])
        #expect(taken.closed == ["/do/0/a#1/1"])
    }

    @Test("all waits for an event for every filter")
    func all() throws {
        let given = try Given("- a: {listen: {to: {all: [{with: {type: t}}, {with: {type: u}}]}}}")
        let run = given.run(
            answers: SimulatedAnswers(events: [
                event("u", 1, id: "1", at: 1), event("u", 2, id: "2", at: 2), event("t", 3, id: "3", at: 3),
            ]))
        #expect(run.output == [1, 3])
        #expect(run.endedAt == Given.after(3))
    }

    @Test("until a condition holds of what was consumed; an event counts once")
    func untilCondition() throws {
        let given = try Given("- a: {listen: {to: {any: [], until: 'length == 3'}}}")
        let run = given.run(
            answers: SimulatedAnswers(
                events: (0..<6).map { event("t", JSONValue($0), id: "\($0 / 2)", at: Double($0)) }))
        #expect(run.output == [0, 2, 4])
        #expect(run.endedAt == Given.after(4))
    }

    @Test("until another event comes, which is not part of the output")
    func untilEvent() throws {
        let given = try Given(
            "- a: {listen: {to: {any: [{with: {type: t}}], until: {one: {with: {type: stop}}}}}}")
        let run = given.run(
            answers: SimulatedAnswers(events: [
                event("t", 1, id: "1", at: 1), event("t", 2, id: "2", at: 2), event("stop", 9, id: "3", at: 3),
                event("t", 3, id: "4", at: 4),
            ]))
        #expect(run.output == [1, 2])
    }

    @Test("correlated events must agree with the first, or with what is expected")
    func correlate() throws {
        let given = try Given(
            """
            - a:
                listen:
                  to:
                    all:
                      - {with: {type: t}, correlate: {room: {from: .data.room}}}
                      - {with: {type: u}, correlate: {room: {from: .data.room}}}
            """)
        let run = given.run(
            answers: SimulatedAnswers(events: [
                event("t", ["room": 1], id: "1", at: 1), event("u", ["room": 2], id: "2", at: 2),
                event("u", ["room": 1], id: "3", at: 3),
            ]))
        #expect(run.output == [["room": 1], ["room": 1]])
        #expect(run.endedAt == Given.after(3))
        let expected = try Given(
            "- a: {listen: {to: {one: {with: {type: t}, correlate: {r: {from: .data.room, expect: '${ .room }'}}}}}}")
        let second = expected.run(
            ["room": 2],
            answers: SimulatedAnswers(events: [
                event("t", ["room": 1], id: "1", at: 1), event("t", ["room": 2], id: "2", at: 2),
            ]))
        #expect(second.endedAt == Given.after(2))
    }

    @Test("foreach works on one event after the other, also on those that come meanwhile")
    func foreach() throws {
        let given = try Given(
            """
            - a:
                listen:
                  to: {any: [{with: {type: t}}], until: "($context.seen // 0) == 3"}
                foreach:
                  item: event
                  at: i
                  do:
                    - pause: {wait: PT10S}
                    - mark: {set: {n: "${ $event.n * 10 + $i }"}}
                  output: {as: .n}
                  export: {as: "$context + { seen: ($i + 1) }"}
            """)
        let run = given.run(
            answers: SimulatedAnswers(
                events: (0..<5).map { event("t", ["n": JSONValue($0)], id: "\($0)", at: Double($0)) }))
        #expect(run.output == [0, 11, 22, 33, 44])
    }

    @Test("while it works on an event the variables of the loop around it can still be read")
    func foreachInALoop() throws {
        let given = try Given(
            """
            - lots:
                for: {each: lot, in: '["L1", "L2"]', at: n}
                do:
                  - a:
                      listen:
                        to: {any: [{with: {type: t}}], until: "true"}
                      foreach:
                        item: event
                        at: i
                        do:
                          - mark: {set: {seen: "${ [$lot, $n, $i, $event.n] }"}}
                        output: {as: .seen}
            """)
        let run = given.run(
            answers: SimulatedAnswers(
                events: (0..<2).map { event("t", ["n": JSONValue($0)], id: "\($0)", at: Double($0)) }))
        #expect(run.output == [["L2", 1, 0, 1]], "\(run)")
    }

    @Test("a listen that times out closes its waits")
    func timeout() throws {
        let run = try Given("- a: {listen: {to: {any: []}}, timeout: {after: PT5S}}").run()
        #expect(run.error?.type == StandardErrorType.timeout.uri)
        #expect(run.unanswered.isEmpty)
    }

    @Test("the event that ends the listening is no part of what was listened to")
    func untilIsNotConsumed() throws {
        let given = try Given("  - a: {listen: {to: {any: [], until: {one: {with: {type: stop}}}}}}")
        let run = given.run(
            answers: SimulatedAnswers(events: [
                event("reading", 1, id: "1", at: 1), event("reading", 2, id: "2", at: 2),
                event("stop", 3, id: "3", at: 3),
            ]))
        #expect(run.output == [1, 2])
    }

    @Test("an event without a value for a correlation does not correlate")
    func missingCorrelation() throws {
        let given = try Given(
            """
              - a:
                  listen:
                    to:
                      all:
                        - {with: {type: a}, correlate: {lot: {from: .data.lot}}}
                        - {with: {type: b}, correlate: {lot: {from: .data.lot}}}
            """)
        let run = given.run(
            answers: SimulatedAnswers(events: [
                event("a", [:], id: "1", at: 1), event("b", [:], id: "2", at: 2),
                event("a", ["lot": 7], id: "3", at: 3),
                event("b", ["lot": 7], id: "4", at: 4),
            ]))
        #expect(run.output == [["lot": 7], ["lot": 7]])
    }
}
