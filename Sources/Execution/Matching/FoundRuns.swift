import Primitives
import Workflow

/// The runs that events start, found before their transaction: only those of events of which something must be computed
/// for that (`PlantTriggers.computes`), so that most plants have none.
struct FoundRuns: Sendable {
    /// Of the triggers that were asked; `nil` when several were.
    private var revision: Int64?
    private(set) var runs: [EventRecordID: [NewRun]] = [:]

    init(of triggers: PlantTriggers) { revision = triggers.revision }

    /// What was found for several submissions.
    init(joining all: some Collection<FoundRuns>) {
        revision = all.first?.revision
        for found in all where !found.runs.isEmpty { runs.merge(found.runs) { first, _ in first } }
        if all.contains(where: { $0.revision != revision }) { revision = nil }
    }

    /// Answers whether the allowance was enough; if not, the event must not be taken.
    mutating func find(
        _ event: EventRecord, _ triggers: PlantTriggers, causes: RunCauses, _ allowance: inout EvaluationAllowance
    ) -> Bool {
        guard triggers.computes(event.type) else { return true }
        guard !allowance.isSpent else { return false }
        runs[event.id] = triggers.runs(startedBy: event, causes: causes, &allowance)
        return !allowance.isSpent
    }

    /// The same under the triggers as they are now.
    /// - Throws: `.tooManyRequests` when they were changed meanwhile and ask for more than is allowed. Who sends the events
    ///   again hears which of them.
    func current(_ events: [EventRecord], _ triggers: PlantTriggers, _ budgets: EventBudgets) async throws(Problem)
        -> FoundRuns
    {
        if revision == triggers.revision { return self }
        var current = FoundRuns(of: triggers)
        var allowance = EvaluationAllowance(steps: budgets.deliverySteps)
        for event in events {
            guard current.find(event, triggers, causes: EventAdmission.causes(of: event), &allowance) else {
                throw Problem(
                    .tooManyRequests, "The plant's workflows were changed meanwhile. Send the events again.")
            }
            if allowance.wantsRest { await allowance.rest() }
        }
        return current
    }
}
