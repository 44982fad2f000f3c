import Execution
import Primitives
import Tenancy

/// What a visitor can do with a task at this moment, and the sentence that says so.
enum TaskStanding {
    /// Nobody can do anything any more.
    case closed(String)
    /// Somebody else is on it. Whoever operates runs may take it away.
    case taken(String, mayRelease: Bool)
    case refused(String)
    case mayDecide(isOwn: Bool)

    init(_ task: HumanTask, _ principal: Principal) {
        switch task.status {
        case .decided: self = .closed("This task is decided.")
        case .expired: self = .closed("This task has expired: nobody decided it in time.")
        case .cancelled: self = .closed("This task is no longer needed: its run went on without it.")
        case .open, .claimed: self = Self.ofOpen(task, principal)
        }
    }

    private static func ofOpen(_ task: HumanTask, _ principal: Principal) -> TaskStanding {
        guard principal.allows(.humanTasksDecide, in: task.scope) else {
            return .refused("You can read this task. Your roles here do not decide tasks.")
        }
        do {
            try HumanTaskService.checkMayDecide(principal, task)
        } catch {
            return .refused(error.detail)
        }
        if task.status == .claimed, task.assignee != principal.id {
            return .taken(
                task.assigneeName ?? "Somebody else", mayRelease: principal.allows(.runsOperate, in: task.scope))
        }
        return .mayDecide(isOwn: task.status == .claimed)
    }

    var isDecidable: Bool { if case .mayDecide = self { true } else { false } }

    /// - Parameter path: of the task's page.
    func context(_ path: String) -> [String: Any]? {
        switch self {
        case .closed(let sentence), .refused(let sentence): ["sentence": sentence, "isAction": false]
        case .taken(let name, let mayRelease):
            [
                "sentence": "\(name) has taken this task.", "isAction": mayRelease, "action": path + "/release",
                "button": "Release it",
            ]
        case .mayDecide(isOwn: true):
            [
                "sentence": "You have taken this task.", "isAction": true, "action": path + "/release",
                "button": "Give it back",
            ]
        case .mayDecide(isOwn: false):
            [
                "sentence": "Take the task if you need time: others then see that you are on it.", "isAction": true,
                "action": path + "/claim", "button": "Take this task",
            ]
        }
    }
}
