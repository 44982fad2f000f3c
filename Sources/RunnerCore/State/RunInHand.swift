import JSON
import Primitives
import RunnerProtocol
import Workflow

/// One run that the runner has taken and not yet given back.
struct RunInHand {
    enum Stage: Equatable {
        /// Has inputs (or its start) that wait to be advanced.
        case ready
        /// Was advanced; the commit waits to be sent.
        case commitWaiting
        /// The commit is on its way in this call.
        case commitSent(SyncTicket)
        /// Its effects are queued or under way; their results will make it ready.
        case acting
    }

    let runID: RunID
    /// `nil` for a run that only ends because this runner cannot read it.
    let program: Program?
    var stage: Stage
    /// The run's transition number in the database, as far as it is confirmed.
    var sequence: Int64
    /// The run's input and acceptance, until it was started.
    var start: (input: JSONValue, acceptedAt: Timestamp)?
    var state: RunState?
    /// In the order of arrival.
    var inputs: [DeliveredInput]
    /// What is being committed; kept until its verdict.
    var commit: RunCommit?
    /// Waits whose effect is queued or under way.
    var effects: Set<String> = []
    /// Calls that were open when the run was handed out: somebody may have performed them already.
    var inherited: Set<String> = []

    /// Whether an input that the control plane hands out is new here.
    func isUnknown(_ delivered: DeliveredInput) -> Bool {
        if delivered.number > 0 {
            if inputs.contains(where: { $0.number == delivered.number }) { return false }
            return !(commit?.consumedInputs.contains(delivered.number) ?? false)
        }
        // A timer's answer has no number: it is new while its wait is open and it is not here yet.
        guard let waitID = delivered.input.waitID else { return false }
        if inputs.contains(where: { $0.input.waitID == waitID }) { return false }
        return state?.waits.contains { $0.id == waitID } ?? false
    }

    /// Calls that are open and that the runner has to perform, in the order in which they were opened.
    var openCalls: [(wait: Wait, request: CallRequest)] {
        (state?.waits ?? []).compactMap { wait in
            if case .call(let request) = wait.kind { (wait, request) } else { nil }
        }
    }
}

extension EngineInput {
    var waitID: String? {
        switch kind {
        case .start, .cancel, .reopen: nil
        case .succeeded(let waitID, _, _), .failed(let waitID, _): waitID
        }
    }
}
