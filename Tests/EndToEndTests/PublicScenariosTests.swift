import Foundation
import JSON
import Testing

/// The specification's conformance kit, from its own files: each scenario is run as a user runs a definition, with
/// `millwright workflow run`, against a loopback stub of the two public services that the scenarios name.
@Suite("The specification's scenarios", .enabled(if: PublicScenarios.areRun))
struct PublicScenariosTests {
    @Test("each scenario of the conformance kit ends as it says")
    func scenarios() async throws {
        let scenarios = try PublicScenarios.read()
        try await ScenarioServices.whileServed { services in
            var passed = 0
            for scenario in scenarios {
                let failures = try await ScenarioRun(scenario, services).failures()
                #expect(failures.isEmpty, "\(scenario.feature): \(scenario.name): \(failures)")
                passed += failures.isEmpty ? 1 : 0
            }
            print("specification scenarios: \(passed) of \(scenarios.count) passed, 0 listed exceptions")
            #expect(scenarios.count >= 20)
        }
    }

    @Test("the services of the scenarios do refuse: a wrong password and a pet that is not there")
    func servicesRefuse() async throws {
        let scenarios = try PublicScenarios.read()
        var login = try #require(scenarios.first { $0.definition.contains("httpbin.org") })
        login.definition = login.definition.replacingOccurrences(
            of: "password: ${ .password }", with: "password: wrong")
        var pet = try #require(scenarios.first { $0.definition.contains("pet/{petId}") })
        pet.input = ["petId": 77]
        try await ScenarioServices.whileServed { [login, pet] services in
            for scenario in [login, pet] {
                let failures = try await ScenarioRun(scenario, services).failures()
                #expect(!failures.isEmpty, "\(scenario.name) cannot fail")
            }
        }
    }
}

/// One scenario, run by the built program.
struct ScenarioRun {
    private let scenario: Scenario
    private let services: ScenarioServices

    init(_ scenario: Scenario, _ services: ScenarioServices) {
        self.scenario = scenario
        self.services = services
    }

    /// What came out, as the program's exit code and its two streams say it.
    private struct Ending {
        var status: Int
        var output: JSONValue?
        var error: JSONValue?
        /// Names of the tasks that completed, in order.
        var order: [String]
    }

    /// The steps that do not hold.
    func failures() async throws -> [String] {
        let ending = try await run()
        return scenario.steps.compactMap { failure(of: $0, ending) }
    }

    private func run() async throws -> Ending {
        let folder = "/tmp/millwright-scenario-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try scenario.definition.write(toFile: folder + "/workflow.yaml", atomically: true, encoding: .utf8)
        try scenario.input.serialized().write(toFile: folder + "/input.json", atomically: true, encoding: .utf8)
        let command = try await Command.run(
            ["workflow", "run", folder + "/workflow.yaml", "--input", folder + "/input.json", "--trace"]
                + services.arguments)
        let lines = command.error.split(separator: "\n")
        let journal = try lines.filter { $0.hasPrefix("{\"ordinal\"") }.map { try JSONValue(parsing: String($0)) }
        let rest = lines.filter { !$0.hasPrefix("{\"ordinal\"") }.joined(separator: "\n")
        let completed = journal.filter { $0["kind"] == "task-completed" }.compactMap { $0["task"]?.stringValue }
        return Ending(
            status: command.status, output: try? JSONValue(parsing: command.output),
            error: try? JSONValue(parsing: rest),
            order: completed.compactMap { $0.split(separator: "/").last.map(String.init) })
    }

    /// What is not as the step says; `nil` when it is.
    private func failure(of step: Scenario.Step, _ run: Ending) -> String? {
        let names = step.text.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        let holds: Bool
        switch step.text {
        case "the workflow should complete": holds = run.status == 0
        case "the workflow should fault": holds = run.status == 1
        case "the workflow should complete with output:": holds = run.status == 0 && run.output == step.block
        case "the workflow should fault with error:": holds = run.status == 1 && run.error == step.block
        case _ where step.text.contains("should have properties"):
            holds = !names.isEmpty && names.allSatisfy { run.output?.property($0) != nil }
        case _ where step.text.contains("property with value:"):
            holds = run.output?.property(names[0]) == step.block
        case _ where step.text.contains("property containing"):
            let count = step.text.split(separator: " ").compactMap { Int($0) }.first
            holds = run.output?.property(names[0])?.arrayValue?.count == count
        default: return orderFailure(step.text, run.order)
        }
        let said = "\(run.output?.serialized() ?? "") \(run.error?.serialized() ?? "")"
        return holds ? nil : "\(step.text) — exit \(run.status) \(said)"
    }

    private func orderFailure(_ text: String, _ order: [String]) -> String? {
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
}

extension JSONValue {
    /// The value at `a.b.c`.
    fileprivate func property(_ path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(self)) { $0?[String($1)] }
    }
}

/// The scenarios' files, which stand beside the checkout where there are some.
enum PublicScenarios {
    private static let folder: String? = {
        let environment = ProcessInfo.processInfo.environment
        let shared = environment["MILLWRIGHT_SHARED"] ?? Program.root.appending(path: "../shared").standardized.path
        let path = shared + "/conformance/ows/ctk"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    static let areRun: Bool = {
        if folder != nil || ProcessInfo.processInfo.environment["MILLWRIGHT_REQUIRE_SHARED"] == "1" { return true }
        print("not run: the specification's scenarios (no public material at ../shared or MILLWRIGHT_SHARED)")
        return false
    }()

    static func read() throws -> [Scenario] {
        let folder = try #require(folder, "the conformance kit is required and not there")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".feature") }
        return try names.sorted().flatMap { name in
            try Scenario.read(String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8), feature: name)
        }
    }
}
