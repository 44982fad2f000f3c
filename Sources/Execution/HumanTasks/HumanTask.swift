package import JSON
package import Primitives
package import Tenancy
package import Workflow

/// Work for people.
package struct HumanTask: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case open, claimed, decided, expired, cancelled
        package var isOpen: Bool { self == .open || self == .claimed }
    }

    package struct Decision: Sendable, Hashable {
        package var outcome: String
        package var reason: String?
        /// What was filled into the form.
        package var data: JSONValue?
        package var decidedBy: PrincipalID
        package var decidedByName: String
        /// `nil` for somebody who was named as a person.
        package var role: Role?
        package var decidedAt: Timestamp
        /// The task is closed by this one; the others of a quorum are not.
        package var closes = true
        /// Who was away, or had handed the task on: both count.
        package var onBehalfOf: PersonName?
        package var signatureMeaning: String?

        /// Everybody who counts as having decided.
        package var people: Set<PrincipalID> { onBehalfOf.map { [decidedBy, $0.id] } ?? [decidedBy] }
    }

    package struct PersonName: Sendable, Hashable {
        package var id: PrincipalID
        package var name: String

        package init(id: PrincipalID, name: String) {
            self.id = id
            self.name = name
        }
    }

    package var id: HumanTaskID
    package var scope: TenantScope
    package var runID: RunID
    package var waitID: String
    package var workflowID: WorkflowID
    package var workflowName: String
    package var status: Status
    /// Who may decide: everybody with one of these roles, …
    package var roles: [Role]
    /// … and these persons, by identifier or by mail address in lower case.
    package var people: [String]
    package var assignee: PrincipalID?
    package var assigneeName: String?
    package var delegatedBy: PersonName?
    package var title: String
    package var description: String?
    /// A JSON Schema.
    package var form: JSONValue?
    package var evidence: JSONValue?
    package var outcomes: [HumanTaskArguments.Outcome]
    package var priority: Int
    package var fourEyes: Bool
    package var terms: HumanTaskTerms
    /// The task of the definition; `nil` for tasks from before it was kept.
    package var taskName: String?
    /// The first run of the parents and children that its run is one of.
    package var familyRunID: RunID
    /// Everybody who caused the run.
    package var initiators: [PrincipalID]
    /// Whom the data of the run names as having asked for it.
    package var requesters: [String]
    package var openedAt: Timestamp
    package var dueAt: Timestamp?
    package var onDue: HumanTaskArguments.OnDue
    package var followUpAt: Timestamp?
    package var reminders: [Timestamp]
    package var remindersSent: Int
    package var escalation: [HumanTaskArguments.Escalation]
    package var escalationLevel: Int
    package var nextActionAt: Timestamp?
    package var closedAt: Timestamp?
    /// What came of it.
    package var outcome: String?
    /// In their order; only the last one closes.
    package var decisions: [Decision]
}

extension HumanTask {
    /// The decision that closed the task.
    package var decision: Decision? { decisions.first { $0.closes } }
    package var requestedBy: String? { requesters.first }
    /// The first of the roles, for those who show one.
    package var role: Role? { roles.first }

    /// The form that an outcome asks for: its own, or the task's.
    package func form(for outcome: String) -> JSONValue? {
        outcomes.first { $0.name == outcome }?.form ?? form
    }

    package func requiresSignature(for outcome: String) -> Bool {
        terms.signature?.isRequired == true || outcomes.contains { $0.name == outcome && $0.requiresSignature }
    }

    /// How a reader orders tasks: the most urgent first.
    package var urgency: Urgency { Urgency(priority: priority, dueAt: dueAt, id: id) }

    package struct Urgency: Sendable, Hashable, Comparable {
        var priority: Int
        var dueAt: Timestamp?
        var id: HumanTaskID

        package static func < (left: Self, right: Self) -> Bool {
            if left.priority != right.priority { return left.priority > right.priority }
            if left.dueAt != right.dueAt {
                guard let due = left.dueAt else { return false }
                return right.dueAt.map { due < $0 } ?? true
            }
            return left.id < right.id
        }
    }

    var clock: TaskClock {
        TaskClock(
            openedAt: openedAt, dueAt: dueAt, onDue: onDue, escalations: escalation.map(\.afterSeconds),
            escalationLevel: escalationLevel, reminders: reminders, remindersSent: remindersSent)
    }

    /// What the audit shows of a task.
    var audited: JSONValue {
        var object: JSONObject = [
            "status": .string(status.rawValue), "roles": .texts(roles.map(\.rawValue)),
            "assignee": assignee.map { .string($0.description) } ?? .null,
            "escalationLevel": JSONValue(escalationLevel),
        ]
        if !people.isEmpty { object["principals"] = .texts(people) }
        if let delegatedBy { object["delegatedBy"] = .string(delegatedBy.id.description) }
        if !decisions.isEmpty { object["decisions"] = JSONValue(decisions.count) }
        return .object(object)
    }
}
