import DequeModule
import JSON
package import Primitives
package import RunnerProtocol
import Workflow

/// When to talk to the control plane, and what its answers mean.
extension RunnerState {
    /// The call that takes what the control plane has: new runs as far as there is room, answers for runs in hand always.
    private var fetching: SyncUnderWay? { syncs.values.first(where: \.isFetch) }

    /// Places for further runs.
    private var freeCapacity: Int {
        isDraining ? 0 : max(0, maximumRuns - runs.count - (fetching?.capacity ?? 0))
    }

    /// Sends finished work when there is nothing more to finish at once, or enough of it.
    mutating func nextCommit() -> RunnerAction? {
        guard !commitQueue.isEmpty, !isBackingOff, syncs.count < Self.maximumSyncs else { return nil }
        guard advanceQueue.isEmpty || commitQueue.count >= limits.advancesPerSlice else { return nil }
        var commits: [RunCommit] = []
        let ticket = makeTicket()
        var isUrgent = isDraining || !advanceQueue.isEmpty
        while commits.count < commitsPerSync, let runID = commitQueue.popFirst() {
            guard let run = runs[runID], let commit = run.commit else { continue }
            runs[runID]?.stage = .commitSent(ticket)
            commits.append(commit)
            // A verdict that something waits for must not wait for work: an input, a call to perform or to give up.
            isUrgent =
                isUrgent || !run.inputs.isEmpty || !run.effects.isEmpty
                || (!commit.status.isFinal && !run.openCalls.isEmpty)
        }
        guard !commits.isEmpty else { return nil }
        guard fetching == nil else { return send(ticket, commits, isFetch: false, waits: false) }
        return send(ticket, commits, isFetch: true, waits: !isUrgent && commitQueue.isEmpty)
    }

    /// Waits for work, when there is nothing else to say.
    mutating func nextPoll() -> RunnerAction? {
        guard !isBackingOff, syncs.count < Self.maximumSyncs else { return nil }
        // A call that waits for a runner that was full is taken over by one with room.
        if let fetching, fetching.capacity > 0 || freeCapacity == 0 { return nil }
        return send(makeTicket(), [], isFetch: true, waits: isReady)
    }

    /// The last call of a runner that leaves: it holds nothing any more.
    mutating func nextFarewell() -> RunnerAction? {
        guard runs.isEmpty, !isBackingOff, !syncs.values.contains(where: \.isFarewell) else { return nil }
        return send(makeTicket(), [], isFetch: false, waits: false, isFarewell: true)
    }

    private mutating func makeTicket() -> SyncTicket {
        defer { nextTicket += 1 }
        return SyncTicket(number: nextTicket)
    }

    private mutating func send(
        _ ticket: SyncTicket, _ commits: [RunCommit], isFetch: Bool, waits: Bool, isFarewell: Bool = false
    ) -> RunnerAction {
        let capacity = isFetch ? freeCapacity : 0
        let isFirst = needsEverythingAgain && isFetch
        if isFirst { needsEverythingAgain = false }
        syncs[ticket] = SyncUnderWay(
            runs: commits.map(\.runID), capacity: capacity, isFetch: isFetch, isFirst: isFirst, isFarewell: isFarewell)
        let request = SyncRequest(
            runnerID: identity.runnerID, epoch: identity.epoch, publicKey: identity.publicKey, commits: commits,
            capacity: capacity, waitMilliseconds: waits ? limits.longPollMilliseconds : 0,
            knownDefinitions: isFetch ? programs.digests : [], settingsRevision: settingsRevision,
            isDraining: isDraining, isFirst: isFirst)
        return .sync(ticket, request)
    }

    /// A call of `sync` ended.
    package mutating func synced(_ ticket: SyncTicket, _ outcome: SyncOutcome, at now: Timestamp) {
        guard let sync = syncs.removeValue(forKey: ticket), end == nil else { return }
        switch outcome {
        case .answered(let response) where response.verdicts.count == sync.runs.count:
            answered(sync, response, at: now)
        case .answered: lost(sync, "the answer has not one verdict for each commit")
        case .lost(let reason): lost(sync, reason)
        case .rejected(let status, let reason): rejected(sync, status, reason)
        case .tooLarge: tooLarge(sync)
        case .staleEpoch: finish(.superseded)
        }
    }

    private mutating func answered(_ sync: SyncUnderWay, _ response: SyncResponse, at now: Timestamp) {
        if !isReady {
            isReady = true
            pending.append(.log(.ready))
        } else if failedSyncs > 0 {
            pending.append(.log(.controlPlaneBack))
        }
        failedSyncs = 0
        if !sync.runs.isEmpty { commitsPerSync = min(limits.commitsPerSync, commitsPerSync * 2) }
        for (runID, verdict) in zip(sync.runs, response.verdicts) { apply(verdict, to: runID) }
        if sync.isFarewell { return finish(.drained) }
        if let settings = response.settings { adopt(settings) }
        for envelope in response.definitions { programs.install(envelope) }
        if !isDraining { for item in response.work { take(item, at: now) } }
        if fetching == nil { programs.trim() }
        if response.mustStop { drain() }
    }

    private mutating func adopt(_ settings: PlantSettings) {
        settingsRevision = settings.revision
        maximumRuns = max(1, settings.maximumRunsInHand)
        maximumEffects = max(1, settings.maximumEffects)
        pending.append(.adopt(settings))
    }

    /// Nobody knows what the control plane took in: everything is sent again, and asked for again. A commit that was
    /// taken in is answered as committed again.
    private mutating func lost(_ sync: SyncUnderWay, _ reason: String) {
        if sync.isFarewell { return finish(.drained) }
        if failedSyncs == 0 { pending.append(.log(.controlPlaneLost(reason))) }
        requeue(sync.runs)
        if sync.isFetch { needsEverythingAgain = true }
        backOff()
    }

    /// The control plane cannot take this request as it is. Smaller ones find the commit that is the reason.
    private mutating func rejected(_ sync: SyncUnderWay, _ status: Int, _ reason: String) {
        pending.append(.log(.requestRejected(status: status, reason: reason, commits: sync.runs.count)))
        if sync.isFarewell { return finish(.drained) }
        needsEverythingAgain = needsEverythingAgain || sync.isFirst
        if sync.runs.count == 1, let runID = sync.runs.first {
            tellRefusal(of: runID, because: "The control plane cannot take what the run did: \(reason)")
        } else {
            sendFewer(sync.runs)
        }
        backOff()
    }

    /// Nothing was sent: fewer commits are, at once. One that is too large by itself is the end of its run.
    private mutating func tooLarge(_ sync: SyncUnderWay) {
        needsEverythingAgain = needsEverythingAgain || sync.isFirst
        guard sync.runs.count == 1, let runID = sync.runs.first else { return sendFewer(sync.runs) }
        pending.append(.log(.commitTooLarge(runID, limitBytes: limits.messageBytes)))
        tellRefusal(
            of: runID,
            because:
                "What the run did between two waits takes more than \(limits.messageBytes) bytes to record; no more are "
                + "taken at once. Pass less data from task to task.")
    }

    private mutating func sendFewer(_ runIDs: [RunID]) {
        commitsPerSync = max(1, runIDs.count / 2)
        requeue(runIDs)
    }

    /// The control plane is told that there is nothing to be told, and ends the run. Were it only let go, it would be
    /// handed out again, to end here again. When not even that is taken, nothing is left to do.
    private mutating func tellRefusal(of runID: RunID, because reason: String) {
        guard let commit = runs[runID]?.commit, commit.refusal == nil else { return letGo(runID) }
        runs[runID]?.commit = RunCommit(refusing: commit, because: reason)
        requeue([runID])
    }

    private mutating func requeue(_ runIDs: [RunID]) {
        for runID in runIDs.reversed() where runs[runID] != nil {
            runs[runID]?.stage = .commitWaiting
            commitQueue.prepend(runID)
        }
    }

    private mutating func backOff() {
        failedSyncs += 1
        guard !isBackingOff else { return }
        isBackingOff = true
        let doublings = Double(1 << min(failedSyncs - 1, 16))
        let seconds = min(limits.backoffSeconds.upperBound, limits.backoffSeconds.lowerBound * doublings)
        pending.append(.pause(seconds: seconds))
    }

    package mutating func backoffElapsed() { isBackingOff = false }

    mutating func finish(_ end: RunnerEnd) {
        guard self.end == nil else { return }
        self.end = end
        for id in effectsUnderWay { pending.append(.giveUp(id)) }
        pending.append(.stop(end))
    }
}

/// What came of one call of `sync`.
package enum SyncOutcome: Sendable {
    case answered(SyncResponse)
    /// A newer epoch has the plant.
    case staleEpoch
    /// The control plane refuses the request itself.
    case rejected(status: Int, reason: String)
    /// The request is longer than a message may be, and was not sent.
    case tooLarge
    /// No answer, or none that can be read: the request may have been acted on.
    case lost(String)
}
