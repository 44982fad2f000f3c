import Database
import JSON
import Primitives
import Tenancy
import Workflow

extension HumanTask {
    static let columns: StaticString = """
        task.partner_id, task.client_id, task.plant_id, task.human_task_id, task.run_id, task.wait_id, task.workflow_id,
        workflow.name AS workflow_name, task.status, task.role, task.candidate_roles, task.candidate_people,
        task.assignee_principal_id, task.assignee_name, task.delegated_by_principal_id, task.delegated_by_name,
        task.title, task.description, task.form, task.evidence, task.outcomes, task.priority, task.four_eyes, task.terms,
        task.task_name, coalesce(task.family_run_id, task.run_id) AS family_run_id, task.initiator_principal_id,
        task.further_initiators, task.requested_by, task.further_requesters, task.opened_at, task.due_at, task.on_due,
        task.follow_up_at, task.reminders, task.reminders_sent, task.escalation, task.escalation_level,
        task.next_action_at, task.closed_at, task.outcome, decision.decisions
        """

    /// Of the values of a row that is read with `columns` and `joins`.
    static let bytes: StaticString = """
        octet_length(coalesce(task.form::text, '')) + octet_length(coalesce(task.evidence::text, ''))
        + octet_length(task.outcomes::text) + octet_length(coalesce(task.description, ''))
        + octet_length(coalesce(task.decisions::text, ''))
        """

    /// The decisions come along as one value, so that a task is one row.
    static let joins: StaticString = """
        JOIN millwright.workflow AS workflow
          ON workflow.partner_id = task.partner_id AND workflow.client_id = task.client_id
          AND workflow.plant_id = task.plant_id AND workflow.workflow_id = task.workflow_id
        CROSS JOIN LATERAL (
          SELECT json_agg(json_build_object(
            'outcome', decision.outcome, 'reason', decision.reason, 'data', decision.form_values,
            'by', decision.decided_by_principal_id, 'name', decision.decided_by_name, 'role', decision.decided_as_role,
            'at', (extract(epoch FROM decision.decided_at) * 1000000)::bigint, 'closes', decision.closes,
            'behalf', decision.on_behalf_of_principal_id, 'behalfName', decision.on_behalf_of_name,
            'meaning', decision.signature_meaning) ORDER BY decision.ordinal) AS decisions
          FROM millwright.human_task_decision AS decision
          WHERE decision.partner_id = task.partner_id AND decision.client_id = task.client_id
            AND decision.plant_id = task.plant_id AND decision.human_task_id = task.human_task_id
        ) AS decision
        """

    init(row: Row) throws {
        let decisions = try row.decode("decisions", as: JSONValue?.self)?.arrayValue ?? []
        let (behalf, role) = (try row.person("delegated_by"), try row.decode("role", as: Role?.self))
        self.init(
            id: try row.decode("human_task_id"), scope: try row.scope(), runID: try row.decode("run_id"),
            waitID: try row.decode("wait_id"), workflowID: try row.decode("workflow_id"),
            workflowName: try row.decode("workflow_name"), status: try row.decode("status"),
            roles: try [role].compactMap { $0 } + row.decode("candidate_roles", as: [Role].self),
            people: try row.decode("candidate_people"),
            assignee: try row.decode("assignee_principal_id", as: PrincipalID?.self),
            assigneeName: try row.decode("assignee_name", as: String?.self), delegatedBy: behalf,
            title: try row.decode("title"), description: try row.decode("description", as: String?.self),
            form: try row.decode("form", as: JSONValue?.self),
            evidence: try row.decode("evidence", as: JSONValue?.self),
            outcomes: try row.decode("outcomes", as: JSONValue.self).outcomes, priority: try row.decode("priority"),
            fourEyes: try row.decode("four_eyes"), terms: HumanTaskTerms(json: try row.decode("terms")),
            taskName: try row.decode("task_name", as: String?.self), familyRunID: try row.decode("family_run_id"),
            initiators: try row.initiators(), requesters: try row.requesters(),
            openedAt: try row.decode("opened_at"), dueAt: try row.decode("due_at", as: Timestamp?.self),
            onDue: try row.decode("on_due"), followUpAt: try row.decode("follow_up_at", as: Timestamp?.self),
            reminders: try row.decode("reminders"), remindersSent: try row.decode("reminders_sent"),
            escalation: try row.decode("escalation", as: JSONValue?.self)?.escalation ?? [],
            escalationLevel: try row.decode("escalation_level"),
            nextActionAt: try row.decode("next_action_at", as: Timestamp?.self),
            closedAt: try row.decode("closed_at", as: Timestamp?.self),
            outcome: try row.decode("outcome", as: String?.self), decisions: try decisions.map(Decision.init(stored:)))
        if outcome == nil { outcome = decision?.outcome }
    }
}

extension Row {
    fileprivate func person(_ prefix: StaticString) throws -> HumanTask.PersonName? {
        guard let id = try decode("\(prefix)_principal_id", as: PrincipalID?.self) else { return nil }
        return .init(id: id, name: try decode("\(prefix)_name"))
    }

    fileprivate func initiators() throws -> [PrincipalID] {
        [try decode("initiator_principal_id", as: PrincipalID?.self)].compactMap { $0 }
            + (try decode("further_initiators", as: [PrincipalID].self))
    }

    fileprivate func requesters() throws -> [String] {
        [try decode("requested_by", as: String?.self)].compactMap { $0 }
            + (try decode("further_requesters", as: [String].self))
    }
}

extension HumanTask.Decision {
    /// As `HumanTask.joins` puts it together.
    fileprivate init(stored: JSONValue) throws {
        func id(_ name: String) -> PrincipalID? { stored[name]?.stringValue.flatMap { PrincipalID($0) } }
        guard let outcome = stored["outcome"]?.stringValue, let decidedBy = id("by"),
            let name = stored["name"]?.stringValue, let moment = stored["at"]?.intValue
        else { throw Problem(.internalError, "A decision cannot be read.") }
        self.init(
            outcome: outcome, reason: stored["reason"]?.stringValue,
            data: stored["data"].flatMap { $0.isNull ? .none : $0 }, decidedBy: decidedBy, decidedByName: name,
            role: stored["role"]?.stringValue.flatMap(Role.init(rawValue:)),
            decidedAt: Timestamp(unixMicroseconds: Int64(moment)), closes: stored["closes"]?.boolValue ?? true,
            onBehalfOf: id("behalf").map { .init(id: $0, name: stored["behalfName"]?.stringValue ?? "") },
            signatureMeaning: stored["meaning"]?.stringValue)
    }
}
