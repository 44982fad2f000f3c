import Execution
import JSON
import Primitives
import Tenancy
import Workflow

/// The form on which a task is decided: the template's own fields, the outcomes, the reason and the signature.
struct DecisionForm {
    let task: HumanTask
    /// Whether the visitor's session can sign.
    let canSign: Bool
    private let fields: TaskForm
    /// The forms that outcomes have of their own, by the outcome's name.
    private let ofOutcomes: [String: TaskForm]

    init(_ task: HumanTask, canSign: Bool) {
        self.task = task
        self.canSign = canSign
        let isOnly = task.outcomes.allSatisfy { $0.form == nil }
        fields = TaskForm(task.form, insists: isOnly)
        let own = task.outcomes.enumerated().compactMap { index, outcome in
            outcome.form.map { (outcome.name, TaskForm($0, prefix: "field\(index + 1)-", insists: false)) }
        }
        ofOutcomes = Dictionary(own, uniquingKeysWith: { first, _ in first })
    }

    /// What was posted, for the form of the chosen outcome.
    func data(from posted: FormBody) -> JSONValue? { chosen(posted).data(from: posted) }

    private func chosen(_ posted: FormBody?) -> TaskForm { posted.flatMap { ofOutcomes[$0["outcome"]] } ?? fields }

    func context(_ attempt: Portal.Attempt?) -> [String: Any] {
        let posted = attempt?.form
        let sorted = attempt.map { self.chosen($0.form).sort($0.problem.items, posted: $0.form) }
        let chosen = posted?["outcome"] ?? (task.outcomes.count == 1 ? task.outcomes.first?.name : nil)
        let isReasonRequired = task.outcomes.allSatisfy(\.requiresReason)
        func mistakes(_ path: String) -> [String] {
            (sorted?.others ?? []).filter { $0.path == path }.map { Self.sentence($0) }
        }
        var context: [String: Any] = [
            "groups": groups(posted, sorted?.byField ?? [:]),
            "outcomes": task.outcomes.enumerated().map { index, outcome -> [String: Any] in
                [
                    "id": "outcome-\(index + 1)", "name": outcome.name, "label": outcome.label,
                    "needsReason": outcome.requiresReason && !isReasonRequired,
                    "needsSignature": outcome.requiresSignature && task.terms.signature?.isRequired != true,
                    "isSelected": outcome.name == chosen,
                ]
            },
            "outcomeMistakes": mistakes("/outcome"), "reason": posted?["reason"] ?? "",
            "reasonMistakes": mistakes("/reason"), "isReasonRequired": isReasonRequired,
            "longestReason": String(HumanTaskService.maximumReasonCharacters),
        ]
        if let signature = signature(posted, mistakes("/signature/meaning"), mistakes("/signature/password")) {
            context["signature"] = signature
        }
        return context
    }

    private func groups(_ posted: FormBody?, _ mistakes: [String: [String]]) -> [[String: Any]] {
        let isOfOutcome = posted.map { ofOutcomes[$0["outcome"]] != nil } ?? false
        var groups: [[String: Any]] = [
            ["fields": fields.context(posted: posted, mistakes: isOfOutcome ? [:] : mistakes)]
        ]
        for outcome in task.outcomes {
            guard let form = ofOutcomes[outcome.name] else { continue }
            let isChosen = posted?["outcome"] == outcome.name
            groups.append([
                "heading": outcome.label, "fields": form.context(posted: posted, mistakes: isChosen ? mistakes : [:]),
            ])
        }
        return groups
    }

    /// A password is never shown again, and asked for each time.
    private func signature(
        _ posted: FormBody?, _ meaningMistakes: [String], _ passwordMistakes: [String]
    ) -> [String: Any]? {
        guard let signature = task.terms.signature else { return nil }
        let meanings = signature.meanings.enumerated().map { index, meaning -> [String: Any] in
            let isSelected = posted?["meaning"] == meaning || signature.meanings.count == 1
            return ["id": "meaning-\(index + 1)", "text": meaning, "isSelected": isSelected]
        }
        return [
            "meanings": meanings, "insists": signature.isRequired, "canSign": canSign,
            "meaningMistakes": meaningMistakes, "passwordMistakes": passwordMistakes,
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
        let form = chosen(attempt.form)
        let sorted = form.sort(attempt.problem.items, posted: attempt.form)
        var mistakes: [[String: Any]] = []
        for field in form.fields {
            for message in sorted.byField[field.name] ?? [] {
                mistakes.append(["target": field.id, "message": message])
            }
        }
        for item in sorted.others {
            var mistake: [String: Any] = ["message": Self.sentence(item)]
            if let target = Self.targets[item.path] { mistake["target"] = target }
            mistakes.append(mistake)
        }
        return ["heading": "Nothing was recorded yet", "hasMistakes": true, "mistakes": mistakes]
    }

    private static let targets = [
        "/outcome": "outcome-1", "/reason": "reason", "/signature/meaning": "meaning-1",
        "/signature/password": "password",
    ]

    /// The service names outcomes by name, as a program needs it; a person picks from what is on the page.
    private static func sentence(_ item: Problem.Item) -> String {
        switch item.path {
        case "/outcome": "Choose a decision."
        case "/signature/meaning": "Choose what your signature means."
        default: item.message
        }
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
