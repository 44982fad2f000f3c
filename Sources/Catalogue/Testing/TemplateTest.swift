package import Connectors
import JSON
import Primitives
package import Workflow
package import YAML

/// Runs a template's own tests in virtual time, against the real engine. Nothing outside is called.
package struct TemplateTest {
    package struct Outcome: Sendable {
        package let file: String
        package let name: String
        /// What was not as expected, each with its place in the test's file. Empty when the test passed.
        package let problems: [FileProblem]
        /// The tasks that were gone through, for an author who looks for the reason.
        package let path: [String]

        package var passed: Bool { problems.isEmpty }
    }

    let template: TemplatePackage
    let definition: Definition
    let capabilities: CapabilityTable

    /// One outcome for each test file, in their order.
    /// - Parameter definition: what `TemplateLint` decoded.
    package static func run(
        _ template: TemplatePackage, _ definition: Definition, capabilities: CapabilityTable = .standard
    ) -> [Outcome] {
        let runner = TemplateTest(template: template, definition: definition, capabilities: capabilities)
        return zip(template.tests, template.testFiles).map { runner.run($0, in: $1) }
    }

    private func run(_ test: TemplateTestCase, in file: YAMLFile) -> Outcome {
        let problems = FileProblems()
        guard let parameters = parameters(of: test, in: file, problems) else {
            return Outcome(file: file.name, name: test.name, problems: problems.all, path: [])
        }
        checkInput(test, in: file, problems)
        checkAnswers(test, in: file, problems)
        let report = simulate(test, parameters)
        checkCalls(report, test, in: file, problems)
        checkHumanTasks(report, test, in: file, problems)
        compare(report, test, in: file, problems)
        return Outcome(
            file: file.name, name: test.name, problems: problems.all, path: report.completedTasks)
    }

    private func parameters(of test: TemplateTestCase, in file: YAMLFile, _ problems: FileProblems) -> JSONValue? {
        guard let values = try? ParameterValues.check(test.parameters, against: template.metadata.parameters) else {
            problems.add(file.problem(at: "/given/parameters", "the template's parameter schema is wrong"))
            return nil
        }
        for finding in values.findings {
            problems.add(file.problem(at: "/given\(finding.path)", finding.message))
        }
        guard values.findings.isEmpty else { return nil }
        return values.effective
    }

    /// The virtual run. How long a task takes to expire is its own argument, which is known only once it was opened:
    /// the run is repeated until what was assumed is what the tasks say. Each repetition settles at least one more.
    private func simulate(_ test: TemplateTestCase, _ parameters: JSONValue) -> SimulationReport {
        var script = TestScript(test)
        var report = run(test, parameters, script)
        for _ in 0...test.answers.reduce(0, { $0 + $1.times }) {
            guard script.learnDueTimes(from: report) else { break }
            report = run(test, parameters, script)
        }
        return report
    }

    private func run(_ test: TemplateTestCase, _ parameters: JSONValue, _ script: TestScript) -> SimulationReport {
        let facts = RunFacts(
            runID: RunID(UUIDv7(high: 0x019b_8d4e_0000_7000, low: 0x8000_0000_0000_0001)),
            workflow: ["name": .string(template.metadata.name)], parameters: parameters)
        return Simulation.run(
            definition, input: test.input, facts: facts, answers: script.answers, startingAt: test.startsAt)
    }
}
