/// Where time comes from. Tests and the simulation hand in a clock of their own.
public protocol WallClock: Sendable {
    func now() -> Timestamp
    /// Returns after so much of this clock's time, or throws `CancellationError` when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

extension WallClock {
    /// A clock that only shows another time lets real time pass.
    public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}

/// The machine's clock.
public struct SystemWallClock: WallClock {
    public init() {}
    public func now() -> Timestamp { .now() }
}
