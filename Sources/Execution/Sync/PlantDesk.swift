import DequeModule
import Primitives
import RunnerProtocol

/// What this process knows about one plant's runner: what it was handed and has not committed, what is ready for it, and what the
/// database must be asked for. A value; `DispatchBoard` keeps it under a lock and acts on what it answers.
///
/// Nothing here has to survive: a new desk asks the database for everything, and a runner that is told twice of a run
/// that it has in hand takes only what is new (`WorkItem`). Every transition is guarded by the run's sequence.
struct PlantDesk {
    /// Runs kept ready in memory, and the bytes of their events; beyond that they are read from the database when their
    /// turn comes, which costs it more than an eighth of its time under load.
    static let maximumReadyRuns = 10_000
    static let maximumReadyBytes = 8 << 20
    /// A run that was handed out and not committed for so long is offered again: the answer with it may have been lost.
    static let reofferSeconds: Double = 30
    /// Runs that were read from the database and may be announced by their intake a moment later.
    static let maximumRecentRuns = 8_192
    /// A runner that called within this time counts as attached to this process.
    static let attachmentSeconds: Double = 5

    private(set) var epoch: Int64 = 0
    private(set) var needs: Need = .all
    /// Of these, what a full runner has not looked for. It cannot take what is left, and would look for it again and again.
    private var needsOfFull = Self.answers
    private static let answers: Need = [.inputs, .timers, .settings]
    private(set) var nextTimerAt: Timestamp?
    private var ready: Deque<WorkItem> = []
    /// Of all that is ready, more or less: what is taken counts as an average one.
    private var readyBytes = 0
    private var inHand: [RunID: Holding] = [:]
    private var recentlyRead: Set<RunID> = []
    /// Of a run as it is read from the database, guessed from those that were. Whoever asks for a thousand large runs has the
    /// database unpack all of them, and can hand out a few.
    private var runBytes = 4 << 10
    private var isReading = false
    private var callsUnderWay = 0
    private var lastCallAt: Timestamp?
    private var nextReofferAt: Timestamp?
    /// A runner that starts anew is handed all runs that count as in hand, whoever had them: the answer that brought them may
    /// have been lost, and nobody but this epoch's runner would ever take them up. It goes page by page.
    private var recovery = Recovery.done
    /// Counts the starts, so that a call from before the last one does not speak for it.
    private var starts = 0

    /// How far the runs in hand were handed out again.
    enum Recovery: Hashable {
        case after(RunID?)
        case done
    }

    struct Holding {
        var handedAt: Timestamp
        /// Handed out to be started; otherwise to go on.
        var isPending: Bool
        /// Another run waits for its end.
        var hasParent: Bool
        var inputs: Set<Int64> = []
        var timers: Set<String> = []
    }

    /// What one call takes: runs from memory, and what it must ask the database for.
    struct Plan {
        var ready: [WorkItem] = []
        var needs: Need = []
        var heldPending: [RunID] = []
        var heldInputs: [Int64] = []
        var heldTimers: [RunID] = []
        var capacity = 0
        /// Runs to look at, of new ones and of those with an answer.
        var page = 0
        var answersPage = 0
        var epoch: Int64 = 0
        var recovery = Recovery.done
        var starts = 0

        var isEmpty: Bool { ready.isEmpty && needs.isEmpty }
    }

    // MARK: Calls

    /// - Throws: `Problem(.staleEpoch)` for a runner older than one that has called already.
    mutating func beginCall(epoch: Int64, isFirst: Bool, at now: Timestamp) throws(Problem) {
        guard epoch >= self.epoch else { throw Problem.staleEpoch }
        if epoch > self.epoch || isFirst { startOver(epoch) }
        if isFirst { recovery = .after(nil) }
        callsUnderWay += 1
        lastCallAt = now
    }

    mutating func endCall(at now: Timestamp) {
        callsUnderWay -= 1
        lastCallAt = now
    }

    /// Whether what happens in this process reaches the runner without a notification through the database.
    func isAttached(at now: Timestamp) -> Bool {
        if callsUnderWay > 0 { return true }
        guard let lastCallAt else { return false }
        return lastCallAt.adding(seconds: Self.attachmentSeconds) > now
    }

    /// The next epoch has begun; the runner of the one before is refused by the database anyway.
    mutating func startOver(_ epoch: Int64) {
        self.epoch = epoch
        needs = []
        wake(.all)
        ready = []
        readyBytes = 0
        inHand = [:]
        recentlyRead = []
        nextTimerAt = nil
        nextReofferAt = nil
        isReading = false
        recovery = .done
        starts += 1
    }

    // MARK: What there is to do

    mutating func wake(_ need: Need) {
        needs.formUnion(need)
        needsOfFull.formUnion(need.intersection(Self.answers))
    }

    /// New runs that have just been committed.
    /// - Parameter bytes: of their events' data.
    mutating func add(_ items: [WorkItem], bytes: Int, at now: Timestamp) {
        guard isAttached(at: now), ready.count + items.count <= Self.maximumReadyRuns,
            readyBytes + bytes <= Self.maximumReadyBytes
        else {
            needs.insert(.pending)
            return
        }
        readyBytes += bytes
        ready.append(
            contentsOf: items.lazy.filter { [inHand, recentlyRead] in
                inHand[$0.runID] == nil && !recentlyRead.contains($0.runID)
            })
    }

    mutating func addTimer(_ dueAt: Timestamp) { nextTimerAt = min(nextTimerAt ?? dueAt, dueAt) }

    /// Whether a call that can take `capacity` more runs would find something.
    func hasWork(capacity: Int, at now: Timestamp) -> Bool {
        // Whoever reads now rings when it has read. Looking again and again meanwhile would only heat the machine.
        if isReading { return false }
        if let nextTimerAt, nextTimerAt <= now { return true }
        if capacity == 0 { return !needsOfFull.isEmpty }
        return !needs.isEmpty || !ready.isEmpty
    }

    /// What there is for a call that can take `capacity` more runs. The runs in it count as handed out.
    /// - Parameter isPolled: another call of the runner waits for work: whatever there is, is for that one.
    mutating func plan(capacity: Int, isPolled: Bool, at now: Timestamp) -> Plan {
        reofferWhatIsOverdue(at: now)
        if let nextTimerAt, nextTimerAt <= now {
            wake(.timers)
            self.nextTimerAt = nil
        }
        var plan = Plan()
        plan.capacity = capacity
        let fitting = max(SyncLimits.minimumPage, SyncLimits.maximumWorkBytes / runBytes)
        plan.page = min(capacity, fitting)
        plan.answersPage = min(max(capacity, SyncLimits.minimumAnswers), fitting)
        plan.epoch = epoch
        (plan.recovery, plan.starts) = (recovery, starts)
        if capacity == 0 {
            if !isReading, !isPolled { planAnswers(&plan) }
        } else if !isReading {
            planReading(&plan)
        }
        // While pending runs are being read, one in memory may be among them.
        if capacity > 0, !isReading, !plan.needs.contains(.pending) {
            plan.ready = Array(ready.prefix(capacity))
            if !ready.isEmpty { readyBytes -= readyBytes * plan.ready.count / ready.count }
            ready.removeFirst(plan.ready.count)
            // Those were made by events and by time: nobody waits for them.
            hand(plan.ready, withParents: [], at: now)
        }
        if !plan.needs.isEmpty { isReading = true }
        return plan
    }

    private mutating func planReading(_ plan: inout Plan) {
        plan.needs = needs
        (needs, needsOfFull) = ([], [])
        if plan.needs.contains(.pending) {
            ready = []
            readyBytes = 0
            plan.heldPending = inHand.lazy.filter(\.value.isPending).map(\.key)
        }
        if plan.needs.contains(.timers) { nextTimerAt = nil }
        planHeldAnswers(&plan)
    }

    /// A runner that is full still gets answers for the runs that it has in hand. The needs stay, for a call that can take
    /// the runs that wait.
    private mutating func planAnswers(_ plan: inout Plan) {
        plan.needs = needsOfFull
        needsOfFull = []
        needs.remove(.settings)
        planHeldAnswers(&plan)
    }

    private func planHeldAnswers(_ plan: inout Plan) {
        if plan.needs.contains(.inputs) { plan.heldInputs = inHand.values.flatMap(\.inputs) }
        if plan.needs.contains(.timers) {
            plan.heldTimers = inHand.lazy.filter { !$0.value.timers.isEmpty }.map(\.key)
        }
    }

    private mutating func reofferWhatIsOverdue(at now: Timestamp) {
        guard let nextReofferAt, nextReofferAt <= now else { return }
        let limit = now.adding(seconds: -Self.reofferSeconds)
        let overdue = inHand.filter { $0.value.handedAt <= limit }
        for run in overdue.keys { inHand[run] = nil }
        if !overdue.isEmpty { wake([.pending, .inputs, .timers]) }
        self.nextReofferAt = inHand.isEmpty ? nil : now.adding(seconds: Self.reofferSeconds)
    }

    // MARK: What came of it

    /// The database was asked as planned. `more` names what had more rows than were asked for.
    /// - Parameters:
    ///   - recovery: how far the runs in hand were read; `nil` when they were not asked for.
    ///   - runBytes: of a run that was read, on average; 0 when none was.
    mutating func finishReading(
        _ plan: Plan, handed: [WorkItem], more: Need, nextTimerAt next: Timestamp?, recovery: Recovery? = nil,
        runBytes bytes: Int = 0
    ) {
        guard plan.epoch == epoch else { return }
        if let recovery, plan.starts == starts { self.recovery = recovery }
        if !plan.needs.isEmpty { isReading = false }
        wake(more)
        // It grows at once and shrinks slowly: a few small runs among large ones must not bring a thousand large ones.
        if bytes > 0 { runBytes = max(bytes, runBytes - runBytes / 4) }
        if let next { addTimer(next) }
        let started = handed.lazy.filter { $0.state == nil }.map(\.runID)
        if recentlyRead.count > Self.maximumRecentRuns { recentlyRead = [] }
        recentlyRead.formUnion(started)
        if !ready.isEmpty, plan.needs.contains(.pending) {
            let read = Set(started)
            ready.removeAll { read.contains($0.runID) }
        }
    }

    /// The call failed before its transaction committed: what it took is there for the next one.
    mutating func abandon(_ plan: Plan) {
        guard plan.epoch == epoch else { return }
        if !plan.needs.isEmpty { isReading = false }
        wake(plan.needs)
        for item in plan.ready { inHand[item.runID] = nil }
        if !plan.ready.isEmpty { needs.insert(.pending) }
    }

    mutating func hand(_ items: [WorkItem], withParents parents: Set<RunID>, at now: Timestamp) {
        for item in items {
            var holding =
                inHand[item.runID]
                ?? Holding(handedAt: now, isPending: item.state == nil, hasParent: parents.contains(item.runID))
            holding.inputs.formUnion(item.inputs.lazy.map(\.number).filter { $0 > 0 })
            holding.timers.formUnion(item.inputs.lazy.filter { $0.number == 0 }.compactMap(\.input.waitID))
            inHand[item.runID] = holding
        }
        if !inHand.isEmpty, nextReofferAt == nil { nextReofferAt = now.adding(seconds: Self.reofferSeconds) }
    }

    /// Those of the runs for whose end another may wait: of a run that this process has not handed out nobody knows.
    func mayHaveParents(_ runs: [RunID]) -> [RunID] { runs.filter { inHand[$0]?.hasParent ?? true } }

    /// The runner has committed the run, or dropped it.
    mutating func release(_ run: RunID) { inHand[run] = nil }
}
