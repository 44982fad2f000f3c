import Primitives

/// What had come due when the shell looked, and the moment of what comes due after it.
struct DueItems<Item: Sendable>: Sendable {
    /// The most that one look brings.
    static var maximum: Int { 200 }
    /// Also when nothing was announced: another process may have set a moment before it died.
    static var longestSleepSeconds: Double { 60 }
    static var pauseAfterFailureSeconds: Double { 5 }

    /// The earliest first, `maximum` of them at the most.
    let items: [Item]
    let next: Timestamp?

    /// Acts on each by itself: one that fails keeps no other waiting.
    /// - Parameter failed: is told of each that failed.
    /// - Returns: how many failed.
    func act(_ act: (Item) async throws -> Void, failed: (Item, any Error) -> Void) async -> Int {
        var failures = 0
        for item in items {
            do {
                try await act(item)
            } catch {
                failed(item, error)
                failures += 1
            }
        }
        return failures
    }

    /// Seconds until the next look: none while more may be due, unless all of this look's failed.
    func pause(failures: Int, at now: Timestamp) -> Double {
        if items.count == Self.maximum, failures < items.count { return 0 }
        if failures > 0 { return Self.pauseAfterFailureSeconds }
        guard let next else { return Self.longestSleepSeconds }
        return min(Self.longestSleepSeconds, max(0, next.unixSeconds - now.unixSeconds))
    }
}
