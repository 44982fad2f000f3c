import Execution
import Primitives
import Tenancy
import Workflow

/// What a visitor can do with a task at this moment, and the sentence that says so.
enum TaskStanding {
    /// Nobody can do anything any more.
    case closed(String)
    /// Somebody else is on it. Whoever operates runs may take it away.
    case taken(String, mayRelease: Bool)
    case refused(String)
    /// `behalf` is who is away, when the visitor stands in.
    case mayDecide(isOwn: Bool, behalf: HumanTask.PersonName?)

    /// - Parameters:
    ///   - objection: why the visitor may not decide for itself.
    ///   - behalf: for whom it may, then.
    init(_ task: HumanTask, _ principal: Principal, objection: Problem?, behalf: HumanTask.PersonName?) {
        switch task.status {
        case .decided: self = .closed("This task is decided.")
        case .expired: self = .closed("This task has expired: nobody decided it in time.")
        case .cancelled: self = .closed("This task is no longer needed: its run went on without it.")
        case .open, .claimed: self = Self.ofOpen(task, principal, objection, behalf)
        }
    }

    private static func ofOpen(
        _ task: HumanTask, _ principal: Principal, _ objection: Problem?, _ behalf: HumanTask.PersonName?
    ) -> TaskStanding {
        guard principal.allows(.humanTasksDecide, in: task.scope) else {
            return .refused("You can read this task. Your roles here do not decide tasks.")
        }
        if let own = task.decisions.first(where: { $0.people.contains(principal.id) }) {
            return .refused("You have decided: \(task.label(of: own.outcome)). Others decide this task with you.")
        }
        if let objection, behalf == nil { return .refused(objection.detail) }
        if task.status == .claimed, task.assignee != principal.id, task.assignee != behalf?.id || behalf == nil {
            return .taken(
                task.assigneeName ?? "Somebody else", mayRelease: principal.allows(.runsOperate, in: task.scope))
        }
        return .mayDecide(isOwn: task.assignee == principal.id && task.status == .claimed, behalf: behalf)
    }

    var isDecidable: Bool { if case .mayDecide = self { true } else { false } }

    var behalf: HumanTask.PersonName? { if case .mayDecide(_, let behalf) = self { behalf } else { nil } }

    /// - Parameter path: of the task's page.
    func context(_ path: String, _ task: HumanTask) -> [String: Any]? {
        switch self {
        case .closed(let sentence), .refused(let sentence): ["sentence": sentence, "isAction": false]
        case .taken(let name, let mayRelease):
            [
                "sentence": "\(name) has taken this task.", "isAction": mayRelease, "action": path + "/release",
                "button": "Release it",
            ]
        case .mayDecide(_, let behalf?):
            ["sentence": "You stand in for \(behalf.name): what you decide counts for both.", "isAction": false]
        case .mayDecide(isOwn: true, _):
            [
                "sentence": task.delegatedBy.map { "\($0.name) has handed this task on to you." }
                    ?? "You have taken this task.", "isAction": true, "action": path + "/release",
                "button": "Give it back",
            ]
        case .mayDecide where task.terms.quorum != nil:
            ["sentence": "Several people decide this task. Decide it with the others.", "isAction": false]
        case .mayDecide:
            [
                "sentence": "Take the task if you need time: others then see that you are on it.", "isAction": true,
                "action": path + "/claim", "button": "Take this task",
            ]
        }
    }
}

extension HumanTask {
    func label(of outcome: String) -> String { outcomes.first { $0.name == outcome }?.label ?? outcome }
}
