import JSON
import Primitives
import RunnerCore
import RunnerProtocol
import Workflow

/// A runner: the real machine, and what it has under way. What it wants of the world, the world is told.
final class SimulatedRunner {
    enum Wish {
        case call(SyncTicket, SyncRequest)
        case perform(Effect)
        case giveUp(Effect.ID)
        case wake(seconds: Double, isDrainDeadline: Bool)
        case leave(RunnerEnd)
    }

    /// What an advance came from and led to, until its commit is sent.
    struct Computed {
        var base: UInt64
        var result: UInt64
    }

    let epoch: Int64
    let clock: SimulatedClock
    private(set) var state: RunnerState
    private(set) var computed: [RunID: Computed] = [:]
    /// A newer epoch has begun, and nobody could tell this one. It can call the control plane still, and no longer act on
    /// systems that do not honour keys: whoever replaces a runner has ended it or its way out first.
    var isReplaced = false
    var isGone = false

    init(runnerID: RunnerID, epoch: Int64, clock: SimulatedClock) {
        self.epoch = epoch
        self.clock = clock
        var limits = RunnerLimits()
        limits.maximumRunsInHand = 20
        limits.maximumEffects = 8
        limits.commitsPerSync = 8
        limits.advancesPerSlice = 5
        limits.remembered = 64
        limits.answerSeconds = 30
        state = RunnerState(
            identity: RunnerIdentity(runnerID: runnerID, epoch: epoch, publicKey: Array(repeating: 1, count: 32)),
            limits: limits)
    }

    /// Everything that the machine wants now.
    func wishes() -> [Wish] {
        var wishes: [Wish] = []
        while !isGone, let action = state.nextAction() {
            switch action {
            case .sync(let ticket, let request): wishes.append(.call(ticket, request))
            case .perform(let effect): wishes.append(.perform(effect))
            case .giveUp(let id): wishes.append(.giveUp(id))
            case .advance(let run): advance(run)
            case .yield, .adopt, .log: break
            case .pause(let seconds): wishes.append(.wake(seconds: seconds, isDrainDeadline: false))
            case .armDrainDeadline(let seconds): wishes.append(.wake(seconds: seconds, isDrainDeadline: true))
            case .stop(let end):
                isGone = true
                wishes.append(.leave(end))
            }
        }
        return wishes
    }

    private func advance(_ run: RunID) {
        guard let job = state.advanceJob(run) else { return }
        let advance = job.run()
        let base = job.state.map { Self.digest($0.json) } ?? 0
        let result = advance.status.isFinal ? 1 : Self.digest(advance.state.json)
        computed[run] = Computed(base: base, result: result)
        state.advanced(run, advance)
    }

    private static func digest(_ json: JSONValue) -> UInt64 {
        json.serializedBytes().reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    // MARK: What happened

    func synced(_ ticket: SyncTicket, _ outcome: SyncOutcome) { state.synced(ticket, outcome, at: clock.now()) }
    func effectFinished(_ id: Effect.ID, _ result: EffectResult) {
        state.effectFinished(id, result, at: clock.now())
    }
    func wake(isDrainDeadline: Bool) {
        if isDrainDeadline { state.drainDeadlinePassed() } else { state.backoffElapsed() }
    }
    func drain() { state.drain() }
}
