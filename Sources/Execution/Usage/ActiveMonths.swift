import Primitives
import Synchronization

/// Remembers for which plants this process has recorded the current month, so that it is not said with every batch.
final class ActiveMonths: Sendable {
    private let recorded = Mutex<[PlantID: Int64]>([:])

    func isRecorded(_ plant: PlantID, at moment: Timestamp) -> Bool {
        recorded.withLock { $0[plant] == moment.month }
    }

    /// Call it after the commit.
    func setRecorded(_ plant: PlantID, at moment: Timestamp) {
        recorded.withLock { $0[plant] = moment.month }
    }
}
