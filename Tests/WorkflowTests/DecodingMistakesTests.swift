import JSON
import Testing
import Workflow

/// A document with one mistake, and what must be said about it.
struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var code: Diagnostic.Code
    var path: String
    var tasks: String
    var extra = ""

    var testDescription: String { name }
}

@Suite("Mistakes in definitions")
struct DecodingMistakesTests {
    static let mistakes: [Mistake] = [
        Mistake(
            name: "then names no task", code: .unknownTask, path: "/do/0/a/then",
            tasks: """
                - a:
                    set: {x: 1}
                    then: nowhere
                """),
        Mistake(
            name: "then names a task of another list", code: .unknownTask, path: "/do/0/a/do/0/inner/then",
            tasks: """
                - a:
                    do:
                      - inner:
                          set: {x: 1}
                          then: b
                - b:
                    set: {x: 1}
                """),
        Mistake(
            name: "two tasks of one name", code: .duplicateName, path: "/do/1/a",
            tasks: """
                - a:
                    set: {x: 1}
                - a:
                    set: {x: 2}
                """),
        Mistake(
            name: "two tasks in one item", code: .severalTasksInOneItem, path: "/do/0",
            tasks: """
                - a:
                    set: {x: 1}
                  b:
                    set: {x: 2}
                """),
        Mistake(
            name: "a task of two kinds", code: .severalTaskKinds, path: "/do/0/a",
            tasks: """
                - a:
                    set: {x: 1}
                    wait: PT1S
                """),
        Mistake(
            name: "a task of no kind", code: .noTaskKind, path: "/do/0/a",
            tasks: """
                - a:
                    if: .x
                """),
        Mistake(
            name: "a property that no task has", code: .unknownProperty, path: "/do/0/a/thn",
            tasks: """
                - a:
                    set: {x: 1}
                    thn: end
                """),
        Mistake(
            name: "a list where an object belongs", code: .wrongType, path: "/do/0/a",
            tasks: """
                - a: [1]
                """),
        Mistake(
            name: "set of a number", code: .wrongType, path: "/do/0/a/set",
            tasks: """
                - a:
                    set: 5
                """),
        Mistake(
            name: "set of nothing", code: .missingField, path: "/do/0/a/set",
            tasks: """
                - a:
                    set: {}
                """),
        Mistake(
            name: "set of plain text", code: .invalidExpression, path: "/do/0/a/set",
            tasks: """
                - a:
                    set: hello
                """),
        Mistake(
            name: "an expression that does not parse", code: .invalidExpression, path: "/do/0/a/set/x",
            tasks: """
                - a:
                    set: {x: "${ .a + }"}
                """),
        Mistake(
            name: "a variable that is not there", code: .unknownVariable, path: "/do/0/a/set/x",
            tasks: """
                - a:
                    set: {x: "${ $colour }"}
                """),
        Mistake(
            name: "$output before there is one", code: .unknownVariable, path: "/do/0/a/set/x",
            tasks: """
                - a:
                    set: {x: "${ $output }"}
                """),
        Mistake(
            name: "$input in input.from", code: .unknownVariable, path: "/do/0/a/input/from",
            tasks: """
                - a:
                    input: {from: "$input"}
                    set: {x: 1}
                """),
        Mistake(
            name: "a loop's variable outside the loop", code: .unknownVariable, path: "/do/1/b/set/x",
            tasks: """
                - a:
                    for: {each: part, in: .parts}
                    do:
                      - inner:
                          set: {x: "${ $part }"}
                - b:
                    set: {x: "${ $part }"}
                """),
        Mistake(
            name: "a secret in data", code: .secretNotAllowedHere, path: "/do/0/a/set/x",
            tasks: """
                - a:
                    set: {x: "${ $secrets.key }"}
                """, extra: "use: {secrets: [key]}"),
        Mistake(
            name: "a secret that is not declared", code: .unknownReference, path: "/do/0/a/input/from",
            tasks: """
                - a:
                    input: {from: $secrets.other}
                    set: {x: 1}
                """, extra: "use: {secrets: [key]}"),
        Mistake(
            name: "an unknown function", code: .unknownFunction, path: "/do/0/a/call",
            tasks: """
                - a:
                    call: work-orders.destroy:1.0.0@default
                """),
        Mistake(
            name: "an argument that the function does not have", code: .unknownArgument,
            path: "/do/0/a/with/loot",
            tasks: """
                - a:
                    call: lots.hold:1.0.0@default
                    with: {lot: L1, reason: because, loot: 1}
                """),
        Mistake(
            name: "a missing argument", code: .missingArgument, path: "/do/0/a/with",
            tasks: """
                - a:
                    call: lots.hold:1.0.0@default
                    with: {lot: L1}
                """),
        Mistake(
            name: "functions that call each other", code: .functionCycle, path: "/use/functions/one",
            tasks: """
                - a:
                    call: one
                """,
            extra: """
                use:
                  functions:
                    one: {call: two}
                    two: {call: one}
                """),
        Mistake(
            name: "a driver that the plant lacks", code: .driverMissing, path: "/do/0/a/call",
            tasks: """
                - a:
                    call: grpc
                    with:
                      proto: {endpoint: "file://greet.proto"}
                      service: {name: Greeter, host: localhost}
                      method: SayHello
                """),
        Mistake(
            name: "a container", code: .driverMissing, path: "/do/0/a/run/container",
            tasks: """
                - a:
                    run: {container: {image: hello-world}}
                """),
        Mistake(
            name: "call http without an endpoint", code: .missingField, path: "/do/0/a/with",
            tasks: """
                - a:
                    call: http
                    with: {method: get}
                """),
        Mistake(
            name: "an endpoint with a blank", code: .invalidEndpoint, path: "/do/0/a/with/endpoint",
            tasks: """
                - a:
                    call: http
                    with: {method: get, endpoint: "http://a b/"}
                """),
        Mistake(
            name: "a header that is a number", code: .wrongType, path: "/do/0/a/with/headers/x",
            tasks: """
                - a:
                    call: http
                    with: {method: get, endpoint: "http://a/", headers: {x: 5}}
                """),
        Mistake(
            name: "a retry policy that is not declared", code: .unknownReference, path: "/do/0/a/catch/retry",
            tasks: """
                - a:
                    try:
                      - inner: {set: {x: 1}}
                    catch: {retry: patient}
                """),
        Mistake(
            name: "two backoffs", code: .invalidValue, path: "/do/0/a/catch/retry/backoff",
            tasks: """
                - a:
                    try:
                      - inner: {set: {x: 1}}
                    catch: {retry: {backoff: {constant: {}, linear: {}}}}
                """),
        Mistake(
            name: "try without catch", code: .missingField, path: "/do/0/a",
            tasks: """
                - a:
                    try:
                      - inner: {set: {x: 1}}
                """),
        Mistake(
            name: "a duration in words", code: .invalidDuration, path: "/do/0/a/wait",
            tasks: """
                - a:
                    wait: ten minutes
                """),
        Mistake(
            name: "an empty duration", code: .invalidDuration, path: "/do/0/a/wait",
            tasks: """
                - a:
                    wait: {}
                """),
        Mistake(
            name: "a schema that is none", code: .invalidSchema, path: "/do/0/a/input/schema/document/type",
            tasks: """
                - a:
                    input: {schema: {document: {type: strange}}}
                    set: {x: 1}
                """),
        Mistake(
            name: "two default cases", code: .severalDefaultCases, path: "/do/0/a/switch",
            tasks: """
                - a:
                    switch:
                      - one: {then: end}
                      - two: {then: end}
                """),
        Mistake(
            name: "a branch that leads to another", code: .unknownTask, path: "/do/0/a/fork/branches/0/left/then",
            tasks: """
                - a:
                    fork:
                      branches:
                        - left: {set: {x: 1}, then: right}
                        - right: {set: {x: 1}}
                """),
        Mistake(
            name: "a variable named like an argument", code: .reservedName, path: "/do/0/a/for/each",
            tasks: """
                - a:
                    for: {each: input, in: .parts}
                    do:
                      - inner: {set: {x: 1}}
                """),
        Mistake(
            name: "until with one event", code: .invalidValue, path: "/do/0/a/listen/to/until",
            tasks: """
                - a:
                    listen: {to: {one: {with: {type: t}}, until: "true"}}
                """),
        Mistake(
            name: "another language", code: .notSupported, path: "/evaluate/language",
            tasks: """
                - a: {set: {x: 1}}
                """, extra: "evaluate: {language: javascript}"),
    ]

    @Test("each is refused with its code, its place, its line and what to do", arguments: mistakes)
    func refused(_ mistake: Mistake) throws {
        let decoded = try decode(document(mistake.tasks, extra: mistake.extra))
        #expect(decoded.definition == nil)
        let found = decoded.errors.filter { $0.code == mistake.code && $0.path.description == mistake.path }
        let told = decoded.diagnostics.map(\.description).joined(separator: "\n")
        try #require(found.count == 1, "found: \(told)")
        #expect(found[0].line ?? 0 > 1)
        #expect(found[0].message.hasSuffix(".") || found[0].message.hasSuffix("?"))
    }

    @Test("all mistakes are told at once, in the order of the text")
    func allAtOnce() throws {
        let decoded = try decode(
            document(
                """
                - a:
                    set: {x: "${ . + }"}
                - b:
                    wait: soon
                - c:
                    call: nothing
                    then: nowhere
                """))
        #expect(decoded.codes() == [.invalidExpression, .invalidDuration, .unknownFunction, .unknownTask])
        let lines = decoded.errors.compactMap(\.line)
        #expect(lines == lines.sorted())
    }

    @Test("a document that is no object is refused")
    func notAnObject() {
        #expect(DefinitionDecoder.decode([]).codes() == [.wrongType])
        #expect(
            DefinitionDecoder.decode([:]).codes().sorted { $0.rawValue < $1.rawValue } == [
                .missingField, .missingField,
            ])
    }

    @Test("a version, a namespace and a DSL version of the wrong form are refused")
    func header() {
        let decoded = DefinitionDecoder.decode([
            "document": ["dsl": "2.0.0", "namespace": "-a", "name": "a b", "version": "1.0"],
            "do": [["a": ["set": ["x": 1]]]],
        ])
        #expect(decoded.codes() == [.unsupportedVersion, .invalidValue, .invalidValue, .invalidValue])
    }

    @Test("a suggestion names the nearest word")
    func suggestions() throws {
        let decoded = try decode(
            document(
                """
                - first:
                    set: {x: 1}
                    then: secnd
                - second:
                    call: lots.holt:1.0.0@default
                    with: {lot: a, reason: b}
                """))
        #expect(decoded.errors.map(\.message).contains { $0.contains("Did you mean second?") })
        #expect(decoded.errors.map(\.message).contains { $0.contains("Did you mean lots.hold:1.0.0@default?") })
    }

    @Test("a task that nothing leads to, and an expression inside text, are warned of")
    func warnings() throws {
        let decoded = try decode(
            document(
                """
                - a:
                    set: {x: "Hello ${ .name }"}
                    then: end
                - b:
                    set: {x: 1}
                """))
        #expect(decoded.definition != nil)
        #expect(decoded.codes(.warning) == [.expressionInsideText, .unreachableTask])
    }

    @Test("tasks nested too deeply are refused, not followed")
    func nesting() {
        var task: JSONValue = ["set": ["x": 1]]
        for _ in 0..<200 { task = ["do": [["t": task]]] }
        let decoded = DefinitionDecoder.decode([
            "document": ["dsl": "1.0.3", "namespace": "a", "name": "b", "version": "1.0.0"], "do": [["t": task]],
        ])
        #expect(decoded.codes() == [.tooLarge])
    }
}
