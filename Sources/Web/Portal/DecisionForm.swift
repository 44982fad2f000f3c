import Execution
import JSON
import Primitives
import Tenancy

/// The form on which a task is decided: the template's own fields, the outcomes and the reason.
struct DecisionForm {
    let task: HumanTask
    private let fields: TaskForm

    init(_ task: HumanTask) {
        self.task = task
        fields = TaskForm(task.form)
    }

    func context(_ attempt: Portal.Attempt?) -> [String: Any] {
        let posted = attempt?.form
        let sorted = attempt.map { fields.sort($0.problem.items, posted: $0.form) }
        let chosen = posted?["outcome"] ?? (task.outcomes.count == 1 ? task.outcomes.first?.name : nil)
        let isReasonRequired = task.outcomes.allSatisfy(\.requiresReason)
        func mistakes(_ path: String) -> [String] {
            (sorted?.others ?? []).filter { $0.path == path }.map { Self.sentence($0) }
        }
        return [
            "fields": fields.context(posted: posted, mistakes: sorted?.byField ?? [:]),
            "outcomes": task.outcomes.enumerated().map { index, outcome -> [String: Any] in
                [
                    "id": "outcome-\(index + 1)", "name": outcome.name, "label": outcome.label,
                    "needsReason": outcome.requiresReason && !isReasonRequired, "isSelected": outcome.name == chosen,
                ]
            },
            "outcomeMistakes": mistakes("/outcome"), "reason": posted?["reason"] ?? "",
            "reasonMistakes": mistakes("/reason"), "isReasonRequired": isReasonRequired,
            "longestReason": String(HumanTaskService.maximumReasonCharacters),
        ]
    }

    /// What stands above the page: every mistake, with a link to where it is.
    func problem(_ attempt: Portal.Attempt, _ standing: TaskStanding, _ principal: Principal) -> [String: Any] {
        guard standing.isDecidable, !attempt.problem.items.isEmpty else {
            return [
                "heading": "Nothing was recorded", "explanation": explanation(attempt.problem, standing, principal),
                "hasMistakes": false,
            ]
        }
        let sorted = fields.sort(attempt.problem.items, posted: attempt.form)
        var mistakes: [[String: Any]] = []
        for field in fields.fields {
            for message in sorted.byField[field.name] ?? [] {
                mistakes.append(["target": field.id, "message": message])
            }
        }
        for item in sorted.others {
            var mistake: [String: Any] = ["message": Self.sentence(item)]
            if item.path == "/outcome" { mistake["target"] = "outcome-1" }
            if item.path == "/reason" { mistake["target"] = "reason" }
            mistakes.append(mistake)
        }
        return ["heading": "Nothing was recorded yet", "hasMistakes": true, "mistakes": mistakes]
    }

    /// The service names outcomes by name, as a program needs it; a person picks from what is on the page.
    private static func sentence(_ item: Problem.Item) -> String {
        item.path == "/outcome" ? "Choose a decision." : item.message
    }

    /// Why it is too late or not for this person, in the page's own words where it has some.
    private func explanation(_ problem: Problem, _ standing: TaskStanding, _ principal: Principal) -> String {
        guard problem.code == .wrongState else { return problem.detail }
        if let decision = task.decision {
            return decision.decidedBy == principal.id
                ? "You have decided this task before, and otherwise. The decision below stands."
                : "\(decision.decidedByName) was faster and has decided this task."
        }
        switch standing {
        case .closed(let sentence): return sentence
        case .taken(let name, _): return "\(name) has taken this task meanwhile."
        case .refused, .mayDecide: return problem.detail
        }
    }
}
