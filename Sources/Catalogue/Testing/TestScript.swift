import JSON
import Primitives
import Workflow

/// A test's answers in the form that the simulation takes: for each function and each role, one after the other.
struct TestScript {
    private let test: TemplateTestCase
    /// How long the n-th answer of a role takes when it is an expiry.
    private var expirySeconds: [String: [Int: Double]] = [:]

    init(_ test: TemplateTestCase) { self.test = test }

    /// Takes over what the opened tasks say about when they are due. `false` when that was known already.
    mutating func learnDueTimes(from report: SimulationReport) -> Bool {
        var learned: [String: [Int: Double]] = [:]
        var opened: [String: Int] = [:]
        for task in report.humanTasks {
            let role = task.arguments["role"]?.stringValue ?? ""
            let number = opened[role, default: 0]
            opened[role] = number + 1
            let replies = replies(role)
            guard number < replies.count, case .expiry = replies[number].reply else { continue }
            let expiry = HumanTaskMoments.expiry(of: task.arguments, openedAt: task.at, SimulatedAnswers().time)
            let seconds = expiry.map { $0.unixSeconds - task.at.unixSeconds } ?? 0
            learned[role, default: [:]][number] = max(0, seconds)
        }
        defer { expirySeconds = learned }
        return learned != expirySeconds
    }

    var answers: SimulatedAnswers {
        var answers = SimulatedAnswers()
        for function in functions {
            answers.calls.append(
                .init(function: function, answers: replies(to: .call(function)).map { simulated($0) }))
        }
        for role in roles {
            let simulated = replies(role).enumerated().map { number, answer in
                self.simulated(answer, expiresAfter: expirySeconds[role]?[number] ?? 0)
            }
            answers.decisions.append(.init(arguments: ["role": .string(role)], answers: simulated))
        }
        // A task that the test does not answer stays open, also when it would expire.
        answers.decisions.append(.init(answers: []))
        for answer in test.answers where answer.trigger == .event {
            if case .result(let event) = answer.reply {
                answers.events.append(.init(afterSeconds: answer.afterSeconds, event: event))
            }
        }
        let workflows = workflows
        answers.childRun = { request, _ in workflows["\(request.namespace)/\(request.name)"] }
        return answers
    }

    /// How many answers there are for a call or a role; the simulation would give the last one again and again.
    func count(of trigger: TemplateTestCase.Answer.Trigger) -> Int { replies(to: trigger).count }

    var functions: [String] {
        unique(test.answers.compactMap { if case .call(let name) = $0.trigger { name } else { nil } })
    }

    var roles: [String] {
        unique(test.answers.compactMap { if case .humanTask(let role) = $0.trigger { role } else { nil } })
    }

    private var workflows: [String: SimulatedAnswer] {
        var found: [String: SimulatedAnswer] = [:]
        for answer in test.answers {
            if case .workflow(let name) = answer.trigger, found[name] == nil { found[name] = simulated(answer) }
        }
        return found
    }

    private func replies(_ role: String) -> [TemplateTestCase.Answer] { replies(to: .humanTask(role: role)) }

    private func replies(to trigger: TemplateTestCase.Answer.Trigger) -> [TemplateTestCase.Answer] {
        test.answers.filter { $0.trigger == trigger }.flatMap { Array(repeating: $0, count: $0.times) }
    }

    private func simulated(_ answer: TemplateTestCase.Answer, expiresAfter due: Double = 0) -> SimulatedAnswer {
        switch answer.reply {
        case .result(let value):
            SimulatedAnswer(.success(value), afterSeconds: answer.afterSeconds, by: value["decidedBy"])
        case .error(let error): SimulatedAnswer(.failure(WorkflowError(stub: error)), afterSeconds: answer.afterSeconds)
        case .expiry: SimulatedAnswer(.success(["outcome": "expired"]), afterSeconds: due)
        }
    }

    private func unique(_ names: [String]) -> [String] {
        names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

extension WorkflowError {
    fileprivate init(stub error: JSONValue) {
        self.init(
            type: error["type"]?.stringValue ?? StandardErrorType.runtime.uri, status: error["status"]?.intValue ?? 500,
            title: error["title"]?.stringValue, detail: error["detail"]?.stringValue)
    }

    var asJSON: JSONValue {
        var json: JSONValue = ["type": .string(type), "status": JSONValue(status)]
        json.set("title", title.map { .string($0) })
        json.set("detail", detail.map { .string($0) })
        json.set("instance", instance.map { .string($0) })
        return json
    }
}
