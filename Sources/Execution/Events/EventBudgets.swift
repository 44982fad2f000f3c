import JQ
import Primitives
import Workflow

/// What asking about events may cost: filters, correlations and the expressions of policies in steps of jq, contracts in steps
/// of JSON Schema. Counted, so that the same events are refused on every machine.
package struct EventBudgets: Sendable {
    /// Of all contracts and triggers for the events that come together, and so much more for each event.
    package var batchSteps = 2_000_000
    package var stepsPerEvent = 2_000
    /// Of all runs that listen, in one transaction.
    package var deliverySteps = 20_000_000
    /// Of all transactions of events that were queued together.
    package var turnSteps = 100_000_000

    package init() {}

    /// Of one expression on one event; one that needs more fails on the event. A condition that fails does not hold.
    static let expressionSteps = 20_000
    /// Of one contract on one event. An event of the largest size is some hundred thousand values.
    static let contractSteps = 500_000

    /// A run's key or priority.
    static let expression = JQBudget(
        steps: expressionSteps, depth: 100, nesting: 64, outputs: 16, memoryBytes: 1 << 20)
    /// It may copy the data of the largest event a few times.
    static let filter = JQBudget(
        steps: expressionSteps, depth: 1_000, nesting: 256, outputs: 1_000, memoryBytes: 8 << 20)

    func allowance(forEvents count: Int) -> EvaluationAllowance {
        EvaluationAllowance(steps: batchSteps + count * stepsPerEvent)
    }

    static let tooMuchToCheck = Problem.Item(
        path: "",
        message: "The plant's contracts and triggers need more steps than they have for the events that come together. "
            + "Send fewer events at once.")
    static let tooMuchToDeliver = Problem.Item(
        path: "",
        message: "Asking the plant's runs that listen for the event needs more steps than one event has. "
            + "Make their conditions simpler, or let fewer runs listen.")
}

/// More runs listen, or with more costly conditions, than a transaction asks: it is rolled back.
struct DeliveryOverBudget: Error {}
