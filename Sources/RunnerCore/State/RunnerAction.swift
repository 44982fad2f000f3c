package import JSON
package import Primitives
package import RunnerProtocol
package import Workflow

/// Names one call of `sync` among those under way.
package struct SyncTicket: Sendable, Hashable {
    package var number: Int
}

/// What the machine wants done. The loop performs it and tells the outcome.
package enum RunnerAction: Sendable {
    case sync(SyncTicket, SyncRequest)
    case perform(Effect)
    case giveUp(Effect.ID)
    /// Ask `advanceJob`, compute, and tell `advanced`.
    case advance(RunID)
    /// Let others have the thread, then go on.
    case yield
    case adopt(PlantSettings)
    /// Tell `backoffElapsed` after this time.
    case pause(seconds: Double)
    /// Tell `drainDeadlinePassed` after this time.
    case armDrainDeadline(seconds: Double)
    case log(RunnerNotice)
    case stop(RunnerEnd)
}

/// How the runner leaves.
package enum RunnerEnd: Int32, Sendable {
    case drained = 0
    /// A newer epoch has the plant.
    case superseded = 3
    /// It was asked to leave and had to leave something open, which the next runner takes up.
    case drainedIncompletely = 4
}

/// Things worth a line in the log.
package enum RunnerNotice: Sendable {
    case ready
    case controlPlaneLost(String)
    case controlPlaneBack
    case requestRejected(status: Int, reason: String, commits: Int)
    case commitTooLarge(RunID, limitBytes: Int)
    case runDropped(RunID, CommitVerdict)
    case runUnusable(RunID, String)
    case draining(runs: Int, effects: Int)
    case leftOpen(runs: Int)
}

/// One computation for the engine.
package struct AdvanceJob: Sendable {
    package var engine: Engine
    package var state: RunState?
    package var start: (input: JSONValue, acceptedAt: Timestamp)?
    package var inputs: [EngineInput]

    /// Not to be guessed. A run that is begun again after a crash gets another: nothing of the first was performed.
    private static func nonce() -> String {
        String(Chance.next(), radix: 36) + String(Chance.next(), radix: 36)
    }

    package func run() -> Advance {
        if let state { return engine.advance(state, inputs) }
        let advance = engine.start(
            input: start?.input ?? .null, at: start?.acceptedAt ?? Timestamp(unixMicroseconds: 0),
            secretNonce: Self.nonce())
        guard !inputs.isEmpty, !advance.status.isFinal else { return advance }
        return advance.followed(by: engine.advance(advance.state, inputs))
    }
}
