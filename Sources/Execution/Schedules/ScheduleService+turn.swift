import Database
import JSON
import Logging
import Primitives
import Tenancy
import Workflow

/// One workflow's turn: a transaction in its plant.
extension ScheduleService {
    /// What is told after the commit.
    private struct Effects {
        var hasMoved = false
        var started: [NewRun] = []
        var answeredParents = false
        var recordsMonth = false
    }

    /// Answers whether anything was due that somebody else does not have.
    func takeTurn(of key: WorkflowKey, at now: Timestamp) async throws -> Bool {
        let plant = key.plant
        let notification = board.notification(for: plant)
        // Read outside of the lock: it is a file.
        let zones = try await zones(of: key)
        let effects = try await database.transaction(plant.scope) { transaction in
            guard let place = try await lockedPlace(key, in: transaction) else { return Effects() }
            var rows = try await rows(of: key, in: transaction)
            var effects = Effects()
            for position in rows.indices where rows[position].needsLook(at: now) {
                let row = rows[position]
                guard place.isActive, place.isEnabled else {
                    rows[position].state.stop(as: place.isEnabled ? .parked : .off)
                    try await transaction.execute(rows[position].update(of: key))
                    effects.hasMoved = true
                    continue
                }
                rows[position].state = try await moved(row, rows, key, place, zones, now, &effects, in: transaction)
                guard rows[position].state != row.state else { continue }
                effects.hasMoved = true
                if let last = rows[position].state.lastRunID, last != row.state.lastRunID {
                    rows[position].lastRun = .open
                }
                try await transaction.execute(rows[position].update(of: key))
            }
            if !effects.started.isEmpty {
                effects.recordsMonth = !months.isRecorded(plant.plantID, at: now)
                if effects.recordsMonth { try await transaction.execute(UsageRecord.activePlant(plant, at: now)) }
            }
            if !effects.started.isEmpty || effects.answeredParents, let notification {
                try await transaction.execute(notification)
            }
            return effects
        }
        if effects.recordsMonth { months.setRecorded(plant.plantID, at: now) }
        board.announce(effects.started, of: plant.plantID)
        if effects.answeredParents { board.wake(.inputs, plant.plantID) }
        return effects.hasMoved
    }

    /// Does what the row asks for; answers how it stands then.
    private func moved(
        _ row: ScheduleRow, _ rows: [ScheduleRow], _ key: WorkflowKey, _ place: Place, _ zones: Zones,
        _ now: Timestamp, _ effects: inout Effects, in transaction: TenantTransaction
    ) async throws -> ScheduleState {
        let zone: ZoneChoice
        switch zones.choice(for: row, place) {
        case .success(let known): zone = known
        case .failure(let problem):
            // The plant has another zone since the rules were read: the next look has it.
            guard let message = problem.message else { return row.state }
            var state = row.state
            // A moment that was found in another zone is none here.
            if state.timeZone != problem.zone { state.stop(as: .broken) }
            let hasMoment = state.nextMoment != nil
            state.setBroken(
                message, at: now,
                retrySeconds: hasMoment ? ScheduleTurn.zoneRetrySeconds : ScheduleTurn.retrySeconds)
            (state.timeZone, state.isPlantZone) = (problem.zone, row.rule.policy.timeZone == nil)
            return state
        }
        let turn = ScheduleTurn(
            rule: row.rule, zone: zone.rules, key: key.workflowID.description, now: now,
            openRun: rows.filter { $0.lastRun == .open }.max { $0.startOrder < $1.startOrder }?.state.lastRunID,
            lastRunEndedAt: row.lastRun.endedAt)
        var outcome = turn.take(row.state)
        (outcome.state.timeZone, outcome.state.isPlantZone) = (zone.name, zone.isPlants)
        guard let moment = outcome.start else { return outcome.state }
        if let run = outcome.cancels {
            effects.answeredParents =
                try await cancel(run, key, now, in: transaction) || effects.answeredParents
        }
        var run = NewRun(
            id: RunID(ids.next(at: now)), workflowID: key.workflowID, definitionDigest: place.digest, acceptedAt: now,
            origin: .schedule(row.rule.kind, at: moment))
        // A moment that has a run already, from before a change of the schedule, is left at that.
        guard let stored = try await transaction.one(run.insertion(in: key.plant)) else { return outcome.state }
        run.isQueued = try stored.decode("is_queued")
        outcome.state.lastRunID = run.id
        outcome.state.lastStartedAt = now
        if row.rule.kind == .after { outcome.state.awaitsRunID = run.id }
        effects.started.append(run)
        return outcome.state
    }

    /// Answers whether a run that waited for the cancelled one has an answer.
    private func cancel(
        _ run: RunID, _ key: WorkflowKey, _ now: Timestamp, in transaction: TenantTransaction
    ) async throws -> Bool {
        let reason = "The schedule's next run replaces it."
        let ended = try await RunEnding(plant: key.plant, runs: [run], end: .cancelled(reason: reason), now: now)
            .perform(in: transaction)
        for run in ended.runs {
            try await transaction.record(
                AuditEntry(
                    "run.cancelled", objectType: "run", objectID: run.description, new: ["status": "cancelled"],
                    reason: reason, by: .system))
        }
        return ended.answeredParents
    }
}
