import Database
import Primitives

extension RunDirectory {
    /// How long a run that ended in an error, or was cancelled, can go on.
    package static let checkpointDays = 30
    static let checkpointsRemovedAtOnce = 1_000

    /// Forgets where runs stood that ended long ago: such a run can still be restarted.
    package func removeOldCheckpoints() async throws {
        let limit = clock.now().adding(seconds: -Double(Self.checkpointDays) * 86_400)
        while !Task.isCancelled {
            let removed = try await database.transaction(.platform) { transaction in
                try await transaction.execute(
                    """
                    DELETE FROM millwright.run_checkpoint AS kept
                    WHERE kept.ctid = ANY (ARRAY(
                      SELECT old.ctid
                      FROM millwright.run_checkpoint AS old
                      WHERE old.stored_at < \(limit)
                      ORDER BY old.stored_at
                      LIMIT \(Self.checkpointsRemovedAtOnce)))
                    """)
            }
            if removed < Self.checkpointsRemovedAtOnce { return }
        }
    }
}
