import Logging
import Primitives
import ServiceLifecycle

/// A service that only one process of a data directory runs: whoever gets the lock. The others wait for it.
struct ExclusiveService: Service {
    static let retrySeconds = 1.0

    private let service: any Service
    private let lease: ProvisionerLease

    init(_ service: any Service, lockFile: String, logger: Logger) {
        self.service = service
        lease = ProvisionerLease(path: lockFile, logger: logger)
    }

    func run() async throws {
        let isTaken = await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if lease.take() { return true }
                try? await Task.sleep(for: .seconds(Self.retrySeconds))
            }
            return false
        }
        guard isTaken else { return }
        defer { lease.release() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            group.addTask { await lease.keep() }
            try await group.next()
            group.cancelAll()
        }
    }
}
