import JSON
import Primitives
import Testing
import Workflow

@Suite("Hostile definitions")
struct LimitTests {
    @Test("a loop that never waits is ended, and no try catches that")
    func endlessLoop() throws {
        let given = try Given(
            """
            - guard:
                try:
                  - a: {set: {x: 1}, then: a}
                catch: {do: [{b: {set: {x: 2}}}]}
            """)
        let advance = given.engine(limits: EngineLimits(stepsPerInput: 500)).start(input: [:], at: Given.start)
        #expect(advance.status == .faulted)
        #expect(advance.error?.type == StandardErrorType.runtime.uri)
        #expect(advance.state.waits.isEmpty)
        #expect(advance.journal.last?.kind == .runFaulted)
        #expect(advance.journal.map(\.ordinal) == Array(1...advance.journal.count))
    }

    @Test("a retry without pause and end is ended")
    func endlessRetry() throws {
        let given = try Given(
            """
            - a:
                try: [{b: {raise: {error: {type: 'https://example.com/x', status: 1}}}}]
                catch: {retry: {}}
            """)
        let advance = given.engine(limits: EngineLimits(attempts: 20)).start(input: [:], at: Given.start)
        #expect(advance.status == .faulted)
        #expect(advance.journal.count { $0.kind == .taskRetried } == 19)
    }

    @Test("a value that doubles is stopped at the limit of its size")
    func doubling() throws {
        let given = try Given("- a: {set: {x: '${ [.x, .x] }'}, then: a}")
        let advance = given.engine(limits: EngineLimits(valueBytes: 50_000)).start(input: [:], at: Given.start)
        #expect(advance.status == .faulted)
        #expect(advance.error?.detail?.contains("bytes") == true)
    }

    @Test("a value that deepens is stopped at the limit of its depth")
    func deepening() throws {
        let given = try Given("- a: {set: {x: '${ . }'}, then: a}")
        let advance = given.start()
        #expect(advance.status == .faulted)
        #expect(advance.error?.detail?.contains("nested") == true)
    }

    @Test("a journal that swells is stopped")
    func journal() throws {
        let given = try Given("- a: {set: {x: '${ .x }', n: '${ (.n // 0) + 1 }'}, then: a}")
        let engine = given.engine(limits: EngineLimits(journalBytesPerInput: 1 << 20))
        let advance = engine.start(input: ["x": .string(String(repeating: "x", count: 10_000))], at: Given.start)
        #expect(advance.status == .faulted)
        #expect(advance.journal.count < 200)
    }

    @Test("an answer that is too large is an error of the task")
    func largeAnswer() throws {
        let given = try Given(
            """
            - a:
                try: [{b: {call: http, with: {method: get, endpoint: "http://erp/"}}}]
                catch: {do: [{c: {set: {caught: "${ $error.status }"}}}]}
            """)
        let engine = given.engine(limits: EngineLimits(valueBytes: 1_000))
        let started = engine.start(input: [:], at: Given.start)
        let large = JSONValue.string(String(repeating: "x", count: 2_000))
        let advance = engine.advance(started.state, [.answered("/do/0/a/try/0/b#1", large)])
        #expect(advance.output == ["caught": 500])
    }

    @Test("a loop of many iterations does not deepen the stack")
    func manyIterations() throws {
        let given = try Given(
            """
            - a:
                for: {each: n, in: "[range(20000)]"}
                do:
                  - b: {if: "$n % 2 == 0", set: {sum: "${ (.sum // 0) + $n }"}}
            """)
        let run = given.run()
        #expect(run.output == ["sum": 99_990_000])
    }
}
