import Primitives
import Synchronization

/// The triggers of plants as they were last read. Stale ones do no harm: the transaction that uses them compares their
/// revision with the database's (`assert_intake`), and the caller reloads.
final class TriggerCache: Sendable {
    /// Plants kept at most; then all are forgotten, which costs one read each.
    static let maximumPlants = 10_000

    private let source: any TriggerSource
    private let known = Mutex<[PlantID: PlantTriggers]>([:])

    init(_ source: any TriggerSource) { self.source = source }

    func triggers(of plant: PlantKey) async throws -> PlantTriggers {
        if let known = known.withLock({ $0[plant.plantID] }) { return known }
        return try await reload(plant)
    }

    func reload(_ plant: PlantKey) async throws -> PlantTriggers {
        let read = try await source.triggers(of: plant)
        return known.withLock { known in
            if known.count >= Self.maximumPlants { known = [:] }
            // Two reloads may cross: the newer one stays.
            if let other = known[plant.plantID], other.revision > read.revision { return other }
            known[plant.plantID] = read
            return read
        }
    }
}
