import Execution
import HTTPTypes
import Hummingbird
import JSON
import Primitives
import Tenancy
import Workflow

/// The page of one task.
extension Portal {
    func page(
        of task: HumanTask, _ request: Request, _ visitor: Visitor, _ attempt: Attempt? = nil, notice: String? = nil
    ) async throws -> Response {
        guard var values = try await card(task) else { throw Problem.notFound("human task") }
        let time = PlantTime(zoneName: try await tenants.place(of: task.scope)?.timeZone, now: clock.now())
        let standing = try await standing(of: task, visitor.principal)
        values["opened"] = time.context(task.openedAt)
        values["description"] = task.description
        values["requestedBy"] = task.requestedBy
        let evidence = EvidenceTable(task.evidence, time)
        values["hasEvidence"] = !evidence.groups.isEmpty
        values["evidence"] = evidence.context
        values["evidenceIsCut"] = evidence.isCut
        values.merge(Self.decided(task, time)) { $1 }
        if task.status != .decided { values["standing"] = standing.context(Self.path(task), task) }
        values.merge(try await surroundings(of: task, visitor, attempt, time)) { $1 }
        values["mayDecide"] = standing.isDecidable
        values["behalf"] = standing.behalf?.id.description
        let form = DecisionForm(task, canSign: visitor.canSign)
        if standing.isDecidable { values.merge(form.context(attempt)) { $1 } }
        if let notice { values["notice"] = notice }
        guard let attempt else { return await render("task", values, request, visitor) }
        if task.isDecided(as: attempt.form["outcome"], by: visitor.principal) {
            values["notice"] = "You have decided this already. It is recorded once."
            return await render("task", values, request, visitor)
        }
        values["problem"] = form.problem(attempt, standing, visitor.principal)
        if case .closed = standing { values["standing"] = nil }
        let unsent = [attempt.form["reason"], attempt.form["body"]].first { !$0.isEmpty }
        if !standing.isDecidable || !attempt.form["body"].isEmpty { values["unsent"] = unsent }
        return await render(
            "task", values, request, visitor, status: .init(code: attempt.problem.code.httpStatus))
    }

    /// Whether the visitor may decide, for itself or for somebody for whom it stands in.
    private func standing(of task: HumanTask, _ principal: Principal) async throws -> TaskStanding {
        guard task.status.isOpen, principal.allows(.humanTasksDecide, in: task.scope) else {
            return TaskStanding(task, principal, objection: nil, behalf: nil)
        }
        let objection = try await humanTasks.objection(to: principal, deciding: task)
        guard objection != nil || task.assignee.map({ $0 != principal.id }) == true else {
            return TaskStanding(task, principal, objection: nil, behalf: nil)
        }
        for substitution in try await humanTasks.substitutions.current(of: principal)
        where substitution.scope.covers(task.scope) {
            let absent = substitution.principalID
            guard task.assignee == nil || task.assignee == absent || task.assignee == principal.id else { continue }
            if try await humanTasks.objection(to: principal, for: absent, deciding: task) == nil {
                return TaskStanding(
                    task, principal, objection: objection,
                    behalf: .init(id: absent, name: substitution.principalName))
            }
        }
        return TaskStanding(task, principal, objection: objection, behalf: nil)
    }

    /// What was decided: the decision that closed the task, and the others of a quorum with how far they have come.
    private static func decided(_ task: HumanTask, _ time: PlantTime) -> [String: Any] {
        var values: [String: Any] = [:]
        if let decision = task.decision { values["decision"] = context(decision, of: task, time) }
        let others = task.decisions.filter { !$0.closes }
        if !others.isEmpty { values["others"] = ["decisions": others.map { context($0, of: task, time) }] }
        if task.status.isOpen, let quorum = task.terms.quorum {
            let counted = task.outcomes.filter { quorum.outcomes.isEmpty || quorum.outcomes.contains($0.name) }
            let votes = counted.map { outcome -> [String: Any] in
                ["label": outcome.label, "count": task.decisions.count { $0.outcome == outcome.name }]
            }
            values["quorum"] = ["needed": quorum.of, "votes": votes]
        }
        return values
    }

    private static func context(
        _ decision: HumanTask.Decision, of task: HumanTask, _ time: PlantTime
    ) -> [String: Any] {
        let answers = EvidenceTable(decision.data, time)
        let outcome = decision.closes ? task.outcome ?? decision.outcome : decision.outcome
        var context: [String: Any] = [
            "outcome": task.label(of: outcome), "by": decision.decidedByName, "at": time.context(decision.decidedAt),
            "hasAnswers": !answers.groups.isEmpty, "answers": answers.context,
        ]
        if outcome != decision.outcome { context["chosen"] = task.label(of: decision.outcome) }
        if let reason = decision.reason { context["given"] = reason }
        if let absent = decision.onBehalfOf { context["behalfOf"] = absent.name }
        if let meaning = decision.signatureMeaning { context["meaning"] = meaning }
        return context
    }

    /// The thread, the files, and the forms for both; and those that hand the task on.
    private func surroundings(
        of task: HumanTask, _ visitor: Visitor, _ attempt: Attempt?, _ time: PlantTime
    ) async throws -> [String: Any] {
        let comments = try await humanTasks.comments(on: task.id, in: task.scope)
        let files = try await humanTasks.evidence(of: task.id, in: task.scope)
        let principal = visitor.principal
        let mayAct = principal.allows(.humanTasksDecide, in: task.scope)
        let mayOperate = principal.allows(.runsOperate, in: task.scope)
        var values: [String: Any] = [
            "hasThread": mayAct || !comments.isEmpty, "mayComment": mayAct,
            "comments": comments.map { comment -> [String: Any] in
                ["by": comment.authorName, "at": time.context(comment.writtenAt), "body": comment.body]
            },
            "files": files.map { file -> [String: Any] in
                [
                    "href": "\(Self.path(task))/evidence/\(file.id)", "name": file.fileName,
                    "size": Self.size(file.sizeBytes), "by": file.attachedBy.name, "at": time.context(file.attachedAt),
                ]
            },
            "longestComment": String(TaskComment.maximumCharacters),
        ]
        let mayAttach = mayAct && task.status.isOpen && (mayOperate || task.isFor(principal))
        values["hasFiles"] = mayAttach || !files.isEmpty
        values["mayAttach"] = mayAttach
        let isForOne = task.terms.quorum == nil && task.status.isOpen
        values["mayReassign"] = mayOperate && isForOne
        values["mayDelegate"] =
            mayAct && isForOne && task.terms.allowsDelegation && task.assignee == principal.id
            && task.delegatedBy == nil
        return values
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 10_240 ? "\(bytes) bytes" : bytes < 10 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
    }
}

extension HumanTask {
    /// Whether a second submission of the same form has nothing left to do.
    fileprivate func isDecided(as outcome: String, by principal: Principal) -> Bool {
        decisions.contains { $0.decidedBy == principal.id && $0.outcome == outcome }
    }
}
