import Primitives
import Workflow

extension EventIntake {
    /// The way when more runs listen, or with more costly conditions, than one transaction asks: each event has a transaction
    /// of its own, and others take their turns in between. What one transaction cannot deliver is refused by that limit; what
    /// is left when the allowance is spent is not taken, and its sender told to come back: what was stored by then is a
    /// duplicate, which costs nothing.
    func storeOneByOne(_ submission: Submission, _ plant: PlantKey, _ allowance: inout EvaluationAllowance) async {
        do {
            var outcomes: [EventOutcome] = []
            outcomes.reserveCapacity(submission.events.count)
            for event in submission.events {
                guard !allowance.isSpent else {
                    throw Problem(
                        .tooManyRequests,
                        "Too many runs of the plant listen for these events at once. Send fewer, or again soon.")
                }
                turns.giveBack()
                await turns.take()
                outcomes.append(try await storeAlone(event, submission.found, plant, &allowance))
            }
            submission.answer.resume(returning: outcomes)
        } catch {
            submission.answer.resume(throwing: error)
        }
    }

    private func storeAlone(
        _ event: EventRecord, _ found: FoundRuns, _ plant: PlantKey, _ allowance: inout EvaluationAllowance
    ) async throws -> EventOutcome {
        do {
            guard let outcome = try await store([event], found, plant, &allowance).first else {
                throw Problem(.internalError, "An event was lost on its way.")
            }
            return outcome
        } catch is DeliveryOverBudget {
            return .refused([EventBudgets.tooMuchToDeliver])
        }
    }
}
