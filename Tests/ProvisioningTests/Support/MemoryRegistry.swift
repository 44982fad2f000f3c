import Primitives
import Provisioning
import Synchronization

/// The desired state as a test sets it, and what the reconciler said of it.
final class MemoryRegistry: RunnerRegistry {
    struct Ended: Sendable, Hashable {
        var plant: TenantScope
        var epoch: Int64
        var exit: String
        var restartInSeconds: Double?
    }

    struct Unreadable: Error {}

    private struct State {
        var desired: [TenantScope] = []
        var epochs: [TenantScope: Int64] = [:]
        var ended: [Ended] = []
        var isFailing = false
        var reads = 0
    }

    private let state: Mutex<State>
    private let announced: AsyncStream<Void>
    private let announcement: AsyncStream<Void>.Continuation

    init(_ desired: [TenantScope] = []) {
        state = Mutex(State(desired: desired))
        (announced, announcement) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var ended: [Ended] { state.withLock { $0.ended } }
    /// How often the desired state was asked for.
    var reads: Int { state.withLock { $0.reads } }
    func epoch(of plant: TenantScope) -> Int64 { state.withLock { $0.epochs[plant] ?? 0 } }

    func desire(_ plants: TenantScope...) {
        state.withLock { $0.desired = plants }
        announcement.yield()
    }

    func fail(_ isFailing: Bool) {
        state.withLock { $0.isFailing = isFailing }
        announcement.yield()
    }

    func desiredPlants() async throws -> [TenantScope] {
        try state.withLock { state in
            state.reads += 1
            if state.isFailing { throw Unreadable() }
            return state.desired
        }
    }

    func beginEpoch(of plant: TenantScope) async throws -> (runnerID: RunnerID, epoch: Int64) {
        try state.withLock { state in
            if state.isFailing { throw Unreadable() }
            state.epochs[plant, default: 0] += 1
            return (RunnerID(), state.epochs[plant] ?? 0)
        }
    }

    func runnerEnded(of plant: TenantScope, epoch: Int64, _ exit: String, restartInSeconds: Double?) async throws {
        let ended = Ended(plant: plant, epoch: epoch, exit: exit, restartInSeconds: restartInSeconds)
        state.withLock { $0.ended.append(ended) }
    }

    func changes() -> AsyncStream<Void> { announced }
}

extension TenantScope {
    static func somePlant() -> TenantScope { .plant(PartnerID(), ClientID(), PlantID()) }
    var plantText: String { plantID?.description ?? "" }
}
