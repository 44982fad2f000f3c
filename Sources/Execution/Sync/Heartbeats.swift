import Primitives
import Synchronization

/// When each plant's runner was last written down as alive. Not every call writes: an idle runner must cost nothing.
final class Heartbeats: Sendable {
    private let last = Mutex<[PlantID: Timestamp]>([:])

    func isDue(_ plant: PlantID, isFirst: Bool, at now: Timestamp) -> Bool {
        if isFirst { return true }
        guard let last = last.withLock({ $0[plant] }) else { return true }
        return last.adding(seconds: SyncLimits.heartbeatSeconds) <= now
    }

    func setDone(_ plant: PlantID, at now: Timestamp) { last.withLock { $0[plant] = now } }
}
