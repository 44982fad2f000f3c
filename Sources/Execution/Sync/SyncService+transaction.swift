import Database
import Logging
import Primitives
import RunnerProtocol
import Workflow

extension SyncService {
    /// Records the call's commits and reads its work in one transaction.
    func transact(_ call: inout SyncCall, _ plan: PlantDesk.Plan, heartbeat: Bool) async throws {
        let now = clock.now()
        let commits = call.commits
        let reading = WorkReading(
            plant: call.plant, epoch: call.request.epoch, plan: plan, hasCommits: !call.commits.isEmpty, now: now)
        let outcome: CommitOutcome
        if let together = try await recordTogether(call, reading, heartbeat: heartbeat, at: now) {
            outcome = together
        } else {
            // Find what is at fault by halves, then read in a transaction of its own.
            let verdicts = try await recordByHalves(commits[...], of: call, at: now)
            outcome = try await record([], of: call, reading, heartbeat: heartbeat, at: now).with(verdicts)
        }
        call.commits = []
        call.verdicts += outcome.verdicts
        call.mustStop = call.mustStop || outcome.mustStop
        var found = try reading.found(outcome.read)
        found.cut(to: max(plan.capacity, SyncLimits.minimumAnswers))
        settle(commits, outcome.verdicts, of: call, plan, found)
        call.work += plan.ready + found.items
    }

    /// What one transaction did.
    struct CommitOutcome {
        var verdicts: [CommitVerdict]
        /// The answers to the statements of the reading.
        var read: ArraySlice<Rows>
        var mustStop = false

        func with(_ verdicts: [CommitVerdict]) -> CommitOutcome {
            CommitOutcome(verdicts: verdicts, read: read, mustStop: mustStop)
        }
    }

    /// Tells the desk what is in hand now. Called after the transaction that recorded the commits, and for those alone: a call that looks
    /// again must neither set their timers anew nor let go of what another call was handed meanwhile.
    private func settle(
        _ commits: [RunCommit], _ verdicts: [CommitVerdict], of call: SyncCall, _ plan: PlantDesk.Plan,
        _ found: WorkReading.Found
    ) {
        let now = clock.now()
        board.finishReading(call.plant.plantID) { desk in
            guard desk.epoch == call.request.epoch else { return }
            for commit in commits { desk.release(commit.runID) }
            for (commit, verdict) in zip(commits, verdicts) where verdict == .committed {
                if let next = commit.timers.map(\.dueAt).min() { desk.addTimer(next) }
            }
            desk.finishReading(
                plan, handed: found.items, more: found.more, nextTimerAt: found.nextTimerAt,
                recovery: found.recovery, runBytes: found.runBytes)
            desk.hand(found.items, withParents: found.withParents, at: now)
        }
    }

    // MARK: Recording

    /// `nil` when one of the commits is at fault, or says that its run is: then nothing was recorded.
    private func recordTogether(
        _ call: SyncCall, _ reading: WorkReading, heartbeat: Bool, at now: Timestamp
    ) async throws -> CommitOutcome? {
        guard call.commits.allSatisfy({ $0.refusal == nil }) else { return nil }
        do {
            return try await record(call.commits, of: call, reading, heartbeat: heartbeat, at: now)
        } catch let error as DatabaseError where error.isBrokenRule && !call.commits.isEmpty {
            return nil
        }
    }

    private func record(
        _ commits: [RunCommit], of call: SyncCall, _ reading: WorkReading?, heartbeat: Bool, at now: Timestamp
    ) async throws -> CommitOutcome {
        let triggers = CommitEffects.needTriggers(commits) ? try await self.triggers.triggers(of: call.plant) : nil
        let effects = CommitEffects(
            commits, plant: call.plant, triggers: triggers, ids: ids, now: now,
            time: try await workingTime(for: commits, of: call.plant))
        let batch = CommitBatch(
            plant: call.plant, epoch: call.request.epoch, commits: commits, effects: effects,
            answering: board.mayHaveParents(commits.filter(\.status.isFinal).map(\.runID), of: call.plant.plantID),
            now: now)
        if CommitEffects.needSteps(commits) {
            return try await recordInSteps(batch, of: call, reading, heartbeat: heartbeat)
        }
        let opening = opening(of: call, heartbeat: heartbeat, at: now)
        let recording = commits.isEmpty ? [] : batch.statements
        let rows = try await database.pipeline(call.plant.scope, opening + recording + (reading?.statements ?? []))
        let mustStop = heartbeat ? try RunnerHeartbeat.mustStop(rows[0]) : false
        let read = rows[(opening.count + recording.count)...]
        guard !commits.isEmpty else { return CommitOutcome(verdicts: [], read: read, mustStop: mustStop) }
        let moved = try batch.moved(rows[opening.count...])
        announce(batch, moved)
        return CommitOutcome(verdicts: try await verdicts(on: batch, moved), read: read, mustStop: mustStop)
    }

    /// The plant's calendar as it is now; every second, where nothing of the commits follows from it.
    private func workingTime(for commits: [RunCommit], of plant: PlantKey) async throws -> CommitEffects.WorkingTime {
        guard CommitEffects.needWorkingTime(commits) else { return .success(.init(.always, in: .utc)) }
        let time = PlantTime(plant: plant, zones: zones)
        return try await database.read(plant.scope) { transaction in
            do {
                return .success(try await time.time(.plant, in: transaction))
            } catch let error as WorkflowError {
                return .failure(error)
            }
        }
    }

    /// The fence, and with it a sign of life when one is due.
    private func opening(of call: SyncCall, heartbeat: Bool, at now: Timestamp) -> [Statement] {
        var statements: [Statement] = []
        if heartbeat {
            statements.append(
                RunnerHeartbeat(plant: call.plant, epoch: call.request.epoch, now: now).statement)
        }
        statements.append(
            "SELECT millwright.assert_epoch(\(fragment: call.plant.values), \(call.request.epoch))")
        return statements
    }

    /// The same when runs emit events or set clocks: what these start and answer is decided inside the transaction.
    private func recordInSteps(
        _ batch: CommitBatch, of call: SyncCall, _ reading: WorkReading?, heartbeat: Bool
    ) async throws -> CommitOutcome {
        let opening = opening(of: call, heartbeat: heartbeat, at: batch.now)
        let (moved, emission, hasSetClocks, read, mustStop) = try await database.transaction(call.plant.scope) {
            transaction in
            let rows = try await transaction.batch(opening + batch.statements)
            let moved = try batch.moved(rows[opening.count...])
            let requests = batch.clockRequests(moved)
            let told = try await ServiceLevels(plant: call.plant, zones: self.zones, now: batch.now)
                .follow(requests, in: transaction)
            let emission = try await EmittedEvents(
                plant: call.plant, ids: self.ids, filters: self.filters, triggers: self.triggers, now: batch.now,
                duplicates: duplicates, budgets: budgets
            ).publish(batch.emitted + told, of: moved, in: transaction)
            let read = try await transaction.commit(with: reading?.statements ?? [])
            return (moved, emission, !requests.isEmpty, read, heartbeat ? try RunnerHeartbeat.mustStop(rows[0]) : false)
        }
        announce(batch, moved)
        if hasSetClocks {
            board.wake(.inputs, call.plant.plantID)
            clocks.announce(batch.now)
        }
        if emission.startedRuns || emission.answeredRuns {
            board.wake([.pending, .inputs], call.plant.plantID)
        }
        return CommitOutcome(
            verdicts: try await verdicts(on: batch, moved), read: read[...], mustStop: mustStop)
    }

    /// Runs of the same plant that have something new because of the commits.
    private func announce(_ batch: CommitBatch, _ moved: [RunID: CommitBatch.Moved]) {
        board.watchers.ring(batch.plant.plantID)
        var need: Need = []
        if !batch.effects.children.isEmpty { need.insert(.pending) }
        if batch.effects.answersRuns { need.insert(.inputs) }
        if batch.commits.contains(where: { $0.status.isFinal && moved[$0.runID]?.hasParent == true }) {
            need.insert(.inputs)
        }
        if !need.isEmpty { board.wake(need, batch.plant.plantID) }
        let freesSlot = batch.commits.contains { $0.status.isFinal && moved[$0.runID]?.hasSlot == true }
        if freesSlot || batch.effects.children.contains(where: \.child.isQueued) { board.slots.ring() }
        if let next = batch.effects.humanTasks.compactMap(\.task.nextActionAt).min() { deadlines.announce(next) }
        if batch.effects.openedTasks.announces { deadlines.announce(batch.now) }
    }

    /// A commit that the database left out has been recorded before (its first answer was lost), or its run has moved on.
    private func verdicts(on batch: CommitBatch, _ moved: [RunID: CommitBatch.Moved]) async throws -> [CommitVerdict] {
        let left = batch.commits.filter { moved[$0.runID] == nil }
        guard !left.isEmpty else { return Array(repeating: .committed, count: batch.commits.count) }
        let rows = try await database.readPipeline(
            batch.plant.scope,
            [
                """
                SELECT run_id, sequence, epoch, status
                FROM millwright.run AS run
                WHERE \(fragment: batch.plant.owns("run")) AND run.run_id = ANY (\(left.map(\.runID)))
                """
            ])[0]
        var repeated: Set<RunID> = []
        let commits = Dictionary(left.map { ($0.runID, $0) }, uniquingKeysWith: { first, _ in first })
        for row in rows {
            let run: RunID = try row.decode("run_id")
            guard let commit = commits[run] else { continue }
            let isSame =
                try row.decode("sequence", as: Int64.self) == commit.expectedSequence + 1
                && row.decode("epoch", as: Int64.self) == batch.epoch
                && row.decode("status", as: String.self) == commit.status.rawValue
            if isSame { repeated.insert(run) }
        }
        return batch.commits.map { moved[$0.runID] != nil || repeated.contains($0.runID) ? .committed : .conflict }
    }

    // MARK: When one is at fault

    private func recordByHalves(_ commits: ArraySlice<RunCommit>, of call: SyncCall, at now: Timestamp) async throws
        -> [CommitVerdict]
    {
        if commits.count == 1, let commit = commits.first, let reason = commit.refusal {
            return [try await refuse(commit, "\(reason)", RunEnding.refusal(because: reason), of: call, at: now)]
        }
        if commits.allSatisfy({ $0.refusal == nil }) {
            do {
                return try await record(Array(commits), of: call, nil, heartbeat: false, at: now).verdicts
            } catch let error as DatabaseError where error.isBrokenRule {
                guard let commit = commits.first else { return [] }
                if commits.count == 1 {
                    let told = RunEnding.refusal(of: commit, because: error)
                    return [try await refuse(commit, "\(error)", told, of: call, at: now)]
                }
            }
        }
        let middle = commits.startIndex + commits.count / 2
        return try await recordByHalves(commits[..<middle], of: call, at: now)
            + recordByHalves(commits[middle...], of: call, at: now)
    }

    /// Faults the one run.
    ///
    /// - Parameter reason: for the log alone: what the database said may name what the tenant must not see.
    private func refuse(
        _ commit: RunCommit, _ reason: String, _ told: WorkflowError, of call: SyncCall, at now: Timestamp
    ) async throws -> CommitVerdict {
        logger.warning(
            "a commit was refused",
            metadata: ["plant": "\(call.plant.plantID)", "run": "\(commit.runID)", "reason": "\(reason)"])
        let ending = RunEnding(
            plant: call.plant, runs: [commit.runID], expectedSequence: commit.expectedSequence, end: .faulted(told),
            now: now)
        let ended = try await database.transaction(call.plant.scope) { transaction in
            try await transaction.execute(
                "SELECT millwright.assert_epoch(\(fragment: call.plant.values), \(call.request.epoch))")
            return try await ending.perform(in: transaction)
        }
        if ended.answeredParents { board.wake(.inputs, call.plant.plantID) }
        if ended.freedSlots { board.slots.ring() }
        return ended.runs.isEmpty ? .conflict : .refused
    }
}

extension DatabaseError {
    /// The data broke a rule of the tables: a check, a key, a value out of range. Trying again changes nothing, and the
    /// fault is in what was sent. (SQLSTATE classes 22, 23 and 54.)
    var isBrokenRule: Bool {
        guard kind == .server, let sqlState else { return false }
        return ["22", "23", "54"].contains(sqlState.prefix(2))
    }
}
