import Logging
import Primitives
import ServiceLifecycle

/// A service that only one process of a data directory runs: whoever has the lease. The others wait for it, and one that
/// has lost it waits again.
struct ExclusiveService: Service {
    static let retrySeconds = 1.0

    private let lease: ProvisionerLease
    private let logger: Logger
    private let make: @Sendable (_ term: String) -> any Service

    /// - Parameter make: makes the service for one term of the lease, which has a short name of its own.
    init(_ lease: ProvisionerLease, logger: Logger, make: @escaping @Sendable (_ term: String) -> any Service) {
        self.lease = lease
        self.logger = logger
        self.make = make
    }

    func run() async throws {
        while await isTaken() {
            let service = make(String(UInt32.random(in: 0...0xFF_FFFF), radix: 16))
            let isLost = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await service.run()
                    return false
                }
                group.addTask { await waitUntilLost() }
                let first = try await group.next() ?? false
                group.cancelAll()
                // The runners of a lost term are ended before this process asks for another one.
                try? await group.waitForAll()
                return first
            }
            guard isLost, !Task.isCancelled else { break }
            logger.warning("another process has taken the runners; this one was away for too long")
        }
        lease.release()
    }

    /// Waits for the lease; `false` when the process stops before.
    private func isTaken() async -> Bool {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if lease.take() { return true }
                try? await Task.sleep(for: .seconds(Self.retrySeconds))
            }
            return false
        }
    }

    /// Renews the lease.
    /// - Returns: `true` when it is lost, `false` when this is cancelled.
    private func waitUntilLost() async -> Bool {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(ProvisionerLease.renewalSeconds))
            if Task.isCancelled { break }
            // A renewal that meets another process at the file is made the next time.
            if !lease.renew(), !lease.take(), lease.isAnothers { return true }
        }
        return false
    }
}
