/// When a runner that ended may be started again. A runner that stayed up for a while starts afresh; one that keeps
/// falling waits longer each time.
package struct RestartBackoff: Sendable, Equatable {
    package static let firstDelaySeconds = 0.1
    package static let longestDelaySeconds = 30.0
    /// A runner that lived this long had no start-up problem.
    package static let healthyAfterSeconds = 30.0

    private var failures = 0

    package init() {}

    /// The delay before the next start, in seconds.
    package mutating func delaySeconds(afterLivingFor seconds: Double) -> Double {
        if seconds >= Self.healthyAfterSeconds { failures = 0 }
        defer { failures += 1 }
        return min(Self.longestDelaySeconds, Self.firstDelaySeconds * Double(1 << min(failures, 12)))
    }
}
