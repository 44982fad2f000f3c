import JSON
import Primitives
import Testing
import Workflow

@Suite("Simulation")
struct SimulationTests {
    @Test("a call that no stub answers leaves the run open and is named")
    func unanswered() throws {
        let given = try Given(
            "- a: {call: lots.get:1.0.0@default, with: {lot: L1}, timeout: {after: PT1H}, if: .wait}\n- b: {wait: PT1M}"
        )
        let run = try Given("- a: {call: lots.get:1.0.0@default, with: {lot: L1}}").run()
        #expect(run.status == .running)
        #expect(run.unanswered.map(\.taskReference) == ["/do/0/a"])
        #expect(run.calls.map(\.arguments) == [["lot": "L1"]])
        // With a timeout something still happens: the time runs out.
        #expect(given.run(["wait": true]).error?.type == StandardErrorType.timeout.uri)
    }

    @Test("an event that nothing matches leaves the run open")
    func noEvent() throws {
        let run = try Given("- a: {listen: {to: {one: {with: {type: t}}}}}").run(
            answers: SimulatedAnswers(events: [.init(afterSeconds: 1, event: ["type": "u"])]))
        #expect(run.status == .waiting)
        #expect(run.unanswered.count == 1)
    }

    @Test("stubs are chosen by function and arguments, and give their answers in order, the last one for good")
    func stubs() throws {
        let given = try Given(
            """
            - each:
                for: {each: lot, in: .lots}
                do:
                  - get: {call: lots.get:1.0.0@default, with: {lot: "${ $lot }"}, output: {as: ". + {lots: []}"}}
                  - keep: {set: "${ . }", export: {as: "$context + {seen: (($context.seen // []) + [$output.s])}"}}
            - give: {set: {seen: "${ $context.seen }"}}
            """)
        let answers = SimulatedAnswers(calls: [
            .init(function: "lots.get", arguments: ["lot": "B"], answers: [SimulatedAnswer(.success(["s": "b"]))]),
            .init(
                function: "lots.get",
                answers: [SimulatedAnswer(.success(["s": 1])), SimulatedAnswer(.success(["s": 2]))]),
        ])
        #expect(given.run(["lots": ["A", "B", "C", "D"]], answers: answers).output == ["seen": [1, "b", 2, 2]])
    }

    @Test(
        "a human task without a decision expires at its due time, however that is written, unless it is to be escalated",
        arguments: ["dueInSeconds: 90, onDue: expire", "dueInSeconds: 90", "due: PT90S", "due: PT90S, calendar: plant"])
    func expiry(_ due: String) throws {
        let waiting = try Given(
            "- a: {call: 'human-task:1.0.0@default', with: {title: T, role: operator, due: PT90S, onDue: escalate}}"
        ).run()
        #expect(!waiting.status.isFinal)
        let given = try Given(
            """
            - a:
                call: human-task:1.0.0@default
                with: {title: T, role: operator, \(due)}
            """)
        let run = given.run()
        #expect(run.output == ["outcome": "expired"])
        #expect(run.endedAt == Given.after(90))
    }

    @Test("a run that goes round in circles for ever is stopped, and says so")
    func circles() throws {
        let given = try Given("- a: {wait: PT1M, then: a}")
        var simulation = Simulation(
            engine: given.engine(), answers: SimulatedAnswers(), startingAt: Given.start, maximumHappenings: 50)
        simulation.start(input: [:])
        simulation.run()
        #expect(simulation.report.wasStopped)
        #expect(simulation.report.endedAt == Given.after(50 * 60))
    }

    @Test("an event that a run emits reaches its own listeners")
    func ownEvents() throws {
        let given = try Given(
            """
            - both:
                fork:
                  branches:
                    - hears: {listen: {to: {one: {with: {type: ping}}}}}
                    - says: {emit: {event: {with: {type: ping, data: {n: 1}}}}}
                output: {as: ".[0]"}
            """)
        #expect(given.run().output == [["n": 1]])
    }

    @Test("a caller can perform what no stub answers and run on")
    func stepwise() throws {
        let given = try Given("- a: {call: lots.get:1.0.0@default, with: {lot: L1}}")
        var simulation = Simulation(engine: given.engine(), answers: SimulatedAnswers(), startingAt: Given.start)
        simulation.start(input: [:])
        simulation.run()
        let wait = try #require(simulation.report.unanswered.first)
        simulation.answer(wait, with: SimulatedAnswer(.success(["status": "held"]), afterSeconds: 3))
        simulation.run()
        #expect(simulation.report.output == ["status": "held"])
        #expect(simulation.report.unanswered.isEmpty)
    }
}
