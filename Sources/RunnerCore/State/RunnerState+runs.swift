import DequeModule
import JSON
package import Primitives
import RunnerProtocol
package import Workflow

/// What happens to the runs in hand.
extension RunnerState {
    /// The control plane hands out a run, or says again what it handed out.
    mutating func take(_ item: WorkItem, at now: Timestamp) {
        guard !memory.isOutdated(item.runID, sequence: item.sequence) else { return }
        guard runs[item.runID] == nil else { return takeInputs(of: item) }
        switch programs.use(item.definitionDigest) {
        case .usable(let program): takeNew(item, program, at: now)
        case .unusable(let reason): fault(item, reason, at: now)
        case nil: pending.append(.log(.runUnusable(item.runID, "its definition did not come with it")))
        }
    }

    private mutating func takeInputs(of item: WorkItem) {
        guard var run = runs[item.runID] else { return }
        run.inputs += item.inputs.filter(run.isUnknown)
        runs[item.runID] = run
        if run.stage == .acting, !run.inputs.isEmpty { makeReady(item.runID) }
    }

    private mutating func takeNew(_ item: WorkItem, _ program: Program, at now: Timestamp) {
        var run = RunInHand(
            runID: item.runID, program: program, stage: .acting, sequence: item.sequence, inputs: item.inputs)
        if let json = item.state {
            do {
                run.state = try RunState(json: json)
            } catch {
                return fault(item, "its state cannot be read: \(error)", at: now)
            }
            // Whoever had this run before may have performed these.
            run.inherited = Set(run.openCalls.map(\.wait.id))
        } else {
            run.start = (item.input, item.acceptedAt)
        }
        runs[item.runID] = run
        settle(item.runID)
    }

    /// A run that this runner cannot read is ended with the reason; it would come back for ever.
    private mutating func fault(_ item: WorkItem, _ reason: String, at now: Timestamp) {
        pending.append(.log(.runUnusable(item.runID, reason)))
        let error = WorkflowError(.configuration, detail: "The runner cannot run this: \(reason).", instance: "/")
        let written = item.state?["counters"]?["journal"]?.intValue ?? 0
        let entry = JournalEntry(
            ordinal: written + 1, kind: .runFaulted, startedAt: min(item.acceptedAt, now), endedAt: now, error: error)
        let commit = RunCommit(
            runID: item.runID, expectedSequence: item.sequence, status: .faulted, state: nil, error: error.json,
            journal: [entry], consumedInputs: item.inputs.map(\.number).filter { $0 > 0 }, checkpoint: item.state)
        runs[item.runID] = RunInHand(
            runID: item.runID, program: nil, stage: .commitWaiting, sequence: item.sequence, inputs: [],
            commit: commit)
        commitQueue.append(item.runID)
    }

    /// What the engine is to compute for a run.
    package mutating func advanceJob(_ runID: RunID) -> AdvanceJob? {
        guard let run = runs[runID], run.stage == .ready, let program = run.program else { return nil }
        return AdvanceJob(
            engine: program.engine(for: runID, limits: limits.engine), state: run.state, start: run.start,
            inputs: run.inputs.map(\.input))
    }

    /// The engine has computed.
    package mutating func advanced(_ runID: RunID, _ advance: Advance) {
        guard var run = runs[runID], run.stage == .ready else { return }
        let consumed = run.inputs.map(\.number).filter { $0 > 0 }
        run.inputs = []
        run.start = nil
        run.state = advance.state
        if advance.isEmpty, consumed.isEmpty {
            runs[runID] = run
            return settle(runID)
        }
        run.commit = RunCommit(of: runID, after: run.sequence, advance, consumed: consumed)
        run.stage = .commitWaiting
        runs[runID] = run
        commitQueue.append(runID)
    }

    mutating func apply(_ verdict: CommitVerdict, to runID: RunID) {
        guard var run = runs[runID], let commit = run.commit else { return }
        switch verdict {
        case .committed:
            run.sequence = commit.expectedSequence + 1
            run.commit = nil
            runs[runID] = run
            if commit.status.isFinal { letGo(runID) } else { settle(runID) }
        case .conflict, .refused:
            pending.append(.log(.runDropped(runID, verdict)))
            letGo(runID)
        }
    }

    /// Nothing of the run is on its way to the database: its open calls are performed, its inputs advanced, and a run
    /// that only the control plane can take further is given back.
    private mutating func settle(_ runID: RunID) {
        guard var run = runs[runID] else { return }
        run.stage = .acting
        let hasWork = run.start != nil || !run.inputs.isEmpty
        let calls = run.openCalls
        let open = Set(calls.map(\.wait.id))
        for waitID in run.effects.subtracting(open) {
            giveUp(Effect.ID(runID: runID, waitID: waitID))
            run.effects.remove(waitID)
        }
        // What came with the run may close a call before it is performed.
        if !hasWork, let program = run.program {
            for (wait, request) in calls where run.effects.insert(wait.id).inserted {
                effectQueue.append(effect(of: run, program, wait, request))
            }
        }
        runs[runID] = run
        if hasWork {
            makeReady(runID)
        } else if run.effects.isEmpty {
            letGo(runID)
        }
    }

    private func effect(of run: RunInHand, _ program: Program, _ wait: Wait, _ request: CallRequest) -> Effect {
        Effect(
            id: Effect.ID(runID: run.runID, waitID: wait.id), request: request, program: program,
            idempotencyKey: IdempotencyKey.make(run: run.runID, wait: wait.id),
            mayHaveHappened: run.inherited.contains(wait.id))
    }

    private mutating func makeReady(_ runID: RunID) {
        runs[runID]?.stage = .ready
        advanceQueue.append(runID)
    }

    private mutating func giveUp(_ id: Effect.ID) {
        if effectsUnderWay.contains(id) {
            pending.append(.giveUp(id))
        } else {
            effectQueue.removeAll { $0.id == id }
        }
    }

    mutating func letGo(_ runID: RunID) {
        guard let run = runs.removeValue(forKey: runID) else { return }
        for waitID in run.effects { giveUp(Effect.ID(runID: runID, waitID: waitID)) }
        memory.remember(runID, sequence: run.sequence)
    }

    /// An effect ended.
    package mutating func effectFinished(_ id: Effect.ID, _ result: EffectResult, at now: Timestamp) {
        effectsUnderWay.remove(id)
        guard var run = runs[id.runID], run.effects.remove(id.waitID) != nil else { return }
        let isAwaited = run.state?.waits.contains { $0.id == id.waitID } ?? false
        if isAwaited, let kind = result.inputKind(id.waitID) {
            run.inputs.append(DeliveredInput(number: 0, input: EngineInput(at: now, kind: kind)))
        }
        runs[id.runID] = run
        guard run.stage == .acting else { return }
        if !run.inputs.isEmpty {
            makeReady(id.runID)
        } else if run.effects.isEmpty {
            letGo(id.runID)
        }
    }

    /// Finishes what is in hand and takes nothing new.
    package mutating func drain() {
        guard !isDraining else { return }
        isDraining = true
        pending.append(.log(.draining(runs: runs.count, effects: effectsUnderWay.count + effectQueue.count)))
        pending.append(.armDrainDeadline(seconds: limits.drainSeconds))
    }

    /// The time for draining is over: what is still open is left to the next runner.
    package mutating func drainDeadlinePassed() {
        guard end == nil else { return }
        if runs.isEmpty { return finish(.drained) }
        pending.append(.log(.leftOpen(runs: runs.count)))
        finish(.drainedIncompletely)
    }
}

extension Advance {
    /// Whether nothing changed: an answer that came too late.
    var isEmpty: Bool {
        !status.isFinal && journal.isEmpty && opened.isEmpty && closed.isEmpty && emitted.isEmpty
    }
}

extension EffectResult {
    fileprivate func inputKind(_ waitID: String) -> EngineInput.Kind? {
        switch self {
        case .succeeded(let result): .succeeded(waitID: waitID, result: result, by: nil)
        case .failed(let error): .failed(waitID: waitID, error: error)
        case .givenUp: nil
        }
    }
}
