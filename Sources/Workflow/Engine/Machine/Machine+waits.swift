import JSON
import Primitives

/// Tasks that need the world: opening their waits, and taking the answers.
extension Machine {
    /// `wait`, `call`, human tasks, clocks and `run: workflow`.
    mutating func awaitAnswer(_ activation: Activation, _ scope: EvaluationScope) throws(WorkflowError) {
        let node = activation.node
        let input = activation.input.value
        var arguments: JSONValue?
        var detail: JSONObject = [:]
        let kind: Wait.Kind
        switch node.body {
        case .wait(let duration):
            let pause = try seconds(duration, on: input, scope)
            guard pause > 0 else { return done(activation, output: activation.input) }
            let dueAt = now.adding(seconds: pause)
            detail["dueAt"] = .string(dueAt.description)
            kind = .timer(dueAt: dueAt)
        case .call(let function, let template):
            let with = try datum(template, on: input, scope).value
            arguments = with
            let timeout = try node.timeout.map { limit throws(WorkflowError) in try seconds(limit, on: input, scope) }
            kind = .call(
                CallRequest(
                    function: function, arguments: with, timeoutSeconds: timeout,
                    secretScope: engine.definition.secrets.isEmpty ? nil : secretScope))
        case .humanTask(let template):
            let with = try datum(template, on: input, scope).value
            arguments = with
            kind = .humanTask(HumanTaskRequest(arguments: shown(with)))
        case .serviceLevel(let template):
            let with = try datum(template, on: input, scope).value
            arguments = with
            kind = .serviceLevel(arguments: shown(with))
        case .runWorkflow(let plan):
            let childInput =
                try plan.input.map { template throws(WorkflowError) in
                    try datum(template, on: input, scope).value
                } ?? input
            arguments = childInput
            kind = .childRun(
                ChildRunRequest(
                    namespace: plan.reference.namespace, name: plan.reference.name, version: plan.reference.version,
                    input: shown(childInput), awaitsCompletion: plan.isAwaited))
        default: return
        }
        let frame = try push(activation, .waiting)
        let wait = Wait(
            id: "\(node.reference)#\(activation.entry)", taskReference: node.reference, attempt: activation.attempt,
            openedAt: now, kind: kind)
        open(OpenWait(wait: wait, frame: frame, role: .answer), of: node, arguments: arguments, detail: detail)
    }

    mutating func answer(_ id: String, _ result: Result<JSONValue, WorkflowError>, by: JSONValue?) {
        guard let open = state.openWaits.first(where: { $0.wait.id == id }) else { return }
        switch open.role {
        case .event, .until: return answerEvent(open, result)
        default: removeAnswered(id)
        }
        switch (open.role, result) {
        case (.timeout, .success): timeOut(open.frame)
        case (.attemptTimeout, .success): timeOutAttempt(open.frame)
        case (.retry, .success): tryAgain(open.frame)
        case (_, .failure(let error)): fault(open.frame, error)
        case (_, .success(let value)): answerTask(open.frame, value, by: by)
        }
    }

    private mutating func answerTask(_ frame: Int, _ value: JSONValue, by: JSONValue?) {
        guard let position = position(of: frame) else { return }
        let input = state.frames[position].input
        let detail: JSONValue? = by.map { ["by": $0] }
        do throws(WorkflowError) {
            switch program.tasks[state.frames[position].task].body {
            case .wait: finish(frame, output: input, detail: detail)
            // A process that nobody waits for gives the task's input, like a workflow that nobody waits for.
            case .call(_, let arguments) where arguments.isNotAwaited: finish(frame, output: input, detail: detail)
            case .runWorkflow(let plan) where !plan.isAwaited: finish(frame, output: input, detail: detail)
            case .runWorkflow(let plan) where plan.dropsOutput: finish(frame, output: .null, detail: detail)
            default: finish(frame, output: try bounded(value), detail: detail)
            }
        } catch {
            fault(frame, error)
        }
    }

    private mutating func timeOut(_ frame: Int) {
        guard let position = position(of: frame) else { return }
        let reference = state.frames[position].reference
        let what = reference.isEmpty ? "workflow" : "task"
        fault(frame, WorkflowError(.timeout, detail: "The \(what) took longer than its timeout.", instance: reference))
    }

    private mutating func timeOutAttempt(_ frame: Int) {
        guard let position = position(of: frame) else { return }
        let reference = state.frames[position].reference
        propagate(
            WorkflowError(.timeout, detail: "The attempt took longer than it may.", instance: reference),
            into: frame, branch: 0)
    }

    /// Opens the timers of tasks that block and have a deadline. A task that ends at once needs none.
    mutating func openTimers() {
        for frame in state.frames {
            if let deadline = frame.deadline { openTimer(frame, deadline, .timeout, name: "timeout") }
            if let deadline = frame.attemptDeadline, case .trying(let attempt, _) = frame.phase {
                openTimer(frame, deadline, .attemptTimeout, name: "attempt/\(attempt)")
            }
        }
    }

    private mutating func openTimer(_ frame: Frame, _ deadline: Timestamp, _ role: OpenWait.Role, name: String) {
        guard !state.openWaits.contains(where: { $0.frame == frame.id && $0.role == role }) else { return }
        let wait = Wait(
            id: "\(frame.reference)#\(frame.entry)/\(name)", taskReference: frame.reference, attempt: frame.attempt,
            openedAt: now, kind: .timer(dueAt: deadline))
        open(
            OpenWait(wait: wait, frame: frame.id, role: role),
            of: frame.task >= 0 ? program.tasks[frame.task] : nil, detail: ["dueAt": .string(deadline.description)])
    }
}

extension Datum {
    static let null = Datum(.null)
}

extension ValueTemplate {
    /// The arguments of a process with `await: false`.
    fileprivate var isNotAwaited: Bool {
        guard case .constant(.bool(false))? = self["await"], self["return"] != nil else { return false }
        return true
    }
}
