import Execution
import HTTPTypes
import Hummingbird
import JSON
import Primitives
import Tenancy

/// The task list and the task.
extension Portal {
    /// Tasks on one page of the list.
    static let tasksPerPage = 50

    func taskList(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        var items: [[String: Any]] = []
        for scope in visitor.principal.scopes(with: .humanTasksRead) where scope != .platform {
            let page = try await humanTasks.list(
                for: visitor.principal, in: scope, page: try PageRequest(limit: Self.tasksPerPage))
            for task in page.items { items.append(try await listed(task)) }
        }
        var values: [String: Any] = [
            "title": items.isEmpty ? "Your tasks" : "Your tasks (\(items.count))", "tasks": items,
        ]
        if request.uri.queryParameters["decided"] != nil { values["notice"] = "Your decision is recorded." }
        return try await render(
            "task-list", values, brand: try await brand(of: request, visitor), visitor: visitor)
    }

    private func listed(_ task: HumanTask) async throws -> [String: Any] {
        var item: [String: Any] = [
            "title": task.title, "workflow": task.workflowName, "role": task.role.rawValue,
            "plant": try await tenants.place(of: task.scope)?.name ?? "", "href": Self.path(task),
        ]
        if let due = task.dueAt { item["due"] = Self.readable(due) }
        if let assignee = task.assigneeName { item["assignee"] = assignee }
        return item
    }

    func taskPage(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let task = try await task(context, visitor)
        return try await page(of: task, request, visitor)
    }

    func decide(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let form = try await form(request)
        try checkFormToken(form, visitor)
        let task = try await task(context, visitor)
        do {
            _ = try await humanTasks.decide(
                task.id, in: task.scope, outcome: form["outcome"],
                reason: form["reason"].isEmpty ? nil : form["reason"],
                data: TaskForm(task.form).data(from: form), by: visitor.principal, from: origin(of: request, context))
        } catch let problem as Problem {
            // The page again, with what was entered and what is wrong with it.
            let current = try await humanTasks.task(task.id, in: task.scope)
            return try await page(of: current, request, visitor, problem: problem, posted: form)
        }
        return Self.redirect("/portal?decided=1")
    }

    /// What the visitor may not see is not there.
    private func task(_ context: MillwrightContext, _ visitor: Visitor) async throws -> HumanTask {
        let values = context.pathValues
        guard let plant = values["plant"].flatMap({ PlantID($0) }),
            let id = values["task"].flatMap({ HumanTaskID($0) }),
            let scope = try await tenants.plantScope(of: plant),
            visitor.principal.allows(.humanTasksRead, in: scope)
        else { throw Problem.notFound("task") }
        return try await humanTasks.task(id, in: scope)
    }

    private func page(
        of task: HumanTask, _ request: Request, _ visitor: Visitor, problem: Problem? = nil, posted: FormBody? = nil
    ) async throws -> Response {
        var values = try await listed(task)
        values["action"] = Self.path(task)
        values["isOpen"] = task.status.isOpen && visitor.principal.allows(.humanTasksDecide, in: task.scope)
        if let description = task.description { values["description"] = description }
        let evidence = Self.rows(task.evidence)
        values["hasEvidence"] = !evidence.isEmpty
        values["evidence"] = evidence
        values["fields"] = TaskForm(task.form).context(posted: posted)
        values["reason"] = posted?["reason"] ?? ""
        values["outcomes"] = task.outcomes.map { outcome -> [String: Any] in
            [
                "name": outcome.name, "label": outcome.label, "requiresReason": outcome.requiresReason,
                "isSelected": posted?["outcome"] == outcome.name,
            ]
        }
        if let problem {
            values["error"] =
                [
                    "message": problem.detail, "items": problem.items.map { "\($0.path) \($0.message)" },
                ] as [String: Any]
        }
        if let decision = task.decision {
            let label = task.outcomes.first { $0.name == decision.outcome }?.label ?? decision.outcome
            var shown: [String: Any] = [
                "outcome": label, "by": decision.decidedByName, "at": Self.readable(decision.decidedAt),
            ]
            if let reason = decision.reason { shown["reason"] = reason }
            values["decision"] = shown
        }
        return try await render(
            "task", values, brand: try await brand(of: request, visitor), visitor: visitor,
            status: problem.map { .init(code: $0.code.httpStatus) } ?? .ok)
    }

    private static func path(_ task: HumanTask) -> String {
        "/portal/plants/\(task.scope.plantID?.description ?? "")/tasks/\(task.id)"
    }

    /// Evidence as names and values; what is nested is named by its path.
    private static func rows(_ value: JSONValue?, _ prefix: String = "") -> [[String: Any]] {
        guard let value, !value.isNull else { return [] }
        guard let object = value.objectValue else {
            return [["name": prefix.isEmpty ? "Evidence" : prefix, "value": TaskForm.text(value)]]
        }
        return object.flatMap { rows($0.value, prefix.isEmpty ? $0.key : prefix + " · " + $0.key) }
    }

    /// To the minute, in UTC.
    private static func readable(_ moment: Timestamp) -> String {
        moment.description.prefix(16).replacing("T", with: " ") + " UTC"
    }
}
