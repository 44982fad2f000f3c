import Execution
import HTTPTypes
import Hummingbird
import JSON
import Primitives
import Tenancy

/// The task: seen, taken, given back, decided.
extension Portal {
    /// What was sent and what came of it, when the page is shown in answer to a form.
    struct Attempt {
        var problem: Problem
        var form: FormBody
    }

    func taskPage(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        return try await page(of: try await task(context, visitor), request, visitor)
    }

    func claim(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context) { task, _, principal in
            _ = try await humanTasks.claim(task.id, in: task.scope, by: principal, from: origin(of: request, context))
            return Self.path(task)
        }
    }

    func release(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context) { task, _, principal in
            _ = try await humanTasks.release(task.id, in: task.scope, by: principal, from: origin(of: request, context))
            return Self.path(task)
        }
    }

    func decide(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context) { task, form, principal in
            _ = try await humanTasks.decide(
                task.id, in: task.scope, outcome: form["outcome"],
                reason: form["reason"].isEmpty ? nil : form["reason"],
                data: TaskForm(task.form).data(from: form), by: principal, from: origin(of: request, context))
            return "/portal?decided=1"
        }
    }

    /// Does what a form asks for, or shows the task again with what was entered and what is wrong with it.
    private func change(
        _ request: Request, _ context: MillwrightContext,
        _ body: (HumanTask, FormBody, Principal) async throws -> String
    ) async throws -> Response {
        let visitor = try await visitor(request, context)
        let form = try await form(request, of: visitor)
        let task = try await task(context, visitor)
        do {
            guard visitor.principal.allows(.humanTasksDecide, in: task.scope) else {
                throw Problem(.forbidden, "Your roles here do not decide tasks.")
            }
            try await tenants.place(of: task.scope)?.requireActive()
            return Self.redirect(try await body(task, form, visitor.principal))
        } catch let problem as Problem {
            let current = try await humanTasks.task(task.id, in: task.scope)
            return try await page(of: current, request, visitor, Attempt(problem: problem, form: form))
        }
    }

    /// What the visitor may not see is not there.
    private func task(_ context: MillwrightContext, _ visitor: Visitor) async throws -> HumanTask {
        let values = context.pathValues
        guard let plant = values["plant"].flatMap({ PlantID($0) }),
            let id = values["task"].flatMap({ HumanTaskID($0) }),
            let scope = try await tenants.plantScope(of: plant),
            visitor.principal.allows(.humanTasksRead, in: scope)
        else { throw Problem.notFound("human task") }
        return try await humanTasks.task(id, in: scope)
    }

    private func page(
        of task: HumanTask, _ request: Request, _ visitor: Visitor, _ attempt: Attempt? = nil
    ) async throws -> Response {
        guard var values = try await card(task) else { throw Problem.notFound("human task") }
        let time = PlantTime(zoneName: try await tenants.place(of: task.scope)?.timeZone, now: clock.now())
        let standing = TaskStanding(task, visitor.principal)
        values["opened"] = time.context(task.openedAt)
        values["description"] = task.description
        values["requestedBy"] = task.requestedBy
        let evidence = EvidenceTable(task.evidence, time)
        values["hasEvidence"] = !evidence.groups.isEmpty
        values["evidence"] = evidence.context
        values["evidenceIsCut"] = evidence.isCut
        if let decision = task.decision {
            values["decision"] = Self.context(decision, of: task, time)
        } else {
            values["standing"] = standing.context(Self.path(task))
        }
        values["mayDecide"] = standing.isDecidable
        if standing.isDecidable { values.merge(DecisionForm(task).context(attempt)) { $1 } }
        guard let attempt else { return await render("task", values, request, visitor) }
        if task.isDecided(as: attempt.form["outcome"], by: visitor.principal) {
            values["notice"] = "You have decided this already. It is recorded once."
            return await render("task", values, request, visitor)
        }
        values["problem"] = DecisionForm(task).problem(attempt, standing, visitor.principal)
        if case .closed = standing { values["standing"] = nil }
        if !standing.isDecidable, !attempt.form["reason"].isEmpty { values["unsent"] = attempt.form["reason"] }
        return await render(
            "task", values, request, visitor, status: .init(code: attempt.problem.code.httpStatus))
    }

    private static func context(
        _ decision: HumanTask.Decision, of task: HumanTask, _ time: PlantTime
    ) -> [String: Any] {
        let label = task.outcomes.first { $0.name == decision.outcome }?.label ?? decision.outcome
        let answers = EvidenceTable(decision.data, time)
        var context: [String: Any] = [
            "outcome": label, "by": decision.decidedByName, "at": time.context(decision.decidedAt),
            "hasAnswers": !answers.groups.isEmpty, "answers": answers.context,
        ]
        if let reason = decision.reason { context["given"] = reason }
        return context
    }
}

extension HumanTask {
    /// Whether a second submission of the same form has nothing left to do.
    fileprivate func isDecided(as outcome: String, by principal: Principal) -> Bool {
        decision?.decidedBy == principal.id && decision?.outcome == outcome
    }
}
