import JSON
import Primitives
import Workflow
import YAML

extension TemplateTest {
    /// What came out against what was expected.
    func compare(
        _ report: SimulationReport, _ test: TemplateTestCase, in file: YAMLFile, _ problems: FileProblems
    ) {
        let expected = test.expectation
        if report.status.rawValue != expected.status {
            problems.add(file.problem(at: "/expect/status", Self.unexpectedEnd(report, expected.status)))
        }
        func compare(_ expected: JSONValue?, _ actual: JSONValue?, _ field: String) {
            guard let expected else { return }
            for difference in SubsetComparison.differences(expected: expected, actual: actual) {
                problems.add(file.problem(at: "/expect/\(field)", "\(field) \(difference)"))
            }
        }
        compare(expected.output, report.output, "output")
        compare(expected.error, report.error?.asJSON, "error")
        compareLists(
            expected.calls, report.calls.map { ["call": .string($0.shortName), "with": $0.arguments] }, "calls", file,
            problems)
        compareLists(expected.humanTasks, report.humanTasks.map(\.arguments), "humanTasks", file, problems)
        compareLists(expected.emits, report.emitted, "emits", file, problems)
        if let seconds = expected.endsAfterSeconds {
            let took = report.endedAt.unixSeconds - report.startedAt.unixSeconds
            if took != seconds {
                problems.add(file.problem(at: "/expect/endsAfterSeconds", "expected \(seconds), got \(took)"))
            }
        }
    }

    /// Item by item, so that a difference stands at the line of its item.
    private func compareLists(
        _ expected: [JSONValue]?, _ actual: [JSONValue], _ field: String, _ file: YAMLFile, _ problems: FileProblems
    ) {
        guard let expected else { return }
        for (index, item) in expected.enumerated() {
            let pointer = "/expect/\(field)/\(index)"
            guard index < actual.count else {
                problems.add(file.problem(at: pointer, "\(field): this one did not happen"))
                continue
            }
            for difference in SubsetComparison.differences(expected: item, actual: actual[index]) {
                problems.add(file.problem(at: pointer, "\(field)/\(index) \(difference)"))
            }
        }
        for extra in actual.dropFirst(expected.count) {
            let text = extra.serialized()
            problems.add(file.problem(at: "/expect/\(field)", "\(field): not expected: \(text.prefix(300))"))
        }
    }

    private static func unexpectedEnd(_ report: SimulationReport, _ expected: String) -> String {
        var text = "expected \(expected), got \(report.status.rawValue)"
        if let error = report.error { text += ": \(error.asJSON.serialized())" }
        if let last = report.journal.last(where: { $0.taskReference != nil })?.taskReference {
            text += "; last task \(last)"
        }
        if !report.unanswered.isEmpty {
            text += "; waiting for \(report.unanswered.map(\.taskReference).joined(separator: ", "))"
        }
        return text
    }
}
