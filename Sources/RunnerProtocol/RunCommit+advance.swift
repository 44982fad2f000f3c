import JSON
package import Primitives
package import Workflow

extension RunCommit {
    /// What an advance decided, as it is to be recorded.
    /// - Parameter consumed: the numbers of the delivered inputs that went into the advance; 0 (timers) is left out.
    package init(of runID: RunID, after sequence: Int64, _ advance: Advance, consumed: [Int64] = []) {
        let isFinal = advance.status.isFinal
        // `.none` and not `nil`: in a conditional expression that would be the JSON value null.
        self.init(
            runID: runID, expectedSequence: sequence, status: advance.status,
            state: isFinal ? .none : advance.state.json,
            output: advance.output, error: advance.error?.json, journal: advance.journal, opened: advance.opened,
            closed: advance.closed, timers: isFinal ? [] : OpenTimer.timers(in: advance.state.waits),
            emitted: advance.emitted, consumedInputs: consumed.filter { $0 > 0 },
            checkpoint: advance.checkpoint.map(\.json))
    }
}

extension OpenTimer {
    package static func timers(in waits: [Wait]) -> [OpenTimer] {
        waits.compactMap { wait in
            if case .timer(let dueAt) = wait.kind { OpenTimer(waitID: wait.id, dueAt: dueAt) } else { nil }
        }
    }
}
