package import Primitives

/// The desired and the observed state of the plants' runners, as the database keeps them. The control plane's
/// execution part implements it; the reconciler needs nothing else of it.
package protocol RunnerRegistry: Sendable {
    /// Every plant that should have a runner now. Plants that are suspended or deleted are not in it.
    func desiredPlants() async throws -> [TenantScope]
    /// Takes the plant over: the next epoch, after which every earlier runner is refused.
    func beginEpoch(of plant: TenantScope) async throws -> (runnerID: RunnerID, epoch: Int64)
    /// Records how a runner ended, for people to see.
    func runnerEnded(of plant: TenantScope, epoch: Int64, _ exit: String, restartInSeconds: Double?) async throws
    /// Yields whenever the desired state may have changed, and once after every reconnection.
    func changes() -> AsyncStream<Void>
}

/// The control plane's end of `sync`, for one plant. Bodies are JSON both ways.
package protocol SyncEndpoint: Sendable {
    func respond(to body: [UInt8], of plant: TenantScope) async -> SyncReply
}

package struct SyncReply: Sendable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
