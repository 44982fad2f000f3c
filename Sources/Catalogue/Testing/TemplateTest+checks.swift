import Connectors
import JSON
import Workflow
import YAML

/// Whether what a test gives could happen: a test that answers what no system answers proves nothing.
extension TemplateTest {
    func checkInput(_ test: TemplateTestCase, in file: YAMLFile, _ problems: FileProblems) {
        guard let event = test.input[0], let type = event["type"]?.stringValue else { return }
        guard let declared = template.metadata.eventTypes.first(where: { $0.type == type }) else {
            problems.add(
                file.problem(at: "/given/event/type", "the template does not declare the event type “\(type)”"))
            return
        }
        guard let schema = declared.schema.flatMap({ try? JSONSchema($0, formatAssertion: true) }) else { return }
        for violation in schema.validate(event["data"] ?? .null) {
            let path = "/given/event/data\(violation.instancePath)"
            problems.add(file.problem(at: path, "such an event would be refused: \(violation.message)"))
        }
    }

    func checkAnswers(_ test: TemplateTestCase, in file: YAMLFile, _ problems: FileProblems) {
        for answer in test.answers {
            guard case .call(let name) = answer.trigger, name != "http" else { continue }
            guard let operation = capabilities.operation(named: name) else {
                problems.add(file.problem(at: "\(answer.pointer)/call", "there is no operation “\(name)”"))
                continue
            }
            guard case .result(let result) = answer.reply else { continue }
            for violation in capabilities.violations(ofResult: result, for: operation) {
                let path = "\(answer.pointer)/result\(violation.instancePath)"
                problems.add(file.problem(at: path, "\(name) never answers this: \(violation.message)"))
            }
        }
    }

    /// Arguments fit their schemas, and every call had an answer of its own.
    func checkCalls(
        _ report: SimulationReport, _ test: TemplateTestCase, in file: YAMLFile, _ problems: FileProblems
    ) {
        var counts: [String: Int] = [:]
        for call in report.calls {
            let name = call.shortName
            counts[name, default: 0] += 1
            if let operation = capabilities.operation(function: call.function) {
                for violation in capabilities.violations(ofArguments: call.arguments, for: operation) {
                    let message = "\(call.taskReference) calls \(name) with a wrong argument, \(violation)"
                    problems.add(file.problem(at: "/name", message))
                }
            }
        }
        let script = TestScript(test)
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) where count > script.count(of: .call(name)) {
            let answered = script.count(of: .call(name))
            problems.add(
                file.problem(at: "/answers", "\(name) is called \(count) times; there are \(answered) answers"))
        }
        for name in script.functions where counts[name, default: 0] < script.count(of: .call(name)) {
            let made = counts[name, default: 0]
            let pointer = test.answers.last { $0.trigger == .call(name) }?.pointer ?? "/answers"
            problems.add(file.problem(at: pointer, "this answer is never used: \(name) is called \(made) times"))
        }
    }

    /// Decisions are ones that the task offers, with a reason where it wants one and a form that fits.
    func checkHumanTasks(
        _ report: SimulationReport, _ test: TemplateTestCase, in file: YAMLFile, _ problems: FileProblems
    ) {
        var opened: [String: Int] = [:]
        for task in report.humanTasks {
            let role = task.arguments["role"]?.stringValue ?? ""
            let answers = test.answers.filter { $0.trigger == .humanTask(role: role) }
                .flatMap { Array(repeating: $0, count: $0.times) }
            let number = opened[role, default: 0]
            opened[role] = number + 1
            guard number < answers.count else {
                problems.add(
                    file.problem(at: "/answers", "nobody answers the task \(task.taskReference) for “\(role)”"))
                continue
            }
            if case .result(let decision) = answers[number].reply {
                for message in Self.mistakes(in: decision, on: task.arguments) {
                    problems.add(file.problem(at: "\(answers[number].pointer)/decision", message))
                }
            }
        }
        let script = TestScript(test)
        for role in script.roles where opened[role, default: 0] < script.count(of: .humanTask(role: role)) {
            let pointer = test.answers.last { $0.trigger == .humanTask(role: role) }?.pointer ?? "/answers"
            let made = opened[role, default: 0]
            problems.add(file.problem(at: pointer, "this answer is never used: “\(role)” gets \(made) tasks"))
        }
    }

    private static func mistakes(in decision: JSONValue, on arguments: JSONValue) -> [String] {
        let outcomes = arguments["outcomes"]?.arrayValue ?? []
        guard let outcome = outcomes.first(where: { $0["name"] == decision["outcome"] }) else {
            return ["the task does not offer the outcome \(decision["outcome"]?.serialized() ?? "null")"]
        }
        var messages: [String] = []
        if outcome["requiresReason"] == true, decision["reason"]?.stringValue?.isEmpty ?? true {
            messages.append("this outcome requires a reason")
        }
        if let form = arguments["form"], let schema = try? JSONSchema(form, formatAssertion: true) {
            messages += schema.validate(decision["data"] ?? [:]).map { "the form does not take this: \($0)" }
        }
        return messages
    }
}

extension SimulationReport.PerformedCall {
    /// `work-orders.create` for `work-orders.create:1.0.0@default`.
    var shortName: String { FunctionReference(function)?.name ?? function }
}
