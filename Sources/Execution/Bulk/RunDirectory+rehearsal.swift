import Database
package import Primitives
import Tenancy

/// The dry run of an operation on many runs.
extension RunDirectory {
    package static let bulkSample = 20
    /// A run that is locked for longer is not tried.
    static let rehearsalDeadline = Duration.seconds(3)

    /// What the filter names now, and what the action would come to on a sample of it; nothing is changed.
    package func preview(
        _ action: RunAction, on filter: RunFilter, in scope: TenantScope, reason: String, by actor: Actor
    ) async throws -> BulkPreview {
        let plant = try PlantKey(scope)
        // The largest identifier of this moment: runs of the same millisecond are in.
        let before = RunID(UUIDv7(high: UInt64(max(0, clock.now().unixMilliseconds)) << 16 | 0x7FFF, low: .max))
        let meant = filter.newest(
            "run.run_id", plant.owns("run"), " AND run.run_id < \(before)", limit: Self.maximumBulkRuns + 1)
        let count =
            try await database.readPipeline(
                scope,
                [
                    """
                    SELECT count(*) AS runs
                    FROM (SELECT FROM \(fragment: meant) LIMIT \(Self.maximumBulkRuns + 1)) AS meant
                    """
                ])[0].first?.decode("runs", as: Int.self) ?? 0
        let sample = try await list(in: scope, matching: filter, page: PageRequest(limit: Self.bulkSample)).items
        let definitions = try await definitions(for: action, of: sample.map(\.id), plant)
        let change = try await change(action, in: plant, reason: reason, by: actor)
        var refusals: [BulkOperation.Failure] = []
        for run in sample {
            if let problem = try await refusal(of: action, on: run.id, change, definitions) {
                refusals.append(.init(of: run.id, problem))
            }
        }
        return BulkPreview(count: count, sample: sample, refusals: refusals, before: before)
    }

    /// Why the run would stay as it is. The action is done as ever, in a transaction that is rolled back.
    private func refusal(
        of action: RunAction, on run: RunID, _ change: RunChange, _ definitions: RepairDefinitions
    ) async throws -> Problem? {
        struct Undone: Error {}
        do {
            try await database.transaction(change.plant.scope, deadline: Self.rehearsalDeadline) { transaction in
                _ = try await change.perform(action, on: run, definitions, in: transaction)
                throw Undone()
            }
        } catch is Undone {
        } catch let problem as Problem {
            return problem
        } catch let error as DatabaseError where error.isBrokenRule {
            return Problem(.internalError, "The change breaks a rule of the database.")
        }
        return nil
    }
}
