import JSON
import Testing
import Workflow

@Suite("the arguments of a human task")
struct HumanTaskArgumentTests {
    private func mistakes(_ arguments: JSONValue, onlyLiterals: Bool = false) -> [String] {
        HumanTaskArguments.read(arguments, onlyLiterals: onlyLiterals) { $0 == "king" ? "is no role" : nil }
            .mistakes.map(\.path)
    }

    @Test("every mistake is named at its place")
    func everyMistake() {
        let arguments: JSONValue = [
            "title": "", "role": "king", "priority": 101, "dueInSeconds": 5, "due": "PT1H", "followUp": "soon",
            "onDue": "explode", "form": ["type": "strange"], "fourEyes": "yes", "announce": ["nothing"],
            "reminders": [["beforeDue": "x"], ["sometimes": "PT1H"], [:]],
            "escalation": [["role": "king"], ["after": "PT1H"], ["afterSeconds": 1, "after": "PT1H", "role": "a"]],
            "outcomes": [["name": "expired"], ["name": "a", "form": 1], ["name": "a"]],
            "quorum": ["off": 2, "among": 0, "outcome": 3], "signature": ["required": 1],
            "candidates": ["roles": "a", "principals": [1]],
        ]
        let found = mistakes(arguments)
        for path in [
            "/title", "/role", "/priority", "/due", "/followUp", "/onDue", "/fourEyes", "/announce/0", "/form/type",
            "/reminders/0/beforeDue", "/reminders/1/sometimes", "/reminders/2", "/escalation/0/afterSeconds",
            "/escalation/0/role", "/escalation/1/role", "/escalation/2/afterSeconds", "/outcomes/0/name",
            "/outcomes/2/name", "/quorum/off", "/quorum/of", "/quorum/among", "/quorum/outcome", "/signature/meaning",
            "/signature/required", "/candidates/roles", "/candidates/principals/0",
        ] { #expect(found.contains(path), "\(path) in \(found)") }
        #expect(mistakes(3).contains(""))
        #expect(mistakes(["title": "x"]) == ["/role"])
    }

    @Test("what names an outcome must name one that there is")
    func references() {
        let outcomes: JSONValue = [["name": "yes", "requiresSignature": true], ["name": "no"]]
        let base: JSONValue = ["title": "x", "role": "a", "outcomes": outcomes]
        func with(_ name: String, _ value: JSONValue) -> JSONValue {
            var arguments = base
            arguments.set("signature", ["meaning": "m"])
            arguments.set(name, value)
            return arguments
        }
        #expect(mistakes(base) == ["/signature"])
        #expect(mistakes(with("quorum", ["of": 2, "outcome": "maybe"])) == ["/quorum/outcome"])
        #expect(mistakes(with("veto", ["no"])) == ["/veto"], "a veto without a quorum means nothing")
        #expect(mistakes(with("quorum", ["of": 3, "among": 2])) == ["/quorum/among"])
        #expect(mistakes(with("quorum", ["of": 2, "outcome": ["yes", "no"]])).isEmpty)
    }

    @Test("before a run, what is computed is passed over and what is written out is checked")
    func literals() {
        let arguments: JSONValue = [
            "title": "${ .title }", "role": "${ .role }", "priority": "${ .priority }", "due": "${ .due }",
            "quorum": ["of": "${ .n }", "among": 200], "veto": ["${ .veto }"], "outcomes": "${ .outcomes }",
            "escalation": [["after": "${ .x }", "role": "${ .y }"]], "candidates": ["roles": "${ .roles }"],
        ]
        #expect(mistakes(arguments, onlyLiterals: true) == ["/quorum/among"])
        #expect(mistakes(arguments).contains("/priority"), "at run time it is what it is")
    }

    @Test("moments are durations or points in time; both forms of escalation are read")
    func reading() {
        let read = HumanTaskArguments.read(
            [
                "title": "x", "role": "a", "candidates": ["roles": ["b", "a"], "principals": ["Ada@Example.com"]],
                "due": "2026-01-31T08:00:00Z", "followUp": "P1D", "reminders": [["beforeDue": "PT1H"]],
                "escalation": [
                    ["afterSeconds": 60, "role": "b"], ["after": "PT2M", "candidates": ["principals": ["p"]]],
                ],
                "signature": ["meaning": "I agree"],
            ]
        ) { _ in nil }
        #expect(read.mistakes.isEmpty)
        #expect(read.arguments.candidates == .init(roles: ["a", "b"], people: ["ada@example.com"]))
        #expect(read.arguments.followUp == .afterOpening(seconds: 86_400))
        #expect(read.arguments.escalation.map(\.afterSeconds) == [60, 120])
        #expect(read.arguments.signature == .init(meanings: ["I agree"], isRequired: true))
    }
}
