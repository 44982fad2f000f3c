/// Where time comes from. Tests and the simulation hand in a clock of their own.
public protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// The machine's clock.
public struct SystemWallClock: WallClock {
    public init() {}
    public func now() -> Timestamp { .now() }
}
