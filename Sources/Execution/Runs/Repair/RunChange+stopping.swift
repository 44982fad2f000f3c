import Database
import JSON
import Primitives
import Workflow

/// Cancel, suspend, resume.
extension RunChange {
    func cancel(_ run: Standing, in transaction: TenantTransaction) async throws -> Aftermath {
        guard !run.status.isFinal else { throw Problem(.wrongState, "The run is \(run.status.rawValue) already.") }
        let ending = RunEnding(plant: plant, runs: [run.id], end: .cancelled(reason: reason), now: now)
        let ended = try await ending.perform(in: transaction)
        for id in ended.runs {
            try await audit(
                "run.cancelled", of: id, old: id == run.id ? ["status": .string(run.status.rawValue)] : nil,
                new: ["status": "cancelled"], in: transaction)
        }
        return Aftermath(needs: ended.answeredParents ? .inputs : [], freesSlots: ended.freedSlots)
    }

    /// Answers that come meanwhile are kept.
    func suspend(_ run: Standing, in transaction: TenantTransaction) async throws -> Aftermath {
        let changed = try await transaction.execute(
            """
            UPDATE millwright.run AS run
            SET status = 'suspended', suspended_status = run.status, sequence = run.sequence + 1, epoch = 0
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(run.id)
              AND run.status IN ('pending', 'running', 'waiting')
            """)
        guard changed == 1 else { throw cannotBe("suspended", run) }
        try await audit("run.suspended", of: run.id, old: ["status": .string(run.status.rawValue)], in: transaction)
        return Aftermath()
    }

    /// One that was suspended while an effect was under way is recovered: its runner finds out what became of the effect.
    func resume(_ run: Standing, in transaction: TenantTransaction) async throws -> Aftermath {
        let changed = try await transaction.execute(
            """
            UPDATE millwright.run AS run
            SET status = run.suspended_status, suspended_status = NULL, sequence = run.sequence + 1, epoch = 0
            WHERE \(fragment: plant.owns("run")) AND run.run_id = \(run.id) AND run.status = 'suspended'
            """)
        guard changed == 1 else { throw cannotBe("resumed", run) }
        try await audit("run.resumed", of: run.id, old: ["status": .string(run.status.rawValue)], in: transaction)
        return Aftermath(needs: .work, freesSlots: true)
    }

    private func cannotBe(_ what: String, _ run: Standing) -> Problem {
        Problem(.wrongState, "The run is \(run.status.rawValue): it cannot be \(what).")
    }
}
