package import Database
import Primitives

/// Which workflows a plant has and what starts them.
package protocol TriggerSource: Sendable {
    /// What is committed now. The caller keeps it and compares `PlantTriggers.revision` inside each transaction.
    func triggers(of plant: PlantKey) async throws -> PlantTriggers

    /// The same, read on the connection of a transaction of the plant: whoever holds one must not wait for another.
    func triggers(of plant: PlantKey, in transaction: TenantTransaction) async throws -> PlantTriggers
}
