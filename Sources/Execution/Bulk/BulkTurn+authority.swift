import Database
import Primitives
import Tenancy

/// Whether the operation may still go on: it acts for whoever began it, as that person may act now.
extension BulkTurn {
    /// Why it must not; `nil` when it may.
    func objection(to actor: Actor) async throws -> String? {
        guard try await isPlantActive() else {
            return "The plant, its client or its partner is suspended. Begin the operation again when it is active."
        }
        // The system itself needs no role.
        guard let id = actor.principalID else { return nil }
        let lookup = PrincipalLookup(runs.database)
        guard let person = try await lookup.principal(id, in: plant.scope) else {
            return "\(actor.displayName), who began it, may not act here any more. Somebody else must begin it again."
        }
        guard person.allows(.runsOperate, in: plant.scope) else {
            return
                "\(actor.displayName), who began it, may not operate runs here any more. Somebody else must begin it again."
        }
        if actor.kind == .apiKey, try await !lookup.hasKey(id, at: runs.clock.now()) {
            return "The key of \(actor.displayName), who began it, is gone. Somebody else must begin it again."
        }
        return nil
    }

    private func isPlantActive() async throws -> Bool {
        do {
            _ = try await runs.database.readPipeline(
                plant.scope, ["SELECT millwright.assert_active(\(fragment: plant.values))"])
            return true
        } catch  where error.isDatabaseError(ShellSQLState.inactivePlant) {
            return false
        }
    }
}
