import Execution
import Hummingbird
import Primitives
import Tenancy

/// What waits for the visitor.
extension Portal {
    /// Tasks on one page of the list.
    static let tasksPerPage = 50

    func taskList(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let query = request.uri.queryParameters
        let after = query["after"].map(String.init)
        let isFollowUp = query["follow-up"] != nil
        let own = after == nil && !isFollowUp ? try await ownTasks(visitor).asyncCompactMap(card) : []
        let onBehalf = after == nil && !isFollowUp ? try await tasksOnBehalf(visitor) : []
        let open = try await openTasks(visitor, after: after, followUpBy: isFollowUp ? clock.now() : nil)
        let waiting = try await open.items.filter { $0.assignee != visitor.principal.id }.asyncCompactMap(card)
        var values: [String: Any] = [
            "title": isFollowUp ? "Tasks to follow up" : "Your tasks", "own": own, "hasOwn": !own.isEmpty,
            "onBehalf": onBehalf, "hasBehalf": !onBehalf.isEmpty, "hasHeading": !own.isEmpty || !onBehalf.isEmpty,
            "waiting": waiting,
            "filter": isFollowUp
                ? ["href": "/portal", "label": "Show all tasks"]
                : ["href": "/portal?follow-up=1", "label": "Show only what is to be followed up"],
            "hasWaiting": !waiting.isEmpty, "mayChangePassword": visitor.canSign,
            "nothing": after != nil || open.next != nil
                ? "Nothing more here."
                : "Nothing else is waiting for your roles. New tasks appear here; reload the page to look again.",
        ]
        if let next = open.next { values["more"] = "/portal?after=" + next + (isFollowUp ? "&follow-up=1" : "") }
        if query["decided"] != nil { values["notice"] = "Your decision is recorded." }
        return await render("task-list", values, request, visitor)
    }

    /// The tasks for the roles that the visitor holds, wherever they are held, and those that name it; the most urgent
    /// first.
    private func openTasks(
        _ visitor: Visitor, after: String?, followUpBy moment: Timestamp?
    ) async throws -> Page<HumanTask> {
        let page = try PageRequest(limit: Self.tasksPerPage, cursor: after)
        return try await tasks(visitor, page) {
            HumanTaskService.Filter(roles: $0, person: visitor.principal, followUpBy: moment)
        }
    }

    /// What those who are away have taken, and what is for the roles that they lent.
    private func tasksOnBehalf(_ visitor: Visitor) async throws -> [[String: Any]] {
        var cards: [[String: Any]] = []
        var seen: Set<HumanTaskID> = []
        let page = try PageRequest(limit: Self.tasksPerPage)
        for substitution in try await humanTasks.substitutions.current(of: visitor.principal) {
            for task in try await humanTasks.list(for: visitor.principal, by: substitution, page: page).items
            where visitor.principal.allows(.humanTasksDecide, in: task.scope) && seen.insert(task.id).inserted {
                guard var card = try await card(task) else { continue }
                card["forAbsent"] = substitution.principalName
                cards.append(card)
            }
        }
        return cards
    }

    private func ownTasks(_ visitor: Visitor) async throws -> [HumanTask] {
        try await tasks(visitor, try PageRequest(limit: Self.tasksPerPage)) { _ in
            HumanTaskService.Filter(assignee: visitor.principal.id)
        }.items
    }

    /// One look for each scope in which the visitor holds a role: a role that is held in a plant is no role in its
    /// client, so one look at the widest scope would miss it. The looks are merged in the order of the list.
    private func tasks(
        _ visitor: Visitor, _ page: PageRequest, _ filter: (Set<Role>) -> HumanTaskService.Filter
    ) async throws -> Page<HumanTask> {
        let principal = visitor.principal
        var found: [HumanTaskID: HumanTask] = [:]
        var isMore = false
        for scope in Set(principal.bindings.filter { $0.role.holds(.humanTasksRead) }.map(\.scope)) {
            let part = try await humanTasks.list(in: scope, matching: filter(principal.roles(in: scope)), page: page)
            for task in part.items { found[task.id] = task }
            if part.next != nil { isMore = true }
        }
        let items = found.values.sorted { $0.urgency < $1.urgency }
        let shown = Array(items.prefix(page.limit))
        return Page(items: shown, next: isMore || items.count > shown.count ? shown.last?.id.description : nil)
    }

    /// What the list and the task's own page both show; `nil` for a task of a plant that is deleted.
    func card(_ task: HumanTask) async throws -> [String: Any]? {
        guard let place = try await tenants.place(of: task.scope) else { return nil }
        let time = PlantTime(zoneName: place.timeZone, now: clock.now())
        var card: [String: Any] = [
            "title": task.title, "workflow": task.workflowName, "role": Self.audience(task),
            "plant": place.name, "href": Self.path(task),
        ]
        if let dueAt = task.dueAt {
            var due = time.context(dueAt)
            due["isLate"] = task.status.isOpen && dueAt < time.now
            card["due"] = due
        }
        if task.priority != Self.usualPriority { card["urgent"] = String(task.priority) }
        if let followUpAt = task.followUpAt, task.status.isOpen { card["followUp"] = time.context(followUpAt) }
        if let name = task.assigneeName, task.status.isOpen { card["takenBy"] = name }
        return card
    }

    private static let usualPriority = 50

    /// Whom the task is for, in words.
    private static func audience(_ task: HumanTask) -> String {
        let roles = task.roles.map { EvidenceTable.words($0.rawValue) }
        let people = task.people.isEmpty ? [] : [task.people.count == 1 ? "one person" : "\(task.people.count) persons"]
        return (roles + people).joined(separator: ", ")
    }

    static func path(_ task: HumanTask) -> String {
        "/portal/plants/\(task.scope.plantID?.description ?? "")/tasks/\(task.id)"
    }
}

extension Sequence {
    fileprivate func asyncCompactMap<Value>(_ transform: (Element) async throws -> Value?) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { if let value = try await transform(element) { values.append(value) } }
        return values
    }
}
