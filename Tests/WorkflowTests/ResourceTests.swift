import JSON
import Testing
import Workflow

@Suite("Documents elsewhere")
struct ResourceTests {
    private let tasks = """
          - check:
              input: {schema: {resource: {endpoint: schemas/order.json}}}
              call: log:1.0.0@company
              with: {message: hello}
          - script:
              run: {script: {language: python, source: {endpoint: scripts/a.py}}}
        """
    private let extra = """
        use:
          catalogs:
            company: {endpoint: {uri: "https://catalog.example/root/", authentication: {basic: {username: u, password: p}}}}
        """

    @Test("what is not at hand is an error at its place, and asked for with its authentication")
    func missing() throws {
        let decoded = try decode(document(tasks, extra: extra))
        #expect(decoded.codes() == [.resourceMissing, .resourceMissing, .resourceMissing])
        #expect(decoded.errors.allSatisfy { $0.line != nil })
        let function = decoded.resources.first { $0.kind == .function(name: "log:1.0.0@company") }
        #expect(function?.uri == "https://catalog.example/root/functions/log/1.0.0/function.yaml")
        #expect(function?.authentication?["basic"]?["username"] == "u")
        #expect(decoded.resources.allSatisfy { !$0.isFound })
    }

    @Test("a bundled document stands for itself and runs the same")
    func bundled() throws {
        let resources: [String: JSONValue] = [
            "schemas/order.json": ["type": "object", "required": ["id"]],
            "https://catalog.example/root/functions/log/1.0.0/function.yaml": [
                "input": ["schema": ["document": ["required": ["message"]]]], "set": ["logged": "${ .message }"],
            ],
            "scripts/a.py": "print(1)",
        ]
        let functions = FunctionTable(functions: [], resources: resources)
        let decoded = try decode(document(tasks, extra: extra), functions: functions)
        let definition = try #require(decoded.definition, "\(decoded.diagnostics)")
        let bundled = decoded.bundled(definition.document, resources)
        let alone = DefinitionDecoder.decode(bundled)
        #expect(alone.definition != nil, "\(alone.diagnostics)")
        #expect(alone.resources.isEmpty)
        #expect(bundled["do"]?[1]?["script"]?["run"]?["script"]?["code"] == "print(1)")

        let facts = RunFacts(runID: Given.runID)
        let answers = SimulatedAnswers(calls: [
            .init(function: "run:script", answers: [SimulatedAnswer(.success("1"))])
        ])
        for definition in [definition, try #require(alone.definition)] {
            let run = Simulation.run(
                definition, input: ["id": 7], facts: facts, answers: answers, startingAt: Given.start)
            #expect(run.output == "1")
            #expect(run.calls.first?.arguments["script"]?["code"] == "print(1)")
            let refused = Simulation.run(definition, input: [:], facts: facts, startingAt: Given.start)
            #expect(refused.error?.type == StandardErrorType.validation.uri)
        }
    }

    @Test("a script on the network that is not at hand is left to whoever runs it")
    func remoteScript() throws {
        let tasks = "  - a: {run: {script: {language: js, source: {endpoint: \"https://files.example/a.js\"}}}}"
        let decoded = try decode(document(tasks))
        #expect(decoded.definition != nil, "\(decoded.diagnostics)")
        #expect(decoded.resources.map(\.uri) == ["https://files.example/a.js"])
    }

    @Test("a resource that is no schema, no task, or no text is told where it is used")
    func wrongKind() throws {
        let functions = FunctionTable(
            functions: [],
            resources: [
                "schemas/order.json": ["type": "thing"], "scripts/a.py": [1],
                "https://catalog.example/root/functions/log/1.0.0/function.yaml": ["nothing": true],
            ])
        let decoded = try decode(document(tasks, extra: extra), functions: functions)
        #expect(Set(decoded.codes()) == [.invalidSchema, .noTaskKind, .resourceMissing])
    }
}

@Suite("Workflows that start each other")
struct ChildWorkflowCycleTests {
    private func workflow(_ name: String, starts children: [String]) -> ChildWorkflowCycles.Workflow {
        .init(
            namespace: "n", name: name,
            children: children.map { WorkflowReference(namespace: "n", name: $0, version: "latest") })
    }

    @Test("a workflow that starts itself is refused where it does")
    func itself() throws {
        let decoded = try decode(
            document("  - again: {run: {workflow: {namespace: tests, name: under-test, version: latest}}}"))
        #expect(decoded.codes() == [.workflowCycle])
        #expect(decoded.errors.first?.path.description == "/do/0/again/run/workflow/name")
    }

    @Test("each circle is named once, with the way round; trees and unknown workflows are none")
    func circles() {
        let tree = [workflow("a", starts: ["b", "c"]), workflow("b", starts: ["c"]), workflow("c", starts: ["gone"])]
        #expect(ChildWorkflowCycles.find(in: tree).isEmpty)
        let circle = [
            workflow("start", starts: ["a"]), workflow("a", starts: ["x", "b"]), workflow("b", starts: ["c"]),
            workflow("c", starts: ["a"]), workflow("self", starts: ["self"]),
        ]
        #expect(ChildWorkflowCycles.find(in: circle) == [["n/a", "n/b", "n/c"], ["n/self"]])
    }

    @Test("many workflows with many children end in good time")
    func wide() {
        let names = (0..<400).map { "w\($0)" }
        let all = names.enumerated().map { workflow($0.element, starts: Array(names[($0.offset + 1)...])) }
        #expect(ChildWorkflowCycles.find(in: all).isEmpty)
    }
}
