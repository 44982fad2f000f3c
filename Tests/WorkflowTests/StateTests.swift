import JSON
import Primitives
import Testing
import Workflow

@Suite("The state of a run")
struct StateTests {
    func waiting() throws -> RunState {
        let given = try Given(
            """
            - a: {do: [{b: {do: [{c: {wait: PT1H}}]}}]}
            """)
        return given.start(["payload": .string(String(repeating: "x", count: 10_000))]).state
    }

    @Test("stored JSON that is not a state is refused, saying what is wrong")
    func malformed() throws {
        let good = try waiting().json
        #expect(throws: MalformedJSON.self) { try RunState(json: 5) }
        for key in ["version", "status", "frames", "waits", "counters", "values", "context", "startedAt"] {
            var bad = good
            bad.set(key, nil)
            #expect(throws: MalformedJSON.self) { try RunState(json: bad) }
        }
        var later = good
        later.set("version", 2)
        #expect(throws: MalformedJSON("state", "version")) { try RunState(json: later) }
        var orphaned = good
        orphaned.set("frames", .array(Array(good["frames"]?.arrayValue?.dropFirst() ?? [])))
        #expect(throws: MalformedJSON("frame", "parent")) { try RunState(json: orphaned) }
        var dangling = good
        dangling.set("values", [])
        #expect(throws: MalformedJSON.self) { try RunState(json: dangling) }
    }

    @Test("a state of another definition faults the run instead of going astray")
    func otherDefinition() throws {
        let state = try RunState(json: waiting().json)
        let advance = try Given("- other: {wait: PT1H}").engine().advance(state, [.answered("/do/0/a#1")])
        #expect(advance.status == .faulted)
        #expect(advance.error?.type == StandardErrorType.configuration.uri)
    }

    @Test("a value that is passed on and on is kept once")
    func small() throws {
        let text = try waiting().json.serialized()
        #expect(text.utf8.count < 11_500)
        #expect(try waiting().json["frames"]?.arrayValue?.count == 4)
    }

    @Test("the run's raw input is kept only when an expression can ask for it")
    func rawInput() throws {
        let without = try Given("- a: {wait: PT1H}", extra: "input: {from: '{}'}").start(["secret": 1]).state.json
        #expect(without["input"] == nil)
        #expect(!without.serialized().contains("secret"))
        let with = try Given("- a: {wait: PT1H}\n- b: {set: {x: '${ $workflow.input.n }'}}").start(["n": 1]).state.json
        #expect(with["input"] != nil)
    }

    @Test("the state of a run at its end holds nothing open")
    func final() throws {
        let state = try Given("- a: {set: {x: 1}}").start().state
        #expect(state.waits.isEmpty)
        #expect(state.json["frames"] == [])
        #expect(state.status == .completed)
    }
}
