import Database
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

    /// As they are in the transaction. What is not known is read on its own connection: whoever holds one and waits for
    /// another waits for ever when all others do the same.
    func triggers(of plant: PlantKey, in transaction: TenantTransaction) async throws -> PlantTriggers {
        let row = try await transaction.one(
            "SELECT millwright.trigger_revision(\(fragment: plant.values)) AS revision")
        let revision = try row?.decode("revision", as: Int64.self)
        if let known = known.withLock({ $0[plant.plantID] }), known.revision == revision { return known }
        return keep(try await source.triggers(of: plant, in: transaction), of: plant)
    }

    func reload(_ plant: PlantKey) async throws -> PlantTriggers {
        keep(try await source.triggers(of: plant), of: plant)
    }

    private func keep(_ read: PlantTriggers, of plant: PlantKey) -> PlantTriggers {
        known.withLock { known in
            if known.count >= Self.maximumPlants { known = [:] }
            // Two reloads may cross: the newer one stays.
            if let other = known[plant.plantID], other.revision > read.revision { return other }
            known[plant.plantID] = read
            return read
        }
    }
}
