import Database
import Primitives

extension RunnerStore {
    /// Yields whenever the desired state of a runner may have changed, and after every reconnection of the listener.
    package func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let runners = listen(Self.channel)
        let tenants = listen("millwright_tenancy")
        // Not a child of the caller: it lives as long as the stream, which cancels it when it ends.
        let forwarding = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { for await _ in runners { continuation.yield() } }
                group.addTask {
                    for await notification in tenants where notification.concernsPlants { continuation.yield() }
                }
            }
        }
        continuation.onTermination = { _ in forwarding.cancel() }
        return stream
    }
}

extension Notification {
    /// A partner, client or plant was made, suspended or deleted (`millwright.notify_tenancy`), or something was missed.
    fileprivate var concernsPlants: Bool {
        switch self {
        case .reconnected: true
        case .received(let payload):
            ["partner:", "client:", "plant:"].contains { payload.hasPrefix($0) }
        }
    }
}
