import Execution
import HTTPTypes
import Hummingbird
import JSON
import Primitives
import Tenancy
import Workflow

/// The task: seen, taken, given back, handed on, decided.
extension Portal {
    /// What was sent and what came of it, when the page is shown in answer to a form.
    struct Attempt {
        var problem: Problem
        var form: FormBody
    }

    func taskPage(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let query = request.uri.queryParameters
        let done = query["done"].flatMap { Done(rawValue: String($0)) }?.sentence
        return try await page(of: try await task(context, visitor), request, visitor, notice: done)
    }

    /// What was done, for the page that a form leads to.
    enum Done: String {
        case said, attached, delegated, reassigned, voted

        var sentence: String {
            switch self {
            case .said: "Your comment stands below."
            case .attached: "The file is attached."
            case .delegated: "The task is handed on."
            case .reassigned: "The task is given to somebody else."
            case .voted: "Your decision is recorded. Others decide with you."
            }
        }
    }

    func claim(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context) { task, _, visitor in
            _ = try await humanTasks.claim(
                task.id, in: task.scope, by: visitor.principal, from: origin(of: request, context))
            return Self.path(task)
        }
    }

    func release(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context) { task, _, visitor in
            _ = try await humanTasks.release(
                task.id, in: task.scope, by: visitor.principal, from: origin(of: request, context))
            return Self.path(task)
        }
    }

    func delegate(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context) { task, form, visitor in
            _ = try await humanTasks.delegate(
                task.id, in: task.scope, to: form["to"].trimmed, by: visitor.principal,
                from: origin(of: request, context))
            return Self.path(task) + "?done=" + Done.delegated.rawValue
        }
    }

    func reassign(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context, needing: .runsOperate) { task, form, visitor in
            _ = try await humanTasks.reassign(
                task.id, in: task.scope, to: form["to"].trimmed, by: visitor.principal,
                from: origin(of: request, context))
            return Self.path(task) + "?done=" + Done.reassigned.rawValue
        }
    }

    func comment(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context) { task, form, visitor in
            _ = try await humanTasks.comment(
                task.id, in: task.scope, form["body"], by: visitor.principal, from: origin(of: request, context))
            return Self.path(task) + "?done=" + Done.said.rawValue
        }
    }

    func decide(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        try await change(request, context) { task, form, visitor in
            let choice = HumanTaskService.Choice(
                outcome: form["outcome"], reason: form["reason"].isEmpty ? nil : form["reason"],
                data: DecisionForm(task, canSign: visitor.canSign).data(from: form),
                onBehalfOf: PrincipalID(form["on-behalf-of"]),
                signature: try await signing(form, of: task, visitor, request, context))
            let decided = try await humanTasks.decide(
                task.id, in: task.scope, choice, by: visitor.principal, from: origin(of: request, context))
            return decided.status.isOpen
                ? Self.path(task) + "?done=" + Done.voted.rawValue : "/portal?decided=1"
        }
    }

    /// Asks for the password again. It is looked at only when a signature is needed, and then counts as a sign-in does.
    private func signing(
        _ form: FormBody, of task: HumanTask, _ visitor: Visitor, _ request: Request, _ context: MillwrightContext
    ) async throws -> SigningStatement? {
        guard task.status.isOpen, task.requiresSignature(for: form["outcome"]), visitor.canSign else { return nil }
        var items: [Problem.Item] = []
        if task.terms.signature?.meanings.contains(form["meaning"]) != true {
            items.append(.init(path: "/signature/meaning", message: "Choose what your signature means."))
        }
        if form["password"].isEmpty {
            items.append(.init(path: "/signature/password", message: "Enter your password to sign."))
        }
        guard items.isEmpty else { throw Problem(.invalidRequest, "The signature is incomplete.", items: items) }
        guard let confirmation = try await confirmation(form["password"], of: visitor, request, context) else {
            throw Problem(
                .invalidRequest, "The signature is incomplete.",
                items: [.init(path: "/signature/password", message: Self.wrongPassword)])
        }
        return SigningStatement(meaning: form["meaning"], confirmation: confirmation)
    }

    /// Does what a form asks for, or shows the task again with what was entered and what is wrong with it.
    private func change(
        _ request: Request, _ context: MillwrightContext, needing permission: Permission = .humanTasksDecide,
        _ body: (HumanTask, FormBody, Visitor) async throws -> String
    ) async throws -> Response {
        let visitor = try await visitor(request, context)
        let form = try await form(request, of: visitor)
        return try await change(form, visitor, request, context, needing: permission, body)
    }

    func change(
        _ form: FormBody, _ visitor: Visitor, _ request: Request, _ context: MillwrightContext,
        needing permission: Permission = .humanTasksDecide,
        _ body: (HumanTask, FormBody, Visitor) async throws -> String
    ) async throws -> Response {
        let task = try await task(context, visitor)
        do {
            guard visitor.principal.allows(permission, in: task.scope) else {
                throw Problem(
                    .forbidden,
                    permission == .humanTasksDecide
                        ? "Your roles here do not decide tasks." : "Your roles here do not give tasks to others.")
            }
            try await tenants.place(of: task.scope)?.requireActive()
            return Self.redirect(try await body(task, form, visitor))
        } catch let problem as Problem {
            let current = try await humanTasks.task(task.id, in: task.scope)
            return try await page(of: current, request, visitor, Attempt(problem: problem, form: form))
        }
    }

    /// What the visitor may not see is not there.
    func task(_ context: MillwrightContext, _ visitor: Visitor) async throws -> HumanTask {
        let values = context.pathValues
        guard let plant = values["plant"].flatMap({ PlantID($0) }),
            let id = values["task"].flatMap({ HumanTaskID($0) }),
            let scope = try await tenants.plantScope(of: plant),
            visitor.principal.allows(.humanTasksRead, in: scope)
        else { throw Problem.notFound("human task") }
        return try await humanTasks.task(id, in: scope)
    }
}
