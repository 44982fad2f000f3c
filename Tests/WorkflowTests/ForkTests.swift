import JSON
import Primitives
import Testing
import Workflow

@Suite("Forks")
struct ForkTests {
    func fork(_ compete: Bool) throws -> Given {
        try Given(
            """
            - both:
                fork:
                  compete: \(compete)
                  branches:
                    - slow: {call: http, with: {method: get, endpoint: "http://slow/"}}
                    - quick: {call: http, with: {method: get, endpoint: "http://quick/"}}
            """)
    }

    func answers(slow: SimulatedAnswer, quick: SimulatedAnswer) -> SimulatedAnswers {
        SimulatedAnswers(calls: [
            .init(function: "http", arguments: ["endpoint": "http://slow/"], answers: [slow]),
            .init(function: "http", arguments: ["endpoint": "http://quick/"], answers: [quick]),
        ])
    }

    let slow = SimulatedAnswer(.success("slow"), afterSeconds: 9)
    let quick = SimulatedAnswer(.success("quick"), afterSeconds: 1)
    let broken = SimulatedAnswer(.failure(TryTests.unavailable), afterSeconds: 2)

    @Test("an error in a branch ends the fork and its other branches")
    func error() throws {
        let run = try fork(false).run(answers: answers(slow: slow, quick: broken))
        #expect(run.status == .faulted)
        #expect(run.endedAt == Given.after(2))
    }

    @Test("the outputs come in the order of the branches, not of their ends")
    func all() throws {
        #expect(try fork(false).run(answers: answers(slow: slow, quick: quick)).output == ["slow", "quick"])
    }

    @Test("of competing branches the first to end gives the output, the others are closed")
    func compete() throws {
        let run = try fork(true).run(answers: answers(slow: slow, quick: quick))
        #expect(run.output == "quick")
        #expect(run.endedAt == Given.after(1))
    }

    @Test("a competing branch that fails has lost; the fork fails when all have")
    func lostRace() throws {
        #expect(try fork(true).run(answers: answers(slow: slow, quick: broken)).output == "slow")
        let lost = try fork(true).run(
            answers: answers(
                slow: SimulatedAnswer(.failure(TryTests.unavailable), afterSeconds: 9), quick: broken))
        #expect(lost.status == .faulted)
        #expect(lost.endedAt == Given.after(9))
    }

    @Test("end in a branch ends the run and closes the other branches")
    func end() throws {
        let given = try Given(
            """
            - both:
                fork:
                  branches:
                    - waits: {wait: PT1H}
                    - ends: {set: {x: 1}, then: end}
            - never: {set: {x: 2}}
            """)
        let advance = given.start()
        #expect(advance.output == ["x": 1])
        #expect(advance.opened.isEmpty)
    }

    @Test("forks nest, and each branch sees its own variables")
    func nested() throws {
        let given = try Given(
            """
            - outer:
                for: {each: n, in: "[1, 2]"}
                do:
                  - inner:
                      fork:
                        branches:
                          - a: {set: {v: "${ $n * 10 }"}}
                          - b:
                              do:
                                - pause: {wait: PT1S}
                                - give: {set: {v: "${ $n * 100 }"}}
                      output: {as: "[.[].v]"}
                      export: {as: "{ all: (($context.all // []) + [$output]) }"}
            - give: {set: "${ $context.all }"}
            """)
        #expect(given.run().output == [[10, 100], [20, 200]])
    }
}
