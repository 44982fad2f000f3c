import Execution
import Primitives
import RunnerProtocol
import Workflow

/// What was computed and what was promised, to be compared with what is recorded.
struct SimulationLedger {
    /// A transition as some runner computed it.
    struct Transition {
        var base: UInt64
        var result: UInt64
        var entries: [Entry]
    }

    /// An entry of the journal, as far as it is compared.
    struct Entry: Hashable {
        var ordinal: Int
        var kind: String
        var task: String?
        var attempt: Int

        var words: String { "\(ordinal) \(kind) \(task ?? "") \(attempt)" }
    }

    struct Decision {
        var person: PrincipalID
        var outcome: String
    }

    private(set) var transitions: [RunID: [Int64: [Transition]]] = [:]
    /// The decisions that people were told were taken.
    var decisions: [HumanTaskID: [Decision]] = [:]
    /// Runs that somebody was told are cancelled.
    var cancelled: Set<RunID> = []
    /// Runs that somebody was told are there.
    var started: Set<RunID> = []
    /// When the timers of runs are due at the earliest, as their commits say.
    private(set) var dues: [RunID: [String: Timestamp]] = [:]

    mutating func add(_ commit: RunCommit, _ computed: SimulatedRunner.Computed?) {
        for timer in commit.timers {
            let known = dues[commit.runID]?[timer.waitID] ?? timer.dueAt
            dues[commit.runID, default: [:]][timer.waitID] = min(known, timer.dueAt)
        }
        guard let computed else { return }
        let entries = commit.journal.map {
            Entry(ordinal: $0.ordinal, kind: $0.kind.rawValue, task: $0.taskReference, attempt: $0.attempt)
        }
        let transition = Transition(base: computed.base, result: computed.result, entries: entries)
        let known = transitions[commit.runID]?[commit.expectedSequence + 1] ?? []
        let isKnown = known.contains {
            $0.base == transition.base && $0.result == transition.result && $0.entries == transition.entries
        }
        if !isKnown {
            transitions[commit.runID, default: [:]][commit.expectedSequence + 1, default: []].append(transition)
        }
    }
}
