import Database
package import JSON
package import Primitives
package import Tenancy

/// Work for a person.
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
        package var role: Role
        package var decidedAt: Timestamp
    }

    package var id: HumanTaskID
    package var scope: TenantScope
    package var runID: RunID
    package var waitID: String
    package var workflowID: WorkflowID
    package var workflowName: String
    package var status: Status
    package var role: Role
    package var assignee: PrincipalID?
    package var assigneeName: String?
    package var title: String
    package var description: String?
    /// A JSON Schema.
    package var form: JSONValue?
    package var evidence: JSONValue?
    package var outcomes: [HumanTaskSpecification.Outcome]
    package var priority: Int
    package var fourEyes: Bool
    package var initiator: PrincipalID?
    package var requestedBy: String?
    package var openedAt: Timestamp
    package var dueAt: Timestamp?
    package var onDue: HumanTaskSpecification.OnDue
    package var escalation: [HumanTaskSpecification.Escalation]
    package var escalationLevel: Int
    package var closedAt: Timestamp?
    package var decision: Decision?
}

extension HumanTask {
    static let columns: StaticString = """
        task.partner_id, task.client_id, task.plant_id, task.human_task_id, task.run_id, task.wait_id, task.workflow_id,
        workflow.name AS workflow_name, task.status, task.role, task.assignee_principal_id, task.assignee_name, task.title,
        task.description, task.form, task.evidence, task.outcomes, task.priority, task.four_eyes,
        task.initiator_principal_id, task.requested_by, task.opened_at, task.due_at, task.on_due, task.escalation,
        task.escalation_level, task.closed_at, decision.outcome, decision.reason, decision.form_values,
        decision.decided_by_principal_id, decision.decided_by_name, decision.decided_as_role, decision.decided_at
        """

    static let joins: StaticString = """
        JOIN millwright.workflow AS workflow
          ON workflow.partner_id = task.partner_id AND workflow.client_id = task.client_id
          AND workflow.plant_id = task.plant_id AND workflow.workflow_id = task.workflow_id
        LEFT JOIN millwright.human_task_decision AS decision
          ON decision.partner_id = task.partner_id AND decision.client_id = task.client_id
          AND decision.plant_id = task.plant_id AND decision.human_task_id = task.human_task_id
        """

    init(row: Row) throws {
        self.init(
            id: try row.decode("human_task_id"), scope: try row.scope(), runID: try row.decode("run_id"),
            waitID: try row.decode("wait_id"), workflowID: try row.decode("workflow_id"),
            workflowName: try row.decode("workflow_name"), status: try row.decode("status"),
            role: try row.decode("role"), assignee: try row.decode("assignee_principal_id", as: PrincipalID?.self),
            assigneeName: try row.decode("assignee_name", as: String?.self), title: try row.decode("title"),
            description: try row.decode("description", as: String?.self),
            form: try row.decode("form", as: JSONValue?.self),
            evidence: try row.decode("evidence", as: JSONValue?.self),
            outcomes: try row.decode("outcomes", as: JSONValue.self).outcomes, priority: try row.decode("priority"),
            fourEyes: try row.decode("four_eyes"),
            initiator: try row.decode("initiator_principal_id", as: PrincipalID?.self),
            requestedBy: try row.decode("requested_by", as: String?.self), openedAt: try row.decode("opened_at"),
            dueAt: try row.decode("due_at", as: Timestamp?.self), onDue: try row.decode("on_due"),
            escalation: try row.decode("escalation", as: JSONValue?.self)?.escalation ?? [],
            escalationLevel: try row.decode("escalation_level"),
            closedAt: try row.decode("closed_at", as: Timestamp?.self), decision: try Decision(row: row))
    }
}

extension HumanTask.Decision {
    fileprivate init?(row: Row) throws {
        guard let outcome = try row.decode("outcome", as: String?.self) else { return nil }
        self.init(
            outcome: outcome, reason: try row.decode("reason", as: String?.self),
            data: try row.decode("form_values", as: JSONValue?.self),
            decidedBy: try row.decode("decided_by_principal_id"), decidedByName: try row.decode("decided_by_name"),
            role: try row.decode("decided_as_role"), decidedAt: try row.decode("decided_at"))
    }
}

extension JSONValue {
    fileprivate var outcomes: [HumanTaskSpecification.Outcome] {
        (arrayValue ?? []).compactMap { element in
            guard let name = element["name"]?.stringValue else { return nil }
            return .init(
                name: name, label: element["label"]?.stringValue ?? name,
                requiresReason: element["requiresReason"]?.boolValue ?? false)
        }
    }

    var escalation: [HumanTaskSpecification.Escalation] {
        (arrayValue ?? []).compactMap { element in
            guard let role = element["role"]?.stringValue.flatMap(Role.init(rawValue:)) else { return nil }
            return .init(afterSeconds: element["afterSeconds"]?.doubleValue ?? 0, role: role)
        }
    }
}
