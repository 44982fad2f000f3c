import JSON
import Primitives
import Testing
import Workflow

@Suite("Errors caught, retried and passed on")
struct TryTests {
    static let unavailable = WorkflowError(.communication, status: 503, detail: "down")

    func flaky(_ clause: String) throws -> Given {
        try Given(
            """
            - fetch:
                try:
                  - get: {call: http, with: {method: get, endpoint: "http://erp/"}}
                catch:
            \(clause.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n"))
            - after: {set: {done: "${ . }"}}
            """)
    }

    func failing(_ times: Int, then result: JSONValue = "ok") -> SimulatedAnswers {
        SimulatedAnswers(calls: [
            .init(
                function: "http",
                answers: Array(repeating: SimulatedAnswer(.failure(Self.unavailable)), count: times)
                    + [SimulatedAnswer(.success(result))])
        ])
    }

    @Test("an error that the filter does not match passes on, with the place of the task that failed")
    func unmatched() throws {
        let given = try flaky("errors: {with: {status: 404}}\ndo:\n  - handle: {set: {x: 1}}")
        let run = given.run(answers: failing(1))
        #expect(run.status == .faulted)
        #expect(run.error?.status == 503)
        #expect(run.error?.instance == "/do/0/fetch/try/0/get")
        #expect(run.journal.filter { $0.kind == .taskFaulted }.map(\.taskType) == ["call", "try"])
    }

    @Test(
        "the type matches in both families of URIs",
        arguments: [
            "https://serverlessworkflow.io/spec/1.0.0/errors/communication",
            "https://serverlessworkflow.io/dsl/errors/types/communication",
            "https://open-workflow-specification.org/spec/1.0.0/errors/communication",
            "https://open-workflow-specification.org/dsl/errors/types/communication",
        ])
    func families(_ type: String) throws {
        let given = try flaky(
            "errors: {with: {type: '\(type)', status: 503}}\nas: err\ndo:\n  - handle: {set: {e: '${ $err }'}}")
        let run = given.run(answers: failing(1))
        #expect(run.output?["done"]?["e"]?["status"] == 503)
        #expect(run.output?["done"]?["e"]?["instance"] == "/do/0/fetch/try/0/get")
    }

    @Test("types of one family that differ do not match")
    func otherType() throws {
        let given = try flaky("errors: {with: {type: 'https://serverlessworkflow.io/spec/1.0.0/errors/timeout'}}")
        #expect(given.run(answers: failing(1)).status == .faulted)
    }

    @Test("when and exceptWhen decide with the error at hand")
    func conditions() throws {
        #expect(
            try flaky("when: $error.status == 503").run(["in": 1], answers: failing(1)).output == ["done": ["in": 1]])
        #expect(try flaky("when: $error.status == 500").run(answers: failing(1)).status == .faulted)
        #expect(try flaky("exceptWhen: $error.status == 503").run(answers: failing(1)).status == .faulted)
    }

    @Test("catch.then leads away on the error path only")
    func catchThen() throws {
        let given = try Given(
            """
            - a:
                try:
                  - get: {call: http, with: {method: get, endpoint: "http://erp/"}}
                catch: {then: record}
            - go: {set: {status: ok}, then: end}
            - record: {set: {status: failed}}
            """)
        #expect(given.run(answers: failing(1)).output == ["status": "failed"])
        #expect(given.run(answers: failing(0)).output == ["status": "ok"])
    }

    @Test(
        "the pauses follow the backoff",
        arguments: [
            ("backoff: {constant: {}}", [3.0, 3, 3]), ("backoff: {linear: {}}", [3.0, 6, 9]),
            ("backoff: {exponential: {}}", [3.0, 6, 12]),
        ])
    func backoff(_ backoff: String, _ pauses: [Double]) throws {
        let given = try flaky(
            "retry:\n  delay: {seconds: 3}\n  \(backoff)\n  limit: {attempt: {count: 5}}")
        let run = given.run(answers: failing(3))
        #expect(run.status == .completed)
        let retried = run.journal.filter { $0.kind == .taskRetried }
        #expect(retried.compactMap { $0.detail?["afterSeconds"]?.doubleValue } == pauses)
        #expect(run.calls.map(\.attempt) == [1, 2, 3, 4])
        #expect(run.endedAt == Given.after(pauses.reduce(0, +)))
    }

    @Test("when the retries are used up the handler runs, or the error passes on without one")
    func exhausted() throws {
        let policy = "retry:\n  delay: PT1S\n  limit: {attempt: {count: 2}}"
        let passed = try flaky(policy).run(answers: failing(9))
        #expect(passed.status == .faulted)
        #expect(passed.calls.count == 3)
        let handled = try flaky(policy + "\ndo:\n  - handle: {set: {given: up}}").run(answers: failing(9))
        #expect(handled.output == ["done": ["given": "up"]])
    }

    @Test("retry.when and the total duration end the retries")
    func retryLimits() throws {
        let byCondition = try flaky("retry: {delay: PT1S, when: $error.status == 500}").run(answers: failing(1))
        #expect(byCondition.status == .faulted)
        let byTime = try flaky("retry: {delay: PT10S, limit: {duration: PT25S}}").run(answers: failing(9))
        #expect(byTime.calls.count == 3)
        #expect(byTime.endedAt == Given.after(20))
    }

    @Test("jitter spreads the pauses within its range, the same in every run")
    func jitter() throws {
        let given = try flaky("retry: {delay: PT1S, jitter: {from: PT1S, to: PT3S}, limit: {attempt: {count: 8}}}")
        let pauses = given.run(answers: failing(8)).journal.filter { $0.kind == .taskRetried }
            .compactMap { $0.detail?["afterSeconds"]?.doubleValue }
        #expect(pauses.count == 8)
        #expect(pauses.allSatisfy { $0 >= 2 && $0 < 4 })
        #expect(Set(pauses).count == 8)
        let again = given.run(answers: failing(8)).journal.filter { $0.kind == .taskRetried }
        #expect(again.compactMap { $0.detail?["afterSeconds"]?.doubleValue } == pauses)
    }

    @Test("a reusable policy is used by its name")
    func reusablePolicy() throws {
        let given = try Given(
            """
            - fetch:
                try:
                  - get: {call: http, with: {method: get, endpoint: "http://erp/"}}
                catch: {retry: patient}
            """, extra: "use: {retries: {patient: {delay: {seconds: 1}, limit: {attempt: {count: 3}}}}}")
        #expect(given.run(answers: failing(3)).status == .completed)
    }

    @Test("a retried attempt that takes too long counts as failed")
    func attemptDuration() throws {
        let given = try flaky("retry: {limit: {attempt: {count: 2, duration: PT5S}}}")
        let answers = SimulatedAnswers(calls: [
            .init(
                function: "http",
                answers: [
                    SimulatedAnswer(.failure(Self.unavailable)),
                    SimulatedAnswer(.success("late"), afterSeconds: 60), SimulatedAnswer(.success("ok")),
                ])
        ])
        let run = given.run(answers: answers)
        #expect(run.output == ["done": "ok"])
        #expect(run.endedAt == Given.after(5))
    }

    @Test("an error in the handler is not caught by its own catch")
    func errorInHandler() throws {
        let given = try flaky("do:\n  - handle: {raise: {error: {type: 'https://example.com/x', status: 1}}}")
        let run = given.run(answers: failing(1))
        #expect(run.error?.instance == "/do/0/fetch/catch/do/0/handle")
    }

    @Test("an expression that fails is an error like any other")
    func expressionError() throws {
        let given = try Given(
            """
            - a:
                try:
                  - b: {set: {x: "${ .n + {} }"}}
                catch:
                  errors: {with: {type: 'https://serverlessworkflow.io/spec/1.0.0/errors/expression', status: 400}}
                  do:
                    - c: {set: {caught: "${ $error.instance }"}}
            """)
        #expect(given.run(["n": 1]).output == ["caught": "/do/0/a/try/0/b"])
    }

    @Test("an error caught far outside closes what was open inside")
    func closesInside() throws {
        let given = try Given(
            """
            - outer:
                try:
                  - both:
                      fork:
                        branches:
                          - slow: {call: http, with: {method: get, endpoint: "http://slow/"}}
                          - bad: {call: http, with: {method: get, endpoint: "http://bad/"}}
                catch:
                  do:
                    - handle: {set: {handled: true}}
            """)
        let engine = given.engine()
        let started = engine.start(input: [:], at: Given.start)
        #expect(started.opened.count == 2)
        let failed = engine.advance(
            started.state, [.failed("/do/0/outer/try/0/both/fork/branches/1/bad#1", Self.unavailable, after: 1)])
        #expect(failed.status == .completed)
        #expect(failed.closed == ["/do/0/outer/try/0/both/fork/branches/0/slow#1"])
        #expect(failed.output == ["handled": true])
    }
}
