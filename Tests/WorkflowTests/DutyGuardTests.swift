import JSON
import Testing
import Workflow

@Suite("which decisions stand before a task")
struct DutyGuardTests {
    private static func ask(_ further: JSONValue = ["fourEyes": true]) -> JSONValue {
        var arguments: JSONValue = ["title": "Release?", "role": "supervisor"]
        for (name, value) in further.objectValue ?? [:] { arguments.set(name, value) }
        return ["call": "human-task:1.0.0@default", "with": arguments]
    }
    private static let set: JSONValue = ["set": ["a": 1]]

    private func before(_ reference: String, _ tasks: JSONValue, children: Set<String> = []) throws -> [String] {
        let document: JSONValue = [
            "document": ["dsl": "1.0.3", "namespace": "tests", "name": "t", "version": "1.0.0"], "do": tasks,
        ]
        let decoded = DefinitionDecoder.decode(document)
        let definition = try #require(decoded.definition, "\(decoded.diagnostics)")
        return DutyGuards(definition, guardedWorkflows: children).before(reference).map(\.reference)
    }

    @Test("those that the run meets first count; those that come later, and the task itself, do not")
    func order() throws {
        let tasks: JSONValue = [
            ["a": Self.set], ["b": Self.ask()], ["c": Self.set], ["d": Self.ask()], ["e": Self.set],
        ]
        #expect(try before("/do/0/a", tasks) == [])
        #expect(try before("/do/1/b", tasks) == [])
        #expect(try before("/do/2/c", tasks) == ["/do/1/b"])
        #expect(try before("/do/3/d", tasks) == ["/do/1/b"])
        #expect(try before("/do/4/e", tasks) == ["/do/1/b", "/do/3/d"])
    }

    @Test("one inside a list, a branch, a loop, a handler counts; one that a jump goes back from to the task does not")
    func nesting() throws {
        let inside: [JSONValue] = [
            ["do": [["b": Self.ask()]]], ["fork": ["branches": [["b": Self.ask()], ["x": Self.set]]]],
            ["for": ["each": "x", "in": "${ [1] }"], "do": [["b": Self.ask()]]],
            ["try": [["x": Self.set]], "catch": ["do": [["b": Self.ask()]]]],
        ]
        for part in inside {
            #expect(try before("/do/1/last", [["part": part], ["last": Self.set]]).count == 1, "\(part)")
        }
        var back = Self.ask()
        back.set("then", "order")
        #expect(try before("/do/0/order", [["order": Self.set], ["b": back]]) == [])
        let jumped: JSONValue = [
            ["start": ["set": ["a": 1], "then": "b"]], ["order": Self.set], ["b": back],
        ]
        #expect(try before("/do/1/order", jumped) == ["/do/2/b"])
    }

    @Test("a task that is stepped over does not end the way, and what only a skipped task leads to counts")
    func conditions() throws {
        let stop: JSONValue = ["if": "${ .small }", "set": ["a": 1], "then": "end"]
        #expect(try before("/do/2/c", [["a": stop], ["b": Self.ask()], ["c": Self.set]]) == ["/do/1/b"])
        var maybe = Self.ask()
        maybe.set("if", "${ .large }")
        #expect(try before("/do/1/c", [["b": maybe], ["c": Self.set]]) == ["/do/0/b"])
    }

    @Test("a rule that says no is none")
    func unguarded() throws {
        for rule: JSONValue in [[:], ["fourEyes": false], ["separateFrom": []], ["excludeInitiator": .null]] {
            #expect(try before("/do/1/c", [["b": Self.ask(rule)], ["c": Self.set]]) == [], "\(rule)")
        }
    }

    @Test("a child workflow that asks people counts while it is waited for")
    func children() throws {
        func tasks(_ awaited: Bool) -> JSONValue {
            [
                [
                    "child": [
                        "run": [
                            "workflow": ["namespace": "tests", "name": "release", "version": "1.0.0"],
                            "await": .bool(awaited),
                        ]
                    ]
                ], ["c": Self.set],
            ]
        }
        #expect(try before("/do/1/c", tasks(true), children: ["tests/release"]) == ["/do/0/child"])
        #expect(try before("/do/1/c", tasks(true)) == [])
        #expect(try before("/do/1/c", tasks(false), children: ["tests/release"]) == [])
    }
}
