import DequeModule
import JSON
package import Primitives
import RunnerProtocol
import Workflow

/// The runner as a pure machine: what happened goes in, what to do comes out. It reads no clock and does no I/O.
///
/// The rule that everything here serves: an effect is performed only after the transition that opened it is known to be
/// recorded, and a result is kept until the transition that takes it in is recorded.
package struct RunnerState {
    /// At most this many calls of `sync` at once: one that fetches (and may be held open), and others that only commit. With
    /// one of these alone the runner would wait for each flush of the database.
    static let maximumSyncs = 3

    struct SyncUnderWay {
        var runs: [RunID]
        var capacity: Int
        var isFetch: Bool
        var isFirst: Bool
        var isFarewell: Bool
    }

    let limits: RunnerLimits
    let identity: RunnerIdentity
    var maximumRuns: Int
    var maximumEffects: Int
    var settingsRevision: Int64 = 0
    var programs: ProgramCache
    var memory: RunMemory

    var runs: [RunID: RunInHand] = [:]
    var advanceQueue: Deque<RunID> = []
    var commitQueue: Deque<RunID> = []
    var effectQueue: Deque<Effect> = []
    var effectsUnderWay: Set<Effect.ID> = []

    var syncs: [SyncTicket: SyncUnderWay] = [:]
    var nextTicket = 1
    /// The control plane must say again what it handed out: at the start, and when an answer was lost.
    var needsEverythingAgain = true
    var isReady = false
    var failedSyncs = 0
    var isBackingOff = false
    var commitsPerSync: Int

    var isDraining = false
    var end: RunnerEnd?
    var advancesInSlice = 0
    var pending: Deque<RunnerAction> = []

    package init(identity: RunnerIdentity, limits: RunnerLimits) {
        self.identity = identity
        self.limits = limits
        maximumRuns = limits.maximumRunsInHand
        maximumEffects = limits.maximumEffects
        commitsPerSync = limits.commitsPerSync
        programs = ProgramCache(limit: limits.definitions)
        memory = RunMemory(limit: limits.remembered)
    }

    package var runsInHand: Int { runs.count }

    /// The next thing to do; `nil` when only an event can change that. Ask until `nil`.
    package mutating func nextAction() -> RunnerAction? {
        if let action = pending.popFirst() { return action }
        guard end == nil else { return nil }
        if let effect = nextEffect() { return .perform(effect) }
        if let sync = nextCommit() { return sync }
        if !advanceQueue.isEmpty {
            guard advancesInSlice < limits.advancesPerSlice else {
                advancesInSlice = 0
                return .yield
            }
            advancesInSlice += 1
            if let runID = advanceQueue.popFirst() { return .advance(runID) }
        }
        advancesInSlice = 0
        return isDraining ? nextFarewell() : nextPoll()
    }

    private mutating func nextEffect() -> Effect? {
        guard effectsUnderWay.count < maximumEffects, let effect = effectQueue.popFirst() else { return nil }
        effectsUnderWay.insert(effect.id)
        return effect
    }
}

/// Who this runner is to the control plane.
package struct RunnerIdentity: Sendable {
    package var runnerID: RunnerID
    package var epoch: Int64
    package var publicKey: [UInt8]

    package init(runnerID: RunnerID, epoch: Int64, publicKey: [UInt8]) {
        self.runnerID = runnerID
        self.epoch = epoch
        self.publicKey = publicKey
    }
}

/// The last transitions of runs that were let go. A message that was on its way meanwhile may still speak of an earlier
/// one; taking it up would perform an effect again whose result is already recorded.
struct RunMemory {
    private let limit: Int
    private var sequences: [RunID: Int64] = [:]
    private var order: Deque<RunID> = []

    init(limit: Int) { self.limit = limit }

    func isOutdated(_ runID: RunID, sequence: Int64) -> Bool {
        sequences[runID].map { sequence < $0 } ?? false
    }

    mutating func remember(_ runID: RunID, sequence: Int64) {
        if sequences.updateValue(sequence, forKey: runID) == nil { order.append(runID) }
        while order.count > limit, let oldest = order.popFirst() { sequences[oldest] = nil }
    }
}
