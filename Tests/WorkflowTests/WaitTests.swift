import JSON
import Primitives
import Testing
import Workflow

@Suite("Waiting for the world")
struct WaitTests {
    @Test("answers to waits that are not open, or not any more, change nothing")
    func strayAnswers() throws {
        let given = try Given("- a: {wait: PT10S}\n- b: {wait: PT10S}")
        let engine = given.engine()
        let started = engine.start(input: [:], at: Given.start)
        let stray = engine.advance(started.state, [.answered("/do/7/x#1"), .failed("nothing", TryTests.unavailable)])
        #expect(stray.state == started.state)
        #expect(stray.journal.isEmpty)
        let fired = engine.advance(started.state, [.answered("/do/0/a#1", after: 10)])
        #expect(fired.state.waits.map(\.id) == ["/do/1/b#1"])
        let again = engine.advance(fired.state, [.answered("/do/0/a#1", after: 11)])
        #expect(again.state == fired.state)
    }

    @Test("a run at its end takes nothing more")
    func afterTheEnd() throws {
        let given = try Given("- a: {set: {x: 1}}")
        let ended = given.start()
        #expect(ended.status == .completed)
        let more = given.engine().advance(ended.state, [EngineInput(at: Given.start, kind: .cancel(reason: "late"))])
        #expect(more.status == .completed)
        #expect(more.journal.isEmpty)
    }

    @Test("wait opens a timer and passes its input on when it fires")
    func timer() throws {
        let given = try Given("- a: {wait: {minutes: 1, seconds: 30}}")
        let engine = given.engine()
        let started = engine.start(input: ["n": 1], at: Given.start)
        #expect(started.status == .waiting)
        #expect(started.opened.map(\.kind) == [.timer(dueAt: Given.after(90))])
        let fired = engine.advance(started.state, [.answered("/do/0/a#1", after: 90)])
        #expect(fired.output == ["n": 1])
        #expect(fired.closed.isEmpty)
        let entry = fired.journal.first { $0.kind == .taskCompleted }
        #expect(entry?.startedAt == Given.start && entry?.endedAt == Given.after(90))
    }

    @Test("a duration may come from an expression; one that gives no duration is an error")
    func durationExpression() throws {
        let given = try Given("- a: {wait: '${ .pause }'}")
        #expect(given.start(["pause": "PT5S"]).opened.map(\.kind) == [.timer(dueAt: Given.after(5))])
        #expect(given.start(["pause": "soon"]).error?.type == StandardErrorType.expression.uri)
        #expect(given.start(["pause": "PT0S"]).status == .completed)
    }

    @Test("a call carries its evaluated arguments, its attempt and its timeout, and its answer is the output")
    func call() throws {
        let given = try Given(
            """
            - a:
                call: http
                with:
                  method: post
                  endpoint: {uri: "http://erp/{plant}/orders?q={q}", authentication: {use: erp}}
                  headers: {X-Trace: "${ $workflow.id }"}
                  body: {n: "${ .n + 1 }", literal: .n}
                timeout: {after: PT7S}
                output: {as: .id}
            """, extra: "use: {authentications: {erp: {bearer: {token: '${ .token }'}}}}")
        let engine = given.engine()
        let started = engine.start(
            input: ["plant": "a/b", "n": 1, "token": "t"], at: Given.start)
        #expect(started.status == .running)
        guard case .call(let call) = started.opened.first?.kind else {
            Issue.record("no call was opened")
            return
        }
        #expect(call.function == "http")
        #expect(call.timeoutSeconds == 7)
        #expect(call.arguments["endpoint"]?["uri"] == "http://erp/a%2Fb/orders?q=")
        #expect(call.arguments["endpoint"]?["authentication"] == ["bearer": ["token": "t"]])
        #expect(call.arguments["body"] == ["n": 2, "literal": ".n"])
        #expect(started.opened.map(\.id) == ["/do/0/a#1", "/do/0/a#1/timeout"])
        let answered = engine.advance(started.state, [.answered("/do/0/a#1", ["id": 5], after: 1)])
        #expect(answered.output == 5)
        #expect(answered.closed == ["/do/0/a#1/timeout"])
    }

    @Test("a human task is asked for with its arguments, and the journal says who decided")
    func humanTask() throws {
        let given = try Given(
            """
            - approve:
                call: human-task:1.0.0@default
                with: {title: "${ .what }", role: supervisor}
            """)
        let engine = given.engine()
        let started = engine.start(input: ["what": "Approve"], at: Given.start)
        #expect(started.status == .waiting)
        #expect(
            started.opened.map(\.kind)
                == [.humanTask(HumanTaskRequest(arguments: ["title": "Approve", "role": "supervisor"]))])
        let by: JSONValue = ["name": "Eve"]
        let decided = engine.advance(
            started.state,
            [
                EngineInput(
                    at: Given.after(60),
                    kind: .succeeded(waitID: "/do/0/approve#1", result: ["outcome": "approve"], by: by))
            ])
        #expect(decided.output == ["outcome": "approve"])
        let entry = decided.journal.first { $0.kind == .taskCompleted }
        #expect(entry?.detail == ["by": by])
        #expect(entry?.taskType == "human-task")
    }

    @Test("a task that takes longer than its timeout faults, catchably, and its wait is closed")
    func timeout() throws {
        let given = try Given(
            """
            - a:
                try:
                  - slow:
                      call: http
                      with: {method: get, endpoint: "http://erp/"}
                      timeout: {after: PT5S}
                catch:
                  errors: {with: {type: "https://serverlessworkflow.io/spec/1.0.0/errors/timeout", status: 408}}
                  do:
                    - late: {set: {late: "${ $error.instance }"}}
            """)
        let engine = given.engine()
        let started = engine.start(input: [:], at: Given.start)
        let fired = engine.advance(started.state, [.answered("/do/0/a/try/0/slow#1/timeout", after: 5)])
        #expect(fired.output == ["late": "/do/0/a/try/0/slow"])
        #expect(fired.closed == ["/do/0/a/try/0/slow#1"])
    }

    @Test("the timeout of a container and of the workflow end everything inside")
    func outerTimeouts() throws {
        let container = try Given(
            "- a: {do: [{b: {wait: PT1H}}], timeout: {after: PT1M}}"
        ).run()
        #expect(container.error?.type == StandardErrorType.timeout.uri)
        #expect(container.error?.instance == "/do/0/a")
        let whole = try Given("- a: {wait: PT1H}", extra: "timeout: {after: {minutes: 2}}").run()
        #expect(whole.error?.status == 408)
        #expect(whole.endedAt == Given.after(120))
        let named = try Given(
            "- a: {wait: PT1H, timeout: short}", extra: "use: {timeouts: {short: {after: PT1S}}}"
        ).run()
        #expect(named.endedAt == Given.after(1))
    }

    @Test("a task that ends at once opens no timer for its timeout")
    func noNeedlessTimer() throws {
        let run = try Given("- a: {set: {x: 1}, timeout: {after: PT1S}}").run()
        #expect(run.journal.map(\.kind) == [.runStarted, .taskCompleted, .runCompleted])
    }

    @Test("run: workflow asks for another run; without await its input goes on")
    func childRun() throws {
        let tasks = """
            - a:
                run:
                  await: AWAIT
                  workflow: {namespace: tests, name: child, version: '1.0.0', input: {n: "${ .n }"}}
            """
        let child: @Sendable (ChildRunRequest, Timestamp) -> SimulatedAnswer? = { request, _ in
            request.awaitsCompletion
                ? SimulatedAnswer(
                    .success(["doubled": JSONValue((request.input["n"]?.intValue ?? 0) * 2)]), afterSeconds: 5)
                : SimulatedAnswer(.success(["runId": "r"]))
        }
        let answers = SimulatedAnswers(childRun: child)
        let awaited = try Given(tasks.replacing("AWAIT", with: "true")).run(["n": 4], answers: answers)
        #expect(awaited.output == ["doubled": 8])
        let started = try Given(tasks.replacing("AWAIT", with: "false")).run(["n": 4], answers: answers)
        #expect(started.output == ["n": 4])
        #expect(try Given(tasks.replacing("AWAIT", with: "true")).definition.childWorkflows.map(\.name) == ["child"])
    }

    @Test("cancelling closes every wait and says why")
    func cancel() throws {
        let given = try Given("- a: {wait: PT1H, timeout: {after: PT2H}}")
        let engine = given.engine()
        let started = engine.start(input: [:], at: Given.start)
        let cancelled = engine.advance(
            started.state, [EngineInput(at: Given.after(1), kind: .cancel(reason: "no longer needed"))])
        #expect(cancelled.status == .cancelled)
        #expect(cancelled.closed == ["/do/0/a#1", "/do/0/a#1/timeout"])
        #expect(cancelled.journal.map(\.kind) == [.runCancelled])
        #expect(cancelled.journal[0].detail == ["reason": "no longer needed"])
    }

    @Test("a wait has another name each time its task is entered")
    func waitNames() throws {
        let given = try Given(
            """
            - a:
                for: {in: "[1, 2, 3]"}
                do:
                  - get: {call: http, with: {method: get, endpoint: "http://erp/{n}"}}
            """)
        let answers = SimulatedAnswers(calls: [.init(function: "http", answers: [SimulatedAnswer(.success([:]))])])
        let run = given.run(answers: answers)
        let names = run.journal.filter { $0.kind == .waitOpened }.compactMap { $0.detail?["wait"]?.stringValue }
        #expect(names == (1...3).map { "/do/0/a/do/0/get#\($0)" })
    }
}
