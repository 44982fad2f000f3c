package import JSON
package import Primitives
package import Workflow

/// One call to the outside that a committed transition opened. The runner may perform it now.
package struct Effect: Sendable {
    package struct ID: Sendable, Hashable {
        package var runID: RunID
        package var waitID: String

        package init(runID: RunID, waitID: String) {
            self.runID = runID
            self.waitID = waitID
        }
    }

    package var id: ID
    package var request: CallRequest
    package var program: Program
    /// The same for every try of this effect, in whatever process.
    package var idempotencyKey: String
    /// An earlier runner may have performed it.
    package var mayHaveHappened: Bool

    package init(
        id: ID, request: CallRequest, program: Program, idempotencyKey: String, mayHaveHappened: Bool = false
    ) {
        self.id = id
        self.request = request
        self.program = program
        self.idempotencyKey = idempotencyKey
        self.mayHaveHappened = mayHaveHappened
    }
}

/// How an effect ended, as the engine takes it.
package enum EffectResult: Sendable {
    case succeeded(JSONValue)
    case failed(WorkflowError)
    /// The runner is leaving: nothing is recorded, and the next runner finds the call open.
    case givenUp
}

/// What performs effects.
package protocol EffectPerformer: Sendable {
    func perform(_ effect: Effect) async -> EffectResult
}
