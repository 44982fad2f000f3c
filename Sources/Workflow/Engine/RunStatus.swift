/// Where a run stands. `completed`, `faulted` and `cancelled` are final.
package enum RunStatus: String, Sendable, Hashable, CaseIterable {
    /// Accepted and stored; no step has been taken yet.
    case pending
    /// A runner has it: it computes, or an effect that the runner performs is under way.
    case running
    /// It waits for the world: a person, a timer, an event or another run.
    case waiting
    /// An operator stopped it; nothing happens until it is resumed.
    case suspended
    case completed
    case faulted
    case cancelled

    package var isFinal: Bool {
        switch self {
        case .completed, .faulted, .cancelled: true
        case .pending, .running, .waiting, .suspended: false
        }
    }
}
