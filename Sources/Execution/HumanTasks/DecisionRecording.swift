import Database
import JSON
import Primitives
import Tenancy
import Workflow

/// What a decision leaves behind: its own row and, when it closes the task, the end of the task and the answer to the run.
struct DecisionRecording {
    let task: HumanTask
    let plant: PlantKey
    let actor: Actor
    let now: Timestamp
    let decision: HumanTask.Decision
    /// What comes of the task; `nil` while others must decide.
    let outcome: String?

    /// - Parameter able: how many people could decide after this one.
    init(
        task: HumanTask, decision: HumanTask.Decision, plant: PlantKey, actor: Actor, able: Int, now: Timestamp
    ) {
        self.task = task
        self.plant = plant
        self.actor = actor
        self.now = now
        outcome = TaskTally(task, adding: decision.outcome).closing(able: able)
        var decision = decision
        decision.closes = outcome != nil
        self.decision = decision
    }

    var closes: Bool { outcome != nil }

    /// The task as it is afterwards.
    var result: HumanTask {
        var task = task
        task.decisions.append(decision)
        guard let outcome else { return task }
        task.status = .decided
        task.assignee = decision.decidedBy
        task.assigneeName = decision.decidedByName
        task.closedAt = now
        task.outcome = outcome
        return task
    }

    private var ordinal: Int { task.decisions.count + 1 }

    var statements: [Statement] {
        var statements = [
            insertion,
            UsageRecord(.humanDecisions, of: task.id.raw, sequence: Int64(ordinal), quantity: 1, at: now)
                .insertion(in: plant),
            audit,
        ]
        guard let outcome else { return statements }
        let person = HumanTask.PersonName(id: decision.decidedBy, name: decision.decidedByName)
        statements.append(task.closing(as: .decided, outcome: outcome, assignee: person, plant, at: now))
        let answer = result.answer(outcome: outcome, by: outcome == decision.outcome ? decision : nil, at: now)
        statements.append(task.answering(answer, by: answeredBy, plant, at: now))
        let detail: JSONValue = ["outcome": .string(outcome), "by": .string(decision.decidedByName)]
        if let telling = TaskAnnouncement.insertion(.decided, of: task, detail, plant, at: now) {
            statements.append(telling)
        }
        return statements
    }

    private var insertion: Statement {
        """
        INSERT INTO millwright.human_task_decision (
          partner_id, client_id, plant_id, human_task_id, ordinal, closes, outcome, reason, form_values,
          decided_by_principal_id, decided_by_name, decided_as_role, decided_at, on_behalf_of_principal_id,
          on_behalf_of_name, signature_meaning)
        VALUES (
          \(fragment: plant.values), \(task.id), \(Int32(ordinal)), \(closes), \(decision.outcome),
          \(decision.reason as String?), \(ExactJSON(decision.data) as ExactJSON?), \(decision.decidedBy),
          \(decision.decidedByName), \(decision.role as Role?), \(now),
          \(decision.onBehalfOf?.id as PrincipalID?), \(decision.onBehalfOf?.name as String?),
          \(decision.signatureMeaning as String?))
        """
    }

    private var audit: Statement {
        var new: JSONObject = [
            "status": .string(result.status.rawValue), "outcome": .string(decision.outcome),
        ]
        if let outcome, outcome != decision.outcome { new["taskOutcome"] = .string(outcome) }
        if let absent = decision.onBehalfOf { new["onBehalfOf"] = .string(absent.id.description) }
        if let meaning = decision.signatureMeaning { new["signatureMeaning"] = .string(meaning) }
        return AuditEntry(
            closes ? "human-task.decided" : "human-task.voted", objectType: "human-task",
            objectID: task.id.description, old: task.audited, new: .object(new), reason: decision.reason, by: actor
        ).insertion(in: plant.scope)
    }

    private var answeredBy: JSONValue {
        [
            "principal": .string(decision.decidedBy.description), "name": .string(decision.decidedByName),
            "role": decision.role.map { .string($0.rawValue) } ?? .null, "humanTask": .string(task.id.description),
        ]
    }
}
