import JSON
import Primitives
import Testing
import Workflow

@Suite("Extensions")
struct ExtensionTests {
    @Test("an extension of an unknown kind, with an unknown member or twice of one name is refused")
    func mistakes() throws {
        let decoded = try decode(
            document(
                "- a: {set: {x: 1}}",
                extra: """
                    use:
                      extensions:
                        - one: {extend: sets}
                        - one: {extend: set, around: []}
                        - three: {}
                    """))
        #expect(decoded.codes() == [.invalidValue, .duplicateName, .unknownProperty, .missingField])
    }

    static let logging = """
        use:
          extensions:
            - logging:
                extend: all
                when: $task.name != "quiet"
                before:
                  - say: {emit: {event: {with: {type: before, data: "${ $task.reference }"}}}}
                after:
                  - say: {emit: {event: {with: {type: after, data: "${ . }"}}}}
        """

    @Test("tasks run before and after the extended ones without touching their data")
    func around() throws {
        let given = try Given(
            """
            - a: {set: {x: 1}}
            - quiet: {set: {x: "${ .x + 1 }"}}
            - b: {do: [{c: {set: {x: "${ .x + 1 }"}, then: end}}]}
            - never: {set: {x: 9}}
            """, extra: Self.logging)
        let run = given.run()
        #expect(run.output == ["x": 3])
        let said = run.emitted.map { ($0["type"]?.stringValue ?? "") + " " + ($0["data"]?.serialized() ?? "") }
        #expect(
            said == [
                #"before "/do/0/a""#, #"after {"x":1}"#, #"before "/do/2/b""#, #"before "/do/2/b/do/0/c""#,
                #"after {"x":3}"#, #"after {"x":3}"#,
            ])
        #expect(run.journal.filter { $0.taskReference?.hasPrefix("/do/") == true }.count == 4)
    }

    @Test("exit in before puts its output in the task's place")
    func replaced() throws {
        let given = try Given(
            """
            - fetch: {call: http, with: {method: get, endpoint: {uri: "https://mocked.example/x"}}}
            - after: {set: {got: "${ .content }"}}
            """,
            extra: """
                use:
                  extensions:
                    - mock:
                        extend: call
                        when: ($task.with.endpoint.uri | startswith("https://mocked.example"))
                        before:
                          - answer: {set: {statusCode: 200, content: {foo: bar}}, then: exit}
                """)
        let run = given.run()
        #expect(run.output == ["got": ["foo": "bar"]])
        #expect(run.calls.isEmpty)
    }

    @Test("an error of the extended task passes on once; one of an extension is the task's error")
    func errors() throws {
        let task = try Given("- a: {raise: {error: {type: 'https://example.com/x', status: 1}}}", extra: Self.logging)
        let raised = task.run()
        #expect(raised.error?.instance == "/do/0/a")
        #expect(raised.journal.count { $0.kind == .taskFaulted } == 1)
        let inner = try Given(
            "- a: {try: [{b: {set: {x: 1}}}], catch: {do: [{c: {set: {caught: true}}}]}}",
            extra:
                "use: {extensions: [{bad: {extend: set, before: [{boom: {raise: {error: {type: 'https://example.com/x', status: 1}}}}]}}]}"
        )
        #expect(inner.run().error?.instance == "/use/extensions/0/bad/before/0/boom")
    }

    @Test("extended tasks that wait, and extensions that wait, go on from stored states")
    func waiting() throws {
        let given = try Given(
            """
            - a: {wait: PT5S, timeout: {after: PT1M}, then: c}
            - b: {set: {x: 2}}
            - c: {set: {done: true}}
            """,
            extra: """
                use:
                  extensions:
                    - slow:
                        extend: wait
                        before: [{pause: {wait: PT1S}}]
                        after: [{pause: {wait: PT2S}}]
                """)
        let report = given.run(["n": 1])
        #expect(report.output == ["done": true])
        #expect(report.endedAt == Given.after(8))
        let engine = given.engine()
        var state = engine.start(input: ["n": 1], at: Given.start).state
        for input in report.inputs {
            state = engine.advance(try RunState(json: JSONValue(parsing: state.json.serialized())), [input]).state
        }
        #expect(state.status == .completed)
    }
}
