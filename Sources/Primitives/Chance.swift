/// Where identifiers and other values that nobody may guess come from: the system's generator, always, except in a task
/// that a simulation started. There they come from the simulation's seed, so that the same seed makes the same rows.
public enum Chance {
    /// Bound by a simulation alone; never in a process that serves.
    @TaskLocal public static var simulated: (any SimulatedChance)?

    public static func next() -> UInt64 {
        if let simulated { return simulated.next() }
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

/// Numbers from a seed, and the moment that identifiers carry.
public protocol SimulatedChance: Sendable {
    func next() -> UInt64
    func now() -> Timestamp
}
