import JSON
import Primitives
import Testing
import Workflow

@Suite("The specification's scenarios", .enabled(if: PublicMaterial.runsScenarios))
struct PublicScenariosTests {
    @Test("each scenario of the conformance kit ends as it says")
    func scenarios() throws {
        var passed = 0
        var all = 0
        for file in try PublicMaterial.files(in: "ctk", ending: ".feature") {
            for scenario in try Scenario.read(file.text, feature: file.name) {
                all += 1
                let failures = try play(scenario)
                #expect(failures.isEmpty, "\(scenario.feature): \(scenario.name): \(failures)")
                passed += failures.isEmpty ? 1 : 0
            }
        }
        print("specification scenarios: \(passed) of \(all) passed, 0 listed exceptions")
        #expect(all >= 20)
    }

    private func play(_ scenario: Scenario) throws -> [String] {
        var functions = FunctionTable.builtIn
        functions.drivers.insert(.openapi)
        let decoded = try decode(scenario.definition, functions: functions)
        guard let definition = decoded.definition else { return decoded.errors.map(\.description) }
        let run = Simulation.run(
            definition, input: scenario.input, facts: RunFacts(runID: Given.runID), answers: Self.services,
            startingAt: Given.start)
        return scenario.steps.compactMap { failure(of: $0, run) }
    }

    /// What is not as the step says; `nil` when it is.
    private func failure(of step: Scenario.Step, _ run: SimulationReport) -> String? {
        let names = step.text.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        let holds: Bool
        switch step.text {
        case "the workflow should complete": holds = run.status == .completed
        case "the workflow should fault": holds = run.status == .faulted
        case "the workflow should complete with output:": holds = run.output == step.block
        case "the workflow should fault with error:": holds = run.error?.json == step.block
        case _ where step.text.contains("should have properties"):
            holds = names.allSatisfy { run.output?.property($0) != nil }
        case _ where step.text.contains("property with value:"):
            holds = run.output?.property(names[0]) == step.block
        case _ where step.text.contains("property containing"):
            let count = step.text.split(separator: " ").compactMap { Int($0) }.first
            holds = run.output?.property(names[0])?.arrayValue?.count == count
        default: return orderFailure(step.text, run)
        }
        return holds
            ? nil
            : "\(step.text) — \(run.status) \(run.output?.serialized() ?? "") \(run.error?.json.serialized() ?? "")"
    }

    private func orderFailure(_ text: String, _ run: SimulationReport) -> String? {
        let order = run.completedTasks.compactMap { $0.split(separator: "/").last.map(String.init) }
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 4, words[1] == "should", words[2] == "run" else { return "unknown step: \(text)" }
        let holds: Bool
        switch words[3] {
        case "first": holds = order.first == words[0]
        case "last": holds = order.last == words[0]
        case "after":
            guard let before = order.firstIndex(of: words[4]), let after = order.firstIndex(of: words[0]) else {
                return text
            }
            holds = after == before + 1
        default: return "unknown step: \(text)"
        }
        return holds ? nil : "\(text): \(order)"
    }

    // MARK: - The two public services that the scenarios name

    static let pet: JSONValue = ["id": 1, "name": "milou", "status": "available"]
    static let petstore = "https://petstore.swagger.io/v2/pet"

    static let services = SimulatedAnswers(calls: [
        http("\(petstore)/findByStatus?status=available", output: nil, .success([pet])),
        http("\(petstore)/1", output: "response", .success(response("get", "\(petstore)/1", pet))),
        http("\(petstore)/1", output: nil, .success(pet)),
        http("\(petstore)/2", output: nil, .success(["id": 2, "name": "idefix", "status": "sold"])),
        http(
            "\(petstore)/getPetByName/Milou", output: nil,
            .failure(WorkflowError(.communication, status: 404, detail: "Not Found"))),
        http("https://httpbin.org/basic-auth/serverless-workflow/conformance-test", output: nil, .success([:])),
        .init(
            function: "openapi", arguments: ["operationId": "findPetsByStatus", "parameters": ["status": "available"]],
            answers: [SimulatedAnswer(.success([pet]))]),
        .init(
            function: "openapi",
            arguments: ["operationId": "getPetById", "parameters": ["petId": 1], "output": "response"],
            answers: [SimulatedAnswer(.success(response("get", "\(petstore)/1", pet)))]),
    ])

    static func http(_ uri: String, output: String?, _ result: Result<JSONValue, WorkflowError>)
        -> SimulatedAnswers.CallStub
    {
        var arguments: JSONValue = ["method": "get", "endpoint": ["uri": .string(uri)]]
        arguments.set("output", output.map { .string($0) })
        return .init(function: "http", arguments: arguments, answers: [SimulatedAnswer(result)])
    }

    static func response(_ method: String, _ uri: String, _ content: JSONValue) -> JSONValue {
        [
            "request": ["method": .string(method), "uri": .string(uri), "headers": [:]], "headers": [:],
            "statusCode": 200, "content": content,
        ]
    }
}

extension JSONValue {
    /// The value at `a.b.c`.
    fileprivate func property(_ path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(self)) { $0?[String($1)] }
    }
}
