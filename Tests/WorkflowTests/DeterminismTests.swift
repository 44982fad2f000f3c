import JSON
import Primitives
import Testing
import Workflow

/// Runs that use everything whose order or identity could differ.
struct Replayed: Sendable, CustomTestStringConvertible {
    var name: String
    var tasks: String
    var input: JSONValue = [:]
    var answers = SimulatedAnswers()

    var testDescription: String { name }
}

@Suite("Determinism")
struct DeterminismTests {
    static let flaky = SimulatedAnswers(
        calls: [
            .init(
                function: "http",
                answers: [
                    SimulatedAnswer(.failure(TryTests.unavailable), afterSeconds: 1),
                    SimulatedAnswer(.success(["id": 1, "payload": ["a": [1, 2, 3]]]), afterSeconds: 2),
                ])
        ],
        decisions: [.init(answers: [SimulatedAnswer(.success(["outcome": "approve"]), by: ["name": "Eve"])])],
        events: (0..<4).map { number in
            .init(
                afterSeconds: Double(number * 7),
                event: ["type": "t", "id": .string("\(number)"), "source": "s", "data": JSONValue(number)])
        })

    static let runs = [
        Replayed(
            name: "retries with jitter, a person, a loop",
            tasks: """
                - fetch:
                    try:
                      - get: {call: http, with: {method: get, endpoint: "http://erp/"}, timeout: {after: PT1H}}
                    catch: {retry: {delay: PT3S, backoff: {exponential: {}}, jitter: {from: PT0S, to: PT9S}, limit: {attempt: {count: 3}}}}
                    export: {as: "$context + { fetched: . }"}
                - approve:
                    call: human-task:1.0.0@default
                    with: {title: Approve, role: supervisor}
                - each:
                    for: {each: n, in: "$context.fetched.payload.a"}
                    do:
                      - pause: {wait: PT1S}
                      - add: {set: {sum: "${ (.sum // 0) + $n }", raw: "${ $workflow.input.k }"}}
                - tell: {emit: {event: {with: {type: done, data: "${ . }"}}}}
                """, input: ["k": "value"], answers: flaky),
        Replayed(
            name: "branches that share data and a listener",
            tasks: """
                - both:
                    fork:
                      branches:
                        - events: {listen: {to: {any: [{with: {type: t}}], until: "length == 3"}}}
                        - calls:
                            do:
                              - first: {wait: PT4S}
                              - second: {wait: PT5S, timeout: {after: PT9S}}
                    timeout: {after: PT1H}
                - end: {set: {result: "${ . }"}}
                """, input: ["shared": [1, 2, 3]], answers: flaky),
        Replayed(
            name: "an error that nothing catches",
            tasks: """
                - a: {wait: PT1S}
                - b: {do: [{c: {set: {x: "${ error(\\"no\\") }"}}}]}
                """),
    ]

    @Test("one advance with all inputs, and one a piece through stored states, give the same bytes", arguments: runs)
    func replay(_ run: Replayed) throws {
        let given = try Given(run.tasks)
        let report = given.run(run.input, answers: run.answers)
        #expect(report.status.isFinal)
        #expect(report.inputs.count >= 1)
        let engine = given.engine()

        let started = engine.start(input: run.input, at: Given.start)
        let atOnce = engine.advance(started.state, report.inputs)
        let journalAtOnce = bytes(started.journal + atOnce.journal)

        var state = started.state
        var journal = started.journal
        var last = started
        for input in report.inputs {
            let text = state.json.serializedBytes()
            let restored = try RunState(json: JSONValue(parsing: text))
            #expect(restored.json.serializedBytes() == text)
            last = engine.advance(restored, [try EngineInput(json: input.json)])
            state = last.state
            journal += last.journal
        }
        #expect(bytes(journal) == journalAtOnce)
        #expect(bytes(journal) == bytes(report.journal))
        #expect(last.output?.serialized() == atOnce.output?.serialized())
        #expect(last.error == atOnce.error)
        #expect(last.state.json.serialized() == atOnce.state.json.serialized())
        #expect(journal.map(\.ordinal) == Array(1...journal.count))
    }

    private func bytes(_ journal: [JournalEntry]) -> [String] { journal.map { $0.json.serialized() } }

    @Test("nothing ends before it began, whatever the clocks say")
    func clockSetBack() {
        let began = Timestamp(unixSeconds: 3_600)
        let entry = JournalEntry(ordinal: 1, kind: .runCompleted, startedAt: began, endedAt: began.adding(seconds: -1))
        #expect(entry.endedAt == began)
    }

    @Test("journal entries, waits and errors survive being stored")
    func codecs() throws {
        for run in Self.runs {
            let report = try Given(run.tasks).run(run.input, answers: run.answers)
            for entry in report.journal { #expect(try JournalEntry(json: entry.json) == entry) }
        }
        let call = Wait.Kind.call(CallRequest(function: "f", arguments: [1], timeoutSeconds: 1.5))
        let child = Wait.Kind.childRun(
            ChildRunRequest(namespace: "a", name: "b", version: "latest", input: 1, awaitsCompletion: false))
        let event = Wait.Kind.event(
            EventFilter(attributes: ["type": "t"], condition: ".x == $y", variables: ["y": 1], takesMany: true))
        for kind in [call, child, event, .timer(dueAt: Given.start), .humanTask(HumanTaskRequest(arguments: [:]))] {
            let wait = Wait(id: "w", taskReference: "/do/0/a", attempt: 2, openedAt: Given.start, kind: kind)
            #expect(try Wait(json: wait.json) == wait)
        }
    }
}
